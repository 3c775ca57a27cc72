"""The embedded processor behind Stripe's own SDK, asked as any team would ask Stripe."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import stripe

from app.domain.money import Money, split
from stripe_sandbox import Sandbox, secret_key

WORLD = "live"

stripe.enable_telemetry = False
_sandbox = Sandbox(Path(os.environ["BENCH_PROCESSOR_PATH"]))
_client = stripe.StripeClient(
    secret_key(WORLD), http_client=_sandbox.http_client(), stripe_version="2026-10-28.endive"
)


@dataclass(frozen=True)
class Intent:
    """A payment intent that was made, and the call that made it."""

    id: str
    client_secret: str | None
    status: str
    call: dict[str, Any]


def create_hold(operation_id: UUID, *, session_id: UUID, amount: Money, account: str | None) -> Intent:
    """Ask for a hold; call it outside of any transaction."""
    asked: Any = {
        "amount": amount.minor,
        "currency": amount.currency.lower(),
        "capture_method": "manual",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "payment_method_options": {"card": {"request_incremental_authorization": "if_available"}},
        "metadata": {"op": str(operation_id), "session_id": str(session_id)},
        "expand": ["latest_charge"],
    }
    if account is not None:
        asked |= {
            "transfer_data": {"destination": account},
            "application_fee_amount": split(amount).platform_fee.minor,
        }
    began = time.monotonic()
    intent = _client.v1.payment_intents.create(asked, {"idempotency_key": str(operation_id)})
    call = {
        "service": "stripe",
        "request_id": intent.last_response.request_id if intent.last_response else None,
        "status": 200,
        "duration_ms": (time.monotonic() - began) * 1000,
    }
    return Intent(intent.id, intent.client_secret, intent.status, call)
