"""Operators' own accounts at a card processor; nothing here knows Stripe.

Calls are refused inside an open transaction, and raise BadGateway where the processor did not answer.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.gateways.card_payments import ConnectedAccount


@dataclass(frozen=True, slots=True)
class AccountLink:
    """Where an operator tells the processor what it needs to know, and until when."""

    url: str
    expires_at: datetime


class PayoutAccounts(Protocol):
    """Accounts that operators are paid into, for one project."""

    def link(self, op_id: str, *, account_id: str, return_url: str) -> AccountLink:
        """Make a link to the processor's forms; the same id answers the same link for a day."""
        ...

    def find_by_op(self, op_id: str, *, since: datetime) -> ConnectedAccount | None:
        """Find the account that was opened under an id, whose answer never came."""
        ...

    def fetch(self, account_id: str) -> ConnectedAccount:
        """Return an account as it stands now."""
        ...
