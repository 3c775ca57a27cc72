"""Holds: how much to have authorised for a stay, and what to take of it at the end.

A session usually has one hold; an extension may add another. At the end the oldest are captured first, up to
what is due, and the rest is released.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from app.domain.money import Money, split

_SMALLEST_CHARGES: Mapping[str, int] = {
    **dict.fromkeys(["AUD", "BRL", "CAD", "CHF", "EUR", "INR", "JPY", "NZD", "SGD", "USD"], 50),
    **dict.fromkeys(["ARS", "COP", "IDR", "ILS", "KRW", "PHP", "RUB", "ZAR"], 50),
    **dict.fromkeys(["AED", "MYR", "PLN", "RON"], 200),
    **dict.fromkeys(["NOK", "SEK"], 300),
    **dict.fromkeys(["MXN", "THB"], 1000),
    "GBP": 30,
    "DKK": 250,
    "HKD": 400,
    "CZK": 1500,
    "HUF": 17500,
}

Outcome = Literal["captured", "released", "past_due"]


@dataclass(frozen=True, slots=True)
class Held:
    """What is authorised on one hold."""

    hold_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class Capture:
    """What to take from one hold, and the platform's part of it."""

    hold_id: UUID
    amount: Money
    platform_fee: Money


@dataclass(frozen=True, slots=True)
class CapturePlan:
    """What to do with each hold of a session that has ended."""

    captures: tuple[Capture, ...]
    releases: tuple[UUID, ...]
    shortfall: Money
    """What no hold covers and the driver still owes."""
    written_off: Money
    """What is due but too little for the processor to charge."""

    @property
    def outcome(self) -> Outcome:
        """Return the payment status once the plan is carried out."""
        if not self.shortfall.is_zero:
            return "past_due"
        return "captured" if self.captures else "released"


def smallest_charge(currency: str) -> Money:
    """Return the least that the processor authorises or captures (docs.stripe.com/currencies)."""
    return Money(_SMALLEST_CHARGES.get(currency, 1), currency)


def amount_to_hold(planned: Money) -> Money:
    """Return what to have authorised for a planned price: at least the smallest charge.

    A stay planned within its free minutes is held for too: it may last longer, and then there is a hold to
    raise. What is not due at the end is released.
    """
    return max(planned, smallest_charge(planned.currency))


def plan_capture(holds: Sequence[Held], *, due: Money) -> CapturePlan:
    """Spread what is due over the holds, oldest first, and release those that are not needed.

    The fees add up to the platform's fee of all that is captured, to the minor unit.
    """
    captured, captures, releases = Money.zero(due.currency), list[Capture](), list[UUID]()
    for held in holds:
        amount = min(held.amount, due - captured)
        if amount < smallest_charge(due.currency):
            releases.append(held.hold_id)
            continue
        fee = split(captured + amount).platform_fee - split(captured).platform_fee
        captures.append(Capture(held.hold_id, amount, fee))
        captured += amount
    nothing, missing = Money.zero(due.currency), due - captured
    is_chargeable = missing >= smallest_charge(due.currency)
    return CapturePlan(
        captures=tuple(captures),
        releases=tuple(releases),
        shortfall=missing if is_chargeable else nothing,
        written_off=nothing if is_chargeable else missing,
    )
