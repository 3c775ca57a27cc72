"""What a stay comes to, line by line: the lines of a bill add up to its total, to the cent.

Amounts are counted exactly, in minor units times microseconds, and rounded half-up once, at the end: a line
is what the total grew by with it. So it may differ from its own product by less than one minor unit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from app.domain.money import Money
from app.domain.tariff_weeks import Band

HOUR = 3_600_000_000
"""Microseconds."""
_PLACES = 4
"""Decimals of the hours of a line: ten minutes are 0.1667, so that hours times price is the amount."""

Kind = Literal["time", "flat_fee", "daily_maximum", "minimum_charge", "adjustment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineItem:
    """One line of a bill; its hours or its count, times its unit price, is its amount."""

    kind: Kind
    description: str
    hours: Decimal | None = None
    """The time billed, for `time` only."""
    count: int | None = None
    """How many times, for `flat_fee` only."""
    unit_price: Money | None = None
    amount: Money


@dataclass(slots=True)
class Entry:
    """What one line comes to so far."""

    kind: Kind
    subject: object
    """What it is for; a band or a step says itself."""
    unit_price: Money | None
    lasting: int = 0
    count: int = 0
    exact: int = 0


@dataclass(slots=True)
class Bill:
    """Lines as they come, those of one band and price together, and what a day's maximum takes off."""

    currency: str
    entries: dict[object, Entry] = field(default_factory=dict)
    exact: int = 0
    taken_off: int = 0
    _nights: set[object] = field(default_factory=set)

    def add_time(self, subject: object, rate: Money, lasting: int) -> None:
        """Charge microseconds at a rate."""
        entry = self.entries.get(id(subject))
        if entry is None:
            entry = self.entries[id(subject)] = Entry("time", subject, rate)
        entry.lasting += lasting
        entry.exact += rate.minor * lasting
        self.exact += rate.minor * lasting

    def add_fee(self, subject: object, fee: Money) -> None:
        """Charge a flat fee."""
        entry = self.entries.setdefault(("fee", id(subject)), Entry("flat_fee", subject, fee))
        entry.count += 1
        entry.exact += fee.minor * HOUR
        self.exact += fee.minor * HOUR

    def enter(self, band: Band, began_on: object) -> None:
        """Charge a band's flat fee, if it has one, once for each of its days or nights."""
        if band.flat_fee is not None and (id(band), began_on) not in self._nights:
            self._nights.add((id(band), began_on))
            self.add_fee(band, band.flat_fee)

    def take_off(self, exact: int) -> None:
        """Take off what is above a day's maximum."""
        self.taken_off += exact
        self.exact -= exact

    def total(self, least: Money | None) -> Money:
        """Return what is due: all lines, rounded once, or the least that is."""
        due = Money(_rounded(self.exact), self.currency)
        return due if least is None else max(due, least)

    def lines(self, least: Money | None) -> Iterator[LineItem]:
        """Write the lines, which add up to the total."""
        exact = shown = 0
        for entry in self._all():
            exact += entry.exact
            amount, shown = _rounded(exact) - shown, _rounded(exact)
            yield _line(entry, Money(amount, self.currency))
        more = self.total(least) - Money(shown, self.currency)
        if not more.is_zero:
            yield LineItem(kind="minimum_charge", description="Up to the minimum charge", amount=more)

    def _all(self) -> Iterator[Entry]:
        yield from self.entries.values()
        if self.taken_off:
            yield Entry("daily_maximum", "Above the daily maximum", None, exact=-self.taken_off)


def settled(lines: Sequence[LineItem], total: Money) -> tuple[LineItem, ...]:
    """Return lines that add up to what was charged, where that is not what the stay came to.

    A card can't be charged less than some amount, nor the last decimal of a few currencies.
    """
    missing = total - sum((line.amount for line in lines), start=Money.zero(total.currency))
    if missing.is_zero:
        return tuple(lines)
    said = "Adjusted to what a card can be charged"
    return (*lines, LineItem(kind="adjustment", description=said, amount=missing))


def _line(entry: Entry, amount: Money) -> LineItem:
    is_time = entry.kind == "time"
    return LineItem(
        kind=entry.kind,
        description=str(entry.subject),
        hours=_hours(entry.lasting) if is_time else None,
        count=entry.count or None,
        unit_price=entry.unit_price,
        amount=amount,
    )


def _hours(lasting: int) -> Decimal:
    unit = HOUR // 10**_PLACES
    return Decimal((2 * lasting + unit) // (2 * unit)).scaleb(-_PLACES)


def _rounded(exact: int) -> int:
    return (2 * exact + HOUR) // (2 * HOUR)
