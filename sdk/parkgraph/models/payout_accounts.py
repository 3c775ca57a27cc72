"""What the contract says of payout accounts."""

from dataclasses import dataclass
from datetime import datetime

from parkgraph.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutAccountLink(Model):
    """Where the operator opens its account, with whoever may answer for it at the keyboard."""

    url: str
    """The processor's page. Whoever has the address may use it once."""
    expires_at: datetime
    """Until when the address can be used."""
    charges_enabled: bool
    """Whether the account takes payments by now."""
