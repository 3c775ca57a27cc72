"""What the contract says of disputes."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from parkgraph.model import Model

DisputeStatus = Literal["inquiry", "open", "won", "lost", "closed"]
"""An inquiry takes nothing, and is closed in the end. What is open the bank has taken; it is won back, or
lost for good.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute(Model):
    """Captured money that a driver's bank took back, or asks about."""

    id: str
    """The dispute's id."""
    session_id: str
    """The session's id."""
    amount: Decimal
    """How much is disputed, in major units."""
    currency: str
    """The currency of all amounts beside it (ISO 4217)."""
    reason: str
    """Why, in the payment processor's word."""
    status: DisputeStatus | str
    """An inquiry takes nothing, and is closed in the end. What is open the bank has taken; it is won back,
    or lost for good.
    """
    opened_at: datetime
    """When the driver's bank opened the dispute."""
    closed_at: datetime | None = None
    """When the dispute was closed; absent until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputePage(Model):
    """One page of disputes, newest first."""

    data: list[Dispute]
    """The disputes of this page."""
    next_cursor: str | None = None
    """Where a page of a list by time ends. Pass it back as it is."""
