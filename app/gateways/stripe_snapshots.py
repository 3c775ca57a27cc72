"""What Stripe's objects say, in our words."""

from datetime import UTC, datetime
from typing import Any

import stripe

from app.gateways.amounts import from_stripe
from app.gateways.card_payments import HoldSnapshot


def snapshot(intent: stripe.PaymentIntent) -> HoldSnapshot:
    """Read what a PaymentIntent says of a hold; its latest charge has to be shown whole."""
    currency = intent.currency
    return HoldSnapshot(
        payment_intent_id=intent.id,
        client_secret=intent.client_secret,
        status=intent.status,
        amount=from_stripe(intent.amount, currency),
        amount_capturable=from_stripe(intent.amount_capturable, currency),
        most_capturable=from_stripe(_most_capturable(intent), currency),
        amount_received=from_stripe(intent.amount_received, currency),
        amount_refunded=from_stripe(_refunded(intent), currency),
        paid_out=from_stripe(_paid_out(intent), currency),
        capture_before=_capture_before(intent),
    )


def may_grow(intent: stripe.PaymentIntent) -> bool:
    """Tell whether the card's network lets what is held be raised."""
    increments = getattr(_card_of(intent), "incremental_authorization", None)
    return getattr(increments, "status", None) == "available"


def mark_of(made: stripe.Refund | stripe.PaymentIntent | stripe.Account) -> str | None:
    """Return the operation by which a refund, a payment or an account was made, if it was one of ours."""
    return made.metadata.to_dict().get("op") if made.metadata else None


def installation_of(made: stripe.PaymentIntent) -> str | None:
    """Return the installation that made a payment, if it was one of ours."""
    return made.metadata.to_dict().get("installation") if made.metadata else None


def id_of(thing: str | stripe.Customer | stripe.PaymentMethod) -> str:
    """Return the id of what Stripe names or, where it was asked to, shows whole."""
    return thing if isinstance(thing, str) else str(thing.id)


def _most_capturable(intent: stripe.PaymentIntent) -> int:
    overcapture = getattr(_card_of(intent), "overcapture", None)
    if intent.status != "requires_capture" or overcapture is None:
        return intent.amount_capturable
    return max(intent.amount_capturable, int(overcapture.maximum_amount_capturable))


def _refunded(intent: stripe.PaymentIntent) -> int:
    """Count what went back of what was captured: Stripe calls what was never captured refunded, too."""
    charge = intent.latest_charge
    if not isinstance(charge, stripe.Charge) or not charge.captured:
        return 0
    released = max(0, charge.amount - charge.amount_captured)  # a capture may exceed the hold
    return max(0, charge.amount_refunded - released)


def _paid_out(intent: stripe.PaymentIntent) -> int:
    """Count what the operator's account has of a destination charge; of any other, nothing."""
    charge = intent.latest_charge
    if not isinstance(charge, stripe.Charge) or not isinstance(charge.transfer, stripe.Transfer):
        return 0
    transfer, fee = charge.transfer, charge.application_fee
    taken = fee.amount - fee.amount_refunded if isinstance(fee, stripe.ApplicationFee) else 0
    return transfer.amount - transfer.amount_reversed - taken


def _capture_before(intent: stripe.PaymentIntent) -> datetime | None:
    instant = getattr(_card_of(intent), "capture_before", None)
    return datetime.fromtimestamp(instant, UTC) if instant else None


def _card_of(intent: stripe.PaymentIntent) -> Any:
    """Return what the card's network said of the last charge; Stripe leaves out what does not apply."""
    charge = intent.latest_charge
    details = charge.payment_method_details if isinstance(charge, stripe.Charge) else None
    return getattr(details, "card", None)
