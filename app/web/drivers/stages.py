"""Where a session stands, in the words of a driver: what is the case, and what happens next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.domain.holds import HELD
from app.domain.money import Money
from app.domain.receipts import Stage, is_running
from app.presenters.spans import more_time
from app.services.receipts import Receipt, open_hold

_WEEK = 7


@dataclass(frozen=True, slots=True)
class Words:
    """What stands on top of the page."""

    title: str
    next: str


def words(receipt: Receipt) -> Words:
    """Say where the session stands and what happens next."""
    title = _TITLES[receipt.stage] if _extends(receipt) is None else "Parked, and more time waits"
    return Words(title, _NEXT[receipt.stage](receipt))


def clock_time(at: datetime, zone: ZoneInfo, *, today: datetime) -> str:
    """Write an instant as the lot's clock shows it: `15:30`, `Monday 07:00`, or `23 November, 07:00`."""
    local = at.astimezone(zone)
    days = (local.date() - today.astimezone(zone).date()).days
    if days == 0:
        return f"{local:%H:%M}"
    return f"{local:%A %H:%M}" if 0 < days < _WEEK else f"{local.day} {local:%B, %H:%M}"


def price_rule(receipt: Receipt) -> str:
    """Say for what time the driver pays: for what was quoted, or for the time used."""
    return quote(receipt) or "You pay only for the time used."


def quote(receipt: Receipt) -> str:
    """Say what was quoted and until when it holds; nothing where no quote does."""
    quoted, zone = receipt.quoted, ZoneInfo(receipt.time_zone)
    if quoted is None:
        return ""
    session = receipt.facts.session
    today = session.ended_at or receipt.now
    until = clock_time(quoted.until, zone, today=today)
    said = f"Quoted price {quoted.price} until {until}, also if you leave sooner."
    if quoted.free_until is None:
        return said
    return f"{said} Ending by {clock_time(quoted.free_until, zone, today=today)} costs nothing."


def figure(receipt: Receipt) -> tuple[str, Money]:
    """Return the sum that matters most now, and what it is."""
    if receipt.stage == "past_due":
        return "Still to pay", receipt.still_due
    if receipt.stage in ("partially_refunded", "refunded"):
        return "Paid in the end", kept(receipt)
    return "Price so far" if is_running(receipt.stage) else "Price", receipt.price_so_far


def is_for_nothing(receipt: Receipt) -> bool:
    """Tell whether a stay is over and nothing was ever due for it."""
    return receipt.stage in ("expired", "free")


def held(receipt: Receipt) -> Money:
    """Return what is held, or was."""
    return _sum(receipt, [hold.authorized_minor for hold in receipt.facts.holds])


def held_now(receipt: Receipt) -> Money:
    """Return what is held and was neither taken nor released."""
    return _sum(receipt, [hold.authorized_minor for hold in receipt.facts.holds if hold.status == HELD])


def captured(receipt: Receipt) -> Money:
    """Return what was taken."""
    return _sum(receipt, [hold.captured_minor for hold in receipt.facts.holds])


def refunded(receipt: Receipt) -> Money:
    """Return what went back."""
    return _sum(receipt, [hold.refunded_minor for hold in receipt.facts.holds])


def disputed(receipt: Receipt) -> Money:
    """Return what the driver's bank took back."""
    return _sum(receipt, [hold.disputed_minor for hold in receipt.facts.holds])


def kept(receipt: Receipt) -> Money:
    """Return what was taken and did not go back."""
    return captured(receipt) - refunded(receipt)


def to_authorise(receipt: Receipt) -> Money:
    """Return what the open hold asks for, or nothing."""
    minor = 0 if receipt.payable is None else receipt.payable.hold.amount_minor
    return _sum(receipt, [minor])


def _sum(receipt: Receipt, amounts: list[int]) -> Money:
    return Money(sum(amounts), receipt.facts.session.currency)


def _waiting(receipt: Receipt) -> str:
    until = receipt.facts.session.grace_until
    zone = ZoneInfo(receipt.time_zone)
    limit = "" if until is None else f" by {clock_time(until, zone, today=receipt.now)}"
    what = "a card" if receipt.payable is not None else "the payment"
    return f"Authorise {what}{limit}{_where(receipt)}, or the space is given up. {price_rule(receipt)}"


def _running(receipt: Receipt) -> str:
    return (
        f"Your card holds {held_now(receipt)}. {price_rule(receipt)}"
        " When you end, the price is taken and the rest is released."
    )


