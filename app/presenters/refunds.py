"""A refund, as the contract shows it."""

from dataclasses import dataclass
from typing import Any

from app.domain.money import Money
from app.models import Refund
from app.presenters.instants import instant


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """A refund and the currency of its session."""

    refund: Refund
    currency: str


def present(facts: RefundFacts) -> dict[str, Any]:
    """Return a refund in the contract's shape."""
    refund = facts.refund
    return {
        "id": str(refund.id),
        "session_id": str(refund.session_id),
        "amount": Money(refund.amount_minor, facts.currency).to_major(),
        "currency": facts.currency,
        "reason": refund.reason,
        "status": refund.status,
        "created_at": instant(refund.created_at),
    }
