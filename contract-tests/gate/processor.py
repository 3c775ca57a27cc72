"""What happens at the payment processor, and its events, told at once: the worker takes seconds to do it."""

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import stripe

from gate.client import Client
from gate.installations import Installation
from gate.signatures import stripe_signature
from stripe_sandbox import Sandbox, secret_key

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


def send_patiently(client: Client, event: dict[str, Any]) -> httpx.Response:
    """Send an event as the processor does, which comes again when it was told to wait."""
    while (answer := send(client, event)).status_code == httpx.codes.TOO_MANY_REQUESTS:
        time.sleep(int(answer.headers["Retry-After"]))
    return answer


def tell(client: Client, event_type: str, *, intent: str, subject: str) -> httpx.Response:
    """Tell that something happened to a payment."""
    return send(client, event_of(event_type, intent=intent, subject=subject))


@contextmanager
def connected(installation: Installation, project_id: str) -> Iterator[stripe.StripeClient]:
    """Connect with a project's own secret, past our server."""
    with closing(Sandbox(installation.home / "processor.sqlite3")) as processor:
        yield stripe.StripeClient(secret_key(project_id), http_client=processor.http_client())


def authenticate(client: Client, installation: Installation, project_id: str, *, intent: str) -> None:
    """Let the driver pass the bank's question, and tell of it."""
    with closing(Sandbox(installation.home / "processor.sqlite3")) as processor:
        processor.authenticate(project_id, intent, succeeds=True)
    told = "payment_intent.amount_capturable_updated"
    assert tell(client, told, intent=intent, subject="charge").is_success


def end_dispute(
    client: Client, installation: Installation, project_id: str, *, intent: str, text: str
) -> None:
    """Answer the dispute of a payment with evidence that decides it, and tell of that."""
    with connected(installation, project_id) as processor:
        [dispute] = processor.v1.disputes.list({"payment_intent": intent}).data
        processor.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": text}})
    assert tell(client, "charge.dispute.closed", intent=intent, subject="dispute").is_success