def _short(receipt: Receipt) -> str:
    hold = open_hold(receipt.facts.holds)
    if hold is not None and _extends(receipt) is not None:
        return _longer(receipt, hold.amount_minor)
    if hold is not None and hold.purpose == "renewal":
        return _renewed(receipt, hold.amount_minor)
    more = "" if receipt.payable is None else f" Authorise {to_authorise(receipt)} more to keep it."
    return (
        f"Your card holds {held_now(receipt)}, which is less than the stay may cost by its planned end."
        f"{more} {price_rule(receipt)}"
    )


def _extends(receipt: Receipt) -> datetime | None:
    """Return until when the stay is planned once its driver has authorised what waits."""
    hold = open_hold(receipt.facts.holds)
    until = None if receipt.stage != "short" or hold is None else hold.extends_to
    return until if until is not None and until > receipt.facts.session.planned_end_at else None


def _longer(receipt: Receipt, minor: int) -> str:
    zone, planned = ZoneInfo(receipt.time_zone), receipt.facts.session.planned_end_at
    until = _extends(receipt) or planned
    end = clock_time(planned, zone, today=receipt.now)
    without = f"Without it you stay parked until {end}."
    if planned <= receipt.now:
        without = f"The planned end, {end}, is over: the price grows until you end the stay."
    return (
        f"{more_time(until - planned)} (until {clock_time(until, zone, today=receipt.now)}) waits for you:"
        f" authorise {_sum(receipt, [minor])}{_where(receipt)}. {without}"
    )


def _renewed(receipt: Receipt, minor: int) -> str:
    taken = captured(receipt)
    then = " and was released" if taken.is_zero else f", so {taken} for your time until then was taken"
    return (
        f"The hold on your card ran out{then}. Authorise {_sum(receipt, [minor])}{_where(receipt)}"
        " for the time that follows. Without it you stay parked, and pay for that time when you end."
    )


def _where(receipt: Receipt) -> str:
    return " in the app or chat that you began in" if receipt.payable is None else ""


def _unsecured(_receipt: Receipt) -> str:
    return "The hold on your card is gone. What the stay costs is due when you end it."


def _ending(_receipt: Receipt) -> str:
    return "The stay has ended and its price is being taken. This takes a moment; the price grows no more."


def _paid(receipt: Receipt) -> str:
    rest = held(receipt) - captured(receipt)
    released = "" if rest.minor <= 0 else f" The other {rest} that were held are released by your bank."
    return f"{captured(receipt)} was taken from your card.{released}"


def _free(_receipt: Receipt) -> str:
    return "Nothing was due, so nothing was taken. What was held is released by your bank."


def _past_due(receipt: Receipt) -> str:
    due = receipt.still_due
    if receipt.payable is None:
        return f"{due} is still to be paid. Ask {receipt.operator_name} how."
    return f"{due} is still to be paid. Pay it below; no more than that is taken."


def _expired(_receipt: Receipt) -> str:
    return (
        "No card was authorised in time, so the space was given up. Nothing is charged. Start again to park."
    )


def _refunded(receipt: Receipt) -> str:
    taken, back = captured(receipt), refunded(receipt)
    part = f"All of it, {back}," if back >= taken else f"{back} of {taken}"
    return f"{part} went back to your card. Banks take 5 to 10 days to show it."


def _disputed(receipt: Receipt) -> str:
    back = disputed(receipt)
    return f"Your bank has taken {back} back from {receipt.operator_name}. Nothing more is taken now."


_TITLES: Mapping[Stage, str] = {
    "waiting": "Waiting for your card",
    "running": "Parked",
    "short": "Parked, but more has to be held",
    "unsecured": "Parked, and nothing is held",
    "ending": "Ending",
    "paid": "Paid",
    "free": "Nothing to pay",
    "past_due": "Not paid yet",
    "expired": "Expired",
    "partially_refunded": "Partly refunded",
    "refunded": "Refunded",
    "disputed": "Disputed",
}
_NEXT: Mapping[Stage, Callable[[Receipt], str]] = {
    "waiting": _waiting,
    "running": _running,
    "short": _short,
    "unsecured": _unsecured,
    "ending": _ending,
    "paid": _paid,
    "free": _free,
    "past_due": _past_due,
    "expired": _expired,
    "partially_refunded": _refunded,
    "refunded": _refunded,
    "disputed": _disputed,
}
