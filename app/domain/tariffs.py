"""Tariffs: what a stay costs.

Everything outside asks a tariff only for a price, a rate at an instant, a hold, its bands and a sentence.
`docs/tariffs.md` says the rules in prose and proves them by example.

Free minutes are the first minutes of every stay, however long it gets: a stay costs what a stay shorter by
them would cost without. The other reading, by which a longer stay pays for them after all, is common at
barriers, but its price leaps at the last free minute. Whoever was told "30 minutes free" pays for one of 31.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from app.domain import tariff_rules, tariff_words
from app.domain.durations import hours_between, hours_of, lasting
from app.domain.money import Money
from app.domain.tariff_bills import HOUR, Bill, LineItem
from app.domain.tariff_steps import Step
from app.domain.tariff_weeks import EVERY_DAY, Band, Week, Weekday, overlapping

__all__ = ["EVERY_DAY", "HOLD_BUFFER", "Band", "LineItem", "Price", "Step", "Tariff", "Weekday"]

HOLD_BUFFER = timedelta(minutes=15)
"""What is held beyond the planned stay, so that walking back to the car needs no second hold."""

NO_ZONE = "UTC"
"""The time zone of a tariff that asks no clock."""

MOST_FREE_CANCELLATION_MINUTES = 60

_MINUTES_OF_A_DAY = 1440
_DAY = timedelta(hours=24)
_HUNDREDTH = timedelta(hours=1) / 100
_SECOND = timedelta(seconds=1)
_MICROSECOND = timedelta(microseconds=1)
_FLAT_FEE = "Flat fee"


@dataclass(frozen=True, slots=True)
class Price:
    """What a stay costs, and the hours that it was counted by."""

    total: Money
    duration_hours: Decimal
    """The whole stay, half-up to two decimals."""
    billed_hours: Decimal
    """The same without the free minutes, and in whole increments."""
    line_items: tuple[LineItem, ...] = ()
    """How the total comes about; they add up to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """A price per hour, by time of day and length of stay, with fees and bounds where the lot has them.

    The hourly rate holds where no band does, and is followed by the steps, whose minutes count from the start
    of the stay. The daily maximum holds for every started 24 hours from the start of the stay. The flat fee
    and the minimum charge are due as soon as anything is. A longer stay never costs less.
    """

    hourly_rate: Money
    free_minutes: int = 0
    free_cancellation_minutes: int = 0
    """A stay that ends within so many minutes of its start costs nothing at all, whatever else holds."""
    daily_maximum: Money | None = None
    minimum_charge: Money | None = None
    flat_fee: Money | None = None
    """Due once for a stay, beside what its time costs."""
    increment_minutes: int | None = None
    """Time is billed in whole ones, a started one whole; None counts hundredths of an hour, half-up."""
    steps: tuple[Step, ...] = ()
    week: tuple[Band, ...] = ()
    """The bands, in whose hours the hourly rate and its steps do not hold."""
    holidays: tuple[date, ...] = ()
    """Days on which only bands for holidays hold."""
    time_zone: str = NO_ZONE
    """That of the week; a tariff without bands has none."""
    _week: Week | None = field(init=False, repr=False, compare=False, default=None)
    _tiers: tuple[tuple[Step, int | None], ...] = field(init=False, repr=False, compare=False, default=())
    """What time outside of bands costs, and up to which minute of the stay."""

    def __post_init__(self) -> None:
        _require_bounds(self)
        _require_week(self)
        tiers = (Step(0, self.hourly_rate), *self.steps)
        ends = (*(step.after_minutes for step in self.steps), None)
        object.__setattr__(self, "_tiers", tuple(zip(tiers, ends, strict=True)))
        if self.week:
            object.__setattr__(self, "_week", Week(self.week, self.holidays, self.time_zone))
        else:
            object.__setattr__(self, "time_zone", NO_ZONE)

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> "Tariff":
        """Read what `as_json` wrote; raise ValueError for anything else: a guessed price is a wrong one."""
        return cls(**tariff_rules.read(stored))

    def as_json(self) -> dict[str, object]:
        """Return the rules as they are stored: whole minor units and a version."""
        return tariff_rules.written(self)

    def in_zone(self, time_zone: str) -> "Tariff":
        """Return the same tariff by another clock; one without bands asks none, and stays as it is."""
        return replace(self, time_zone=time_zone) if self.week else self

    @property
    def currency(self) -> str:
        """Return the one currency of all the tariff's amounts."""
        return self.hourly_rate.currency

    def rate_at(self, instant: datetime) -> Money:
        """Return the price per hour at an instant, for a stay that begins then: `rate` in every answer."""
        band = None if self._week is None else self._week.band_at(instant)
        return self.hourly_rate if band is None else band.rate

    def bands(self) -> tuple[Band, ...]:
        """Return the parts of the week and their rates; a tariff without bands has one, the whole week."""
        if self._week is None:
            return (Band(days=EVERY_DAY, start="00:00", end="24:00", rate=self.hourly_rate),)
        return (*self.week, *self._week.rest(self.hourly_rate))

    def price(self, start: datetime, end: datetime) -> Price:
        """Return what a stay costs, rounded half-up once, at the end, and line by line."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        begin = start + timedelta(minutes=self.free_minutes)
        until = self._billed_until(start, begin, end)
        bill = Bill(self.currency)
        if until > begin:
            self._charge(bill, start, begin, until)
        least = self.minimum_charge if until > begin else None
        return Price(
            total=bill.total(least),
            duration_hours=hours_between(start, end),
            billed_hours=hours_of(until - begin),
            line_items=tuple(bill.lines(least)),
        )

    def cancels(self, start: datetime, end: datetime) -> bool:
        """Tell whether a stay ends so soon that nothing is due for it, not even what was quoted."""
        lasted = end.astimezone(UTC) - start.astimezone(UTC)
        return lasted <= timedelta(minutes=self.free_cancellation_minutes)

    def hold_for(self, start: datetime, hours: Decimal) -> Money:
        """Return what to hold for a planned stay: its price with 15 minutes more (4 h at 6.00 are 25.50).

        However short it is planned, it may outlast its minutes to cancel, and then all of it is due.
        """
        lasting_on = replace(self, free_cancellation_minutes=0) if self.free_cancellation_minutes else self
        return lasting_on.price(start, start + lasting(hours) + HOLD_BUFFER).total

    def summary(self) -> str:
        """Return the tariff as one sentence that a voice can read out."""
        return tariff_words.sentence(self)

    def _billed_until(self, start: datetime, begin: datetime, end: datetime) -> datetime:
        """Return up to when a stay is billed, of which rounding never starts another day of the maximum."""
        if end <= begin or self.cancels(start, end):
            return begin
        until = begin + self._rounded(end - begin)
        if self.daily_maximum is None:
            return until
        return min(until, start - (start - end) // _DAY * _DAY)

    def _rounded(self, time: timedelta) -> timedelta:
        if self.increment_minutes is None:
            return (2 * time + _HUNDREDTH) // (2 * _HUNDREDTH) * _HUNDREDTH
        increment = timedelta(minutes=self.increment_minutes)
        return -(-(time // _SECOND * _SECOND) // increment) * increment

    def _charge(self, bill: Bill, start: datetime, begin: datetime, end: datetime) -> None:
        before = bill.exact
        if self.flat_fee is not None:
            bill.add_fee(_FLAT_FEE, self.flat_fee)
        for first, last in self._days(start, begin, end):
            self._charge_day(bill, start, first, last)
            if self.daily_maximum is not None:
                bill.take_off(max(bill.exact - before - self.daily_maximum.minor * HOUR, 0))
            before = bill.exact

    def _days(self, start: datetime, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Cut a stay into the days of its maximum, if it has one."""
        if self.daily_maximum is None:
            yield begin, end
            return
        while begin < end:
            last = min(start + ((begin - start) // _DAY + 1) * _DAY, end)
            yield begin, last
            begin = last

    def _charge_day(self, bill: Bill, start: datetime, begin: datetime, end: datetime) -> None:
        if self._week is None:
            self._charge_standard(bill, start, begin, end)
            return
        for stretch in self._week.stretches(begin, end):
            if stretch.band is None:
                self._charge_standard(bill, start, stretch.begin, stretch.end)
                continue
            bill.enter(stretch.band, stretch.began_on)
            bill.add_time(stretch.band, stretch.band.rate, (stretch.end - stretch.begin) // _MICROSECOND)

    def _charge_standard(self, bill: Bill, start: datetime, begin: datetime, end: datetime) -> None:
        """Charge time by the hourly rate and the steps after it."""
        for step, end_minutes in self._tiers:
            first = max(begin, start + timedelta(minutes=step.after_minutes))
            last = end if end_minutes is None else min(end, start + timedelta(minutes=end_minutes))
            if first < last:
                bill.add_time(step, step.rate, (last - first) // _MICROSECOND)


def _require_bounds(tariff: Tariff) -> None:
    """Raise ValueError for a price that makes no sense by itself."""
    if not 0 <= tariff.free_minutes < _MINUTES_OF_A_DAY:
        raise ValueError(f"{tariff.free_minutes} free minutes: a tariff gives from 0 to 1439 of them.")
    if not 0 <= tariff.free_cancellation_minutes <= MOST_FREE_CANCELLATION_MINUTES:
        raise ValueError(
            f"{tariff.free_cancellation_minutes} minutes to cancel: a tariff gives from 0 to 60."
        )
    nothing = Money.zero(tariff.currency)
    if any(rate < nothing for rate in (tariff.hourly_rate, *(step.rate for step in tariff.steps))):
        raise ValueError(f"{tariff.hourly_rate} is no rate: it is below zero.")
    if tariff.daily_maximum is not None and tariff.daily_maximum <= nothing:
        raise ValueError(f"{tariff.daily_maximum} is no daily maximum: zero is written as none.")
    if tariff.minimum_charge is not None and tariff.minimum_charge <= nothing:
        raise ValueError(f"{tariff.minimum_charge} is no minimum charge: zero is written as none.")
    if tariff.daily_maximum and tariff.minimum_charge and tariff.minimum_charge > tariff.daily_maximum:
        raise ValueError("The minimum charge is above the daily maximum.")
    if tariff.flat_fee is not None and tariff.flat_fee <= nothing:
        raise ValueError(f"{tariff.flat_fee} is no flat fee: zero is written as none.")
    if tariff.increment_minutes is not None and not 0 < tariff.increment_minutes <= _MINUTES_OF_A_DAY:
        raise ValueError(
            f"{tariff.increment_minutes} minutes are no increment of a tariff: from 1 to 1440 are."
        )
    minutes = [step.after_minutes for step in tariff.steps]
    if any(later <= sooner for sooner, later in pairwise((0, *minutes))):
        raise ValueError("The steps of a tariff come one after the other, the first after the start.")


def _require_week(tariff: Tariff) -> None:
    """Raise ValueError for bands that can't be told apart, or whose clock nobody knows."""
    nothing = Money.zero(tariff.currency)
    for band in tariff.week:
        if band.from_minute == _MINUTES_OF_A_DAY or not band.days or len(set(band.days)) < len(band.days):
            raise ValueError(f"A band of a tariff that begins at {band.start} on {band.days} is none.")
        if band.rate < nothing or (band.flat_fee is not None and band.flat_fee <= nothing):
            raise ValueError(f"{band.rate} and {band.flat_fee} are no prices of a tariff's band.")
    if overlapping(tariff.week) is not None:
        raise ValueError("Two bands of a tariff hold at the same time.")
    if tariff.week:
        ZoneInfo(tariff.time_zone)
