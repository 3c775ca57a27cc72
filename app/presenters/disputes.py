"""A dispute, as the contract shows it."""

from typing import Any

from app.domain.money import Money
from app.models import Dispute
from app.presenters.instants import instant


def present(dispute: Dispute) -> dict[str, Any]:
    """Return a dispute in the contract's shape; when it was closed is absent while it is not."""
    shown: dict[str, Any] = {
        "id": str(dispute.id),
        "session_id": str(dispute.session_id),
        "amount": Money(dispute.amount_minor, dispute.currency).to_major(),
        "currency": dispute.currency,
        "reason": dispute.reason,
        "status": dispute.status,
        "opened_at": instant(dispute.opened_at),
    }
    return shown if dispute.closed_at is None else shown | {"closed_at": instant(dispute.closed_at)}
