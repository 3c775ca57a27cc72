"""Events of the payment processor, told at once: the worker brings its own only every few seconds."""

import itertools
import json
from typing import Any

import httpx

from gate.client import Client
from gate.signatures import stripe_signature

_numbers = itertools.count(1)


def event_of(event_type: str, *, intent: str, subject: str = "charge") -> dict[str, Any]:
    """Write an event that tells what happened to a `charge` of a payment, a `refund` or a `dispute` of it."""
    number = next(_numbers)
    return {
        "id": f"evt_gate_{intent}_{number}",
        "type": event_type,
        "livemode": False,
        "data": {"object": {"id": f"gate_{number}", "object": subject, "payment_intent": intent}},
    }


def send(client: Client, event: dict[str, Any]) -> httpx.Response:
    """Send an event, signed just now."""
    body = json.dumps(event).encode()
    headers = {"Stripe-Signature": stripe_signature(body), "Content-Type": "application/json"}
    return client.call("receiveStripeEvent", content=body, headers=headers)


def tell(client: Client, event_type: str, *, intent: str, subject: str) -> httpx.Response:
    """Tell that something happened to a payment."""
    return send(client, event_of(event_type, intent=intent, subject=subject))
