"""Where a session stands for the driver who looks at its receipt."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from app.domain.sessions import MONEY_WAS_TAKEN

Stage = Literal[
    "waiting",
    "running",
    "short",
    "unsecured",
    "ending",
    "paid",
    "free",
    "past_due",
    "expired",
    "partially_refunded",
    "refunded",
    "disputed",
]
"""Waiting: no card was authorised yet. Short: what is held covers less than what was asked for since.
Unsecured: nothing is held any more, and nothing can be authorised. Free: over, and nothing was due.
Disputed: over, and the driver's bank has money of it back."""

OFFERED_HOURS = tuple(Decimal(hours) for hours in ("0.5", "1", "2", "4", "8", "24"))
"""How much more time a driver may take at once."""
ATTEMPTS = 5
"""How many cards may be declined for one hold within `ATTEMPT_MINUTES`."""
ATTEMPT_MINUTES = 10

_AFTERWARDS: Mapping[str, Stage] = MappingProxyType(
    {
        "captured": "paid",
        "released": "free",
        "past_due": "past_due",
        "partially_refunded": "partially_refunded",
        "refunded": "refunded",
    }
)
_RUNNING = frozenset({"waiting", "running", "short", "unsecured"})
_EXTENDABLE = frozenset({"running", "short"})
_PAYABLE = frozenset({"waiting", "short", "past_due"})


def stage(
    status: str, payment_status: str, *, waits_for_card: bool, is_held: bool, is_disputed: bool
) -> Stage:
    """Tell where a session stands.

    `waits_for_card` says that a hold of it can be authorised now, `is_held` that one is authorised,
    `is_disputed` that the driver's bank has taken money of it back.
    """
    if status == "expired":
        return "expired"
    if status == "ending" or (payment_status == "past_due" and is_held):
        return "ending"  # in the latter case the driver has just paid what was owed
    if status == "completed":
        return _afterwards(payment_status, is_disputed=is_disputed)
    if payment_status == "requires_authorization":
        return "waiting"
    if waits_for_card:
        return "short"
    return "running" if payment_status == "authorized" else "unsecured"


def _afterwards(payment_status: str, *, is_disputed: bool) -> Stage:
    if is_disputed and payment_status in MONEY_WAS_TAKEN:
        return "disputed"
    return _AFTERWARDS.get(payment_status, "past_due")


def is_running(stage: Stage) -> bool:
    """Tell whether the price still grows."""
    return stage in _RUNNING


def may_extend(stage: Stage) -> bool:
    """Tell whether the driver is offered more time: not before a card is authorised."""
    return stage in _EXTENDABLE


def may_pay(stage: Stage) -> bool:
    """Tell whether there is something that the driver can authorise or pay now."""
    return stage in _PAYABLE
