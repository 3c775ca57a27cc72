"""What the contract says of payments."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from parkgraph.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeEventReceipt(Model):
    """The event was taken."""

    received: bool
    """Always true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(Model):
    """The state of the session's money."""

    status: (
        Literal[
            "requires_authorization",
            "authorized",
            "captured",
            "partially_refunded",
            "refunded",
            "released",
            "failed",
            "past_due",
        ]
        | str
    )
    """Where the money stands; `past_due` when a session ended and no hold, nor its card, covered what it
    cost.
    """
    authorized: Decimal
    """How much is held, in major units; 0 until the driver authorises. Of a hold that a long stay has
    outlasted, what was taken counts.
    """
    captured: Decimal | None = None
    """How much was taken, in major units; absent until it is."""
    refunded: Decimal | None = None
    """How much of it went back to the driver, in major units; absent until some did."""
    underauthorised: bool | None = None
    """Always true, and absent otherwise: the card gave no more without its driver, who can authorise the
    rest under `receipt_url`. The session goes on.
    """
    disputed: Decimal | None = None
    """How much of it the driver's bank has taken back in disputes, in major units; absent while it has
    none.
    """
