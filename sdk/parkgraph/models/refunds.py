"""What the contract says of refunds."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from parkgraph.model import Model

RefundReason = Literal["requested_by_customer", "duplicate", "fraudulent"]
"""Why the money goes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefundParameters(Model):
    """Which session's money to give back, how much of it, and why."""

    session_id: str
    """The session's id."""
    amount: Decimal | None = None
    """How much to give back, in major units of the session's currency; all that is left, if left out."""
    reason: RefundReason | str | None = None
    """Why the money goes back."""
    end_user_id: str | None = None
    """Your stable, pseudonymous id of the person behind the call. Never an email or a plate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund(Model):
    """Captured money that goes back to the driver."""

    id: str
    """The refund's id."""
    session_id: str
    """The session's id."""
    amount: Decimal
    """How much to give back, in major units of the session's currency; all that is left, if left out."""
    currency: str
    """The currency of all amounts beside it (ISO 4217)."""
    reason: RefundReason | str
    """Why the money goes back."""
    status: Literal["pending", "succeeded", "failed"] | str
    """Whether the processor has taken it; one that it refused for good has failed."""
    created_at: datetime
    """When the refund was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPage(Model):
    """One page of refunds, newest first."""

    data: list[Refund]
    """The refunds of this page."""
    next_cursor: str | None = None
    """Where a page ends. Pass it back as it is."""
