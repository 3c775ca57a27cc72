"""What the payment processor tells us."""

from app.domain.callers import Caller
from app.services import stripe_events


def receive_stripe_event(user: Caller, raw: bytes, stripe_signature: str) -> dict[str, bool]:
    """Take one signed event of the payment processor."""
    stripe_events.receive(user, raw, stripe_signature)
    return {"received": True}
