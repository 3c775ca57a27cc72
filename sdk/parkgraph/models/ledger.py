"""What the contract says of ledger."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from parkgraph.model import Model

LedgerKind = Literal["charge", "refund", "dispute", "fee", "payout"]
"""Money captured (charge), given back (refund) or taken by the driver's bank (dispute), the platform's
part (fee), and what the processor moved to the operator's own account (payout).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry(Model):
    """What the operator's account gained or lost by one movement of a session's money."""

    id: str
    """The entry's id."""
    at: datetime
    """When the movement was entered."""
    kind: LedgerKind | str
    """Money captured (charge), given back (refund) or taken by the driver's bank (dispute), the platform's
    part (fee), and what the processor moved to the operator's own account (payout).
    """
    amount: Decimal
    """What the account gained, in major units; what it lost is negative."""
    currency: str
    """The currency of all amounts beside it (ISO 4217)."""
    session_id: str
    """The session's id."""
    refund_id: str | None = None
    """The refund's id."""
    dispute_id: str | None = None
    """The dispute's id."""
    project_id: str
    """The project's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerBalance(Model):
    """What the operator is owed in one currency."""

    currency: str
    """The currency of all amounts beside it (ISO 4217)."""
    amount: Decimal
    """In major units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPage(Model):
    """One page of the operator's account, newest first, and what the operator is owed."""

    data: list[LedgerEntry]
    """The entries of this page."""
    next_cursor: str | None = None
    """Where a page of a list by time ends. Pass it back as it is."""
    balances: list[LedgerBalance] | None = None
    """What is owed, by currency, after every entry before `before`; negative where you owe. Not beyond the
    first page.
    """
