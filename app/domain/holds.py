"""Holds: how much to have authorised for a stay, and what to take of it at the end, step by step.

A session usually has one hold. An extension may add another, and so does one that would run out before the
car leaves. At the end the oldest are captured first, up to what is due, and the rest is released; what no
hold covers is asked of the card once more, and after that of the driver.

Only the processor knows what a hold is worth by now, so there is no plan that is made once: after each step
the next one follows from what came of it. A step that was refused is not taken twice, so an end is reached.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from app.domain.money import Money

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
    # Stripe names no minimum for these, but of three decimals the last must be 0, and an ariary is whole.
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 10),
    "MGA": 100,
}

Purpose = Literal["stay", "extension", "renewal", "remainder"]
"""Why there is a hold: a session began, was extended, outlasts an earlier hold, or is owed for."""
Stage = Literal["open", "held", "over"]
"""How far a hold is: not authorised yet, its money waiting to be taken, or done with."""
PLANNED, FAILED = "planned", "failed"
"""Our words for a hold that the processor does not know yet, or never will."""
HELD = "requires_capture"
"""The processor's word for money that is authorised and waits to be taken."""
_STAGES: Mapping[str, Stage] = {HELD: "held", "succeeded": "over", "canceled": "over", FAILED: "over"}
_AHEAD = timedelta(hours=12)
StepKind = Literal["capture", "release", "add_hold", "reprice"]
_LEFT_TO_PAY: Purpose = "remainder"


@dataclass(frozen=True, slots=True)
class Holding:
    """What is known of one hold of a session."""

    hold_id: UUID
    purpose: Purpose
    stage: Stage
    amount: Money
    """What was asked for; of one that is held, what the issuer keeps."""
    captured: Money
    refused: frozenset[str] = frozenset()
    """The kinds of steps that came to nothing."""

    def may(self, kind: StepKind) -> bool:
        """Tell whether a step was not tried in vain."""
        return kind not in self.refused


@dataclass(frozen=True, slots=True)
class Step:
    """The next thing to have done by the processor on the way to a session's end."""

    kind: StepKind
    amount: Money
    """What to capture at most, to ask for, or, of a release, nothing."""
    hold_id: UUID | None
    """Which hold it is about; None where another one is to be made."""


def stage_of(status: str) -> Stage:
    """Tell how far a hold is, by the processor's word for it or by ours."""
    return _STAGES.get(status, "open")


def smallest_charge(currency: str) -> Money:
    """Return the least that the processor authorises or captures (docs.stripe.com/currencies).

    Where Stripe names no minimum, that is the smallest amount that it can charge at all.
    """
    return Money(_SMALLEST_CHARGES.get(currency, 1), currency)


def amount_to_hold(planned: Money) -> Money:
    """Return what to have authorised for a planned price: at least the smallest charge.

    A stay planned within its free minutes is held for too: it may last longer, and then there is a hold to
    raise. What is not due at the end is released.
    """
    return max(planned, smallest_charge(planned.currency))


def renewal_of(capture_before: datetime | None) -> datetime | None:
    """Return when to see to a hold that a stay outlasts: time enough for a processor to come back."""
    return None if capture_before is None else capture_before - _AHEAD


def payable(total: Money) -> Money:
    """Return what is due of a price: nothing where it is too little for the processor to charge."""
    return Money.zero(total.currency) if total < smallest_charge(total.currency) else total


def outstanding(price: Money, captured: Money) -> Money:
    """Return what of a price was not taken yet."""
    return max(price - captured, Money.zero(price.currency))


def captured_of(holdings: Sequence[Holding], currency: str) -> Money:
    """Add up what was taken."""
    return sum((holding.captured for holding in holdings), start=Money.zero(currency))


def covered_by(holdings: Sequence[Holding], currency: str) -> Money:
    """Add up what is sure: what was taken, and what is held."""
    held = (holding.amount for holding in holdings if holding.stage == "held")
    return sum(held, start=captured_of(holdings, currency))


def next_step(holdings: Sequence[Holding], *, due: Money) -> Step | None:
    """Say what comes next for an ended session, whose holds are given oldest first; None at the end."""
    missing = payable(due - captured_of(holdings, due.currency))
    if missing.is_zero:
        return _release(holdings, nothing=missing)
    return _capture(holdings, missing) or _ask(holdings, missing)


def _release(holdings: Sequence[Holding], *, nothing: Money) -> Step | None:
    for holding in holdings:
        if holding.stage != "over" and holding.may("release"):
            return Step("release", nothing, holding.hold_id)
    return None


def _capture(holdings: Sequence[Holding], missing: Money) -> Step | None:
    """Take what is missing from the oldest hold that may have it.

    Of the last one all of it is asked, though it be more than is held: some cards let a little more be
    captured, and the processor knows of raised holds whose answer never reached us.
    """
    able = [holding for holding in holdings if holding.may("capture") and _may_be_held(holding)]
    if not able:
        return None
    first, later = able[0], able[1:]
    return Step("capture", _part(first, missing) if later else missing, first.hold_id)


def _may_be_held(holding: Holding) -> bool:
    """Tell whether there may be money: a driver may have authorised what we have not heard of yet.

    That does not go for what is left to pay: no driver was asked for it before the card was.
    """
    return holding.stage == "held" or (holding.stage == "open" and holding.purpose != _LEFT_TO_PAY)


def _part(first: Holding, missing: Money) -> Money:
    """Take what the first hold has, but leave the next ones enough to be charged at all."""
    amount = min(first.amount, missing)
    rest, least = missing - amount, smallest_charge(missing.currency)
    if rest.is_zero or rest >= least or amount - (least - rest) < least:
        return amount
    return amount - (least - rest)


def _ask(holdings: Sequence[Holding], missing: Money) -> Step | None:
    """Ask for what no hold covers: the driver, where a hold is open, else the card that was used before.

    Of several that are open the driver is shown the newest; the others would be authorised beside it.
    """
    open_ones = [holding for holding in holdings if holding.stage == "open"]
    if open_ones:
        *others, newest = open_ones
        is_new = newest.amount != missing and newest.may("reprice")
        reprice = Step("reprice", missing, newest.hold_id) if is_new else None
        return _release(others, nothing=Money.zero(missing.currency)) or reprice
    asked_before = any(holding.purpose == _LEFT_TO_PAY for holding in holdings)
    return None if asked_before else Step("add_hold", missing, None)
