"""What a processor knows of payments beside their holds; read only, and nothing here knows Stripe.

Calls are refused inside an open transaction, and raise BadGateway where the processor did not answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.domain.disputes import DisputeStatus
from app.domain.money import Money


@dataclass(frozen=True, slots=True)
class RefundRecord:
    """A refund as the processor has it now."""

    id: str
    mark: str | None
    """The mark that we gave it; None for one that was made elsewhere."""
    amount: Money
    has_failed: bool
    """Whether the money came back, or never left."""


@dataclass(frozen=True, slots=True)
class DisputeRecord:
    """A dispute as the processor has it now."""

    id: str
    amount: Money
    reason: str
    status: DisputeStatus
    opened_at: datetime


class PaymentRecords(Protocol):
    """The processor's own records, for one project."""

    def refunds(self, payment_intent_id: str) -> Sequence[RefundRecord]:
        """Return every refund of a payment, newest first."""
        ...

    def disputes(self, payment_intent_id: str) -> Sequence[DisputeRecord]:
        """Return every dispute of a payment, newest first."""
        ...
