"""A tariff's week: bands by weekday and time of day, as the clock on the lot's wall shows it.

What the wall clock shows decides, so the two days a year on which it is moved need no rule of their own: an
hour that is left out is not billed, one that comes twice is billed twice, at the rate of its time of day.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

from app.domain.money import Money

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Day = Weekday | Literal["holiday"]
EVERY_DAY: tuple[Weekday, ...] = get_args(Weekday)
HOLIDAY: Day = "holiday"
ALL_DAYS: tuple[Day, ...] = (*EVERY_DAY, HOLIDAY)

MINUTES_OF_A_DAY = 1440
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_ONE_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Band:
    """A part of the week with a rate of its own, in the lot's local time.

    A band that ends no later than it begins ends on the next day. Its days are those on which it begins.
    """

    days: tuple[Day, ...]
    start: str
    """`HH:MM`"""
    end: str
    """`HH:MM`, up to `24:00`"""
    rate: Money
    flat_fee: Money | None = None
    """Due once for each time that a stay comes into the band."""

    @property
    def from_minute(self) -> int:
        """Return the minute of the day at which it begins."""
        return minute_of(self.start)

    @property
    def to_minute(self) -> int:
        """Return the minute at which it ends, counted from the day of its beginning."""
        end = minute_of(self.end)
        return end if end > self.from_minute else end + MINUTES_OF_A_DAY

    def __str__(self) -> str:
        return f"{said_days(self.days)} {self.start}-{self.end}"


class Segment(NamedTuple):
    """A part of one day in which one band holds, or none."""

    start: int
    end: int
    band: Band | None
    days_ago: int
    """How many days before the band began: 0 or 1."""


class Stretch(NamedTuple):
    """A part of a stay in which one band holds, or none."""

    begin: datetime
    end: datetime
    band: Band | None
    began_on: date
    """The day on which the band began, which tells one of its nights from the next."""


class Week:
    """Bands laid out over days; at most one holds at a time."""

    __slots__ = ("_bands", "_days", "_holidays", "_zone")

    def __init__(self, bands: Sequence[Band], holidays: Collection[date], time_zone: str) -> None:
        self._bands = tuple(bands)
        self._holidays = frozenset(holidays)
        self._zone = time_zone
        self._days: dict[tuple[Day, Day], tuple[list[int], list[Segment]]] = {}

    def band_at(self, instant: datetime) -> Band | None:
        """Return the band that holds at an instant."""
        day, minute = _on_the_wall(self._zone, int(instant.timestamp()) // 60)
        return self._segment(day, minute).band

    def stretches(self, begin: datetime, end: datetime) -> Iterator[Stretch]:
        """Cut a time (in UTC) where bands begin and end, and where the wall clock is moved."""
        zone, at = ZoneInfo(self._zone), begin
        while at < end:
            wall = at.astimezone(zone)
            today = wall.date()
            segment = self._segment(today, wall.hour * 60 + wall.minute)
            until = min(_when(at, wall, segment.end), end)
            if until.astimezone(zone).utcoffset() != wall.utcoffset():
                until = _moved_at(zone, at, until)
            yield Stretch(at, until, segment.band, today - segment.days_ago * _ONE_DAY)
            at = until

    def rest(self, rate: Money) -> list[Band]:
        """Return the rest of the week, in which no band holds, as bands of the rate that holds then."""
        days = ALL_DAYS if self._holidays else EVERY_DAY
        gaps: dict[tuple[int, int], list[Day]] = {}
        for place, day in enumerate(days):
            before = HOLIDAY if day == HOLIDAY else EVERY_DAY[place - 1]
            for segment in self._segments(day, before)[1]:
                if segment.band is None:
                    gaps.setdefault((segment.start, segment.end), []).append(day)
        return [Band(tuple(on), _said(start), _said(end), rate) for (start, end), on in gaps.items()]

    def _segment(self, today: date, minute: int) -> Segment:
        starts, segments = self._segments(self._kind(today), self._kind(today - _ONE_DAY))
        return segments[bisect_right(starts, minute) - 1]

    def _kind(self, day: date) -> Day:
        return HOLIDAY if day in self._holidays else EVERY_DAY[day.weekday()]

    def _segments(self, today: Day, before: Day) -> tuple[list[int], list[Segment]]:
        """Lay out one kind of day after another; a pair that was laid out once is remembered."""
        known = self._days.get((today, before))
        if known is None:
            laid = list(_laid_out(self._bands, today, before))
            known = self._days[today, before] = ([segment.start for segment in laid], laid)
        return known


def minute_of(time: str) -> int:
    """Return the minute of the day that a time names; raise ValueError for what is none."""
    if not _TIME.fullmatch(time):
        raise ValueError(f"{time!r} is not a time of day; write it like 18:00.")
    return int(time[:2]) * 60 + int(time[3:])


def overlapping(bands: Sequence[Band]) -> int | None:
    """Return the place of the first band that holds at the same time as one before it, if there is any.

    Where a holiday follows or precedes, a night that began before gives way to the day's own bands.
    """
    taken: dict[Day, list[tuple[int, int]]] = {}
    for place, band in enumerate(bands):
        parts = list(_parts_of_days(band))
        if any(
            start < last and first < end for day, start, end in parts for first, last in taken.get(day, ())
        ):
            return place
        for day, start, end in parts:
            taken.setdefault(day, []).append((start, end))
    return None


def said_days(days: Sequence[Day]) -> str:
    """Write days as people do: `Mon-Fri`, `Sat, Sun, holidays`."""
    places = sorted(ALL_DAYS.index(day) for day in days)
    runs: list[list[int]] = []
    for place in places:
        is_next = runs and runs[-1][-1] == place - 1 and ALL_DAYS[place] != HOLIDAY
        runs[-1].append(place) if is_next else runs.append([place])
    return ", ".join(_said_run([ALL_DAYS[place] for place in run]) for run in runs)


def _said_run(days: Sequence[Day]) -> str:
    if days[0] == HOLIDAY:
        return "holidays"
    first, last = days[0].capitalize(), days[-1].capitalize()
    shortest_run = 3
    return f"{first}-{last}" if len(days) >= shortest_run else ", ".join(day.capitalize() for day in days)


def _said(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _parts_of_days(band: Band) -> Iterator[tuple[Day, int, int]]:
    """Give the parts of the week's days that a band takes; what follows a holiday nobody knows."""
    for day in band.days:
        yield day, band.from_minute, min(band.to_minute, MINUTES_OF_A_DAY)
        if band.to_minute > MINUTES_OF_A_DAY and day != HOLIDAY:
            following = EVERY_DAY[(EVERY_DAY.index(day) + 1) % len(EVERY_DAY)]
            yield following, 0, band.to_minute - MINUTES_OF_A_DAY


def _laid_out(bands: Sequence[Band], today: Day, before: Day) -> Iterator[Segment]:
    """Lay bands out over a day; those of the day itself win over a night that began before."""
    nights = [
        (0, band.to_minute - MINUTES_OF_A_DAY, band, 1)
        for band in bands
        if before in band.days and band.to_minute > MINUTES_OF_A_DAY
    ]
    own = [
        (band.from_minute, min(band.to_minute, MINUTES_OF_A_DAY), band, 0)
        for band in bands
        if today in band.days
    ]
    edges = {0, MINUTES_OF_A_DAY}.union(*((start, end) for start, end, *_ in (*nights, *own)))
    for start, end in pairwise(sorted(edges)):
        holds = [(band, ago) for first, last, band, ago in (*nights, *own) if first <= start < last]
        yield Segment(start, end, *(holds[-1] if holds else (None, 0)))


@lru_cache(maxsize=4096)
def _on_the_wall(time_zone: str, minute: int) -> tuple[date, int]:
    """Read a zone's wall clock at a minute since 1970; a search asks for many lots at the same one."""
    wall = datetime.fromtimestamp(minute * 60, ZoneInfo(time_zone))
    return wall.date(), wall.hour * 60 + wall.minute


def _when(at: datetime, wall: datetime, minute: int) -> datetime:
    """Return when the wall clock shows a minute of this day, if nobody moves it before."""
    ahead = timedelta(minutes=minute - wall.hour * 60 - wall.minute)
    return at + ahead - timedelta(seconds=wall.second, microseconds=wall.microsecond)


def _moved_at(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return when, between two instants, a zone's clock is moved; it is on a whole second."""
    offset = before.astimezone(zone).utcoffset()
    low, high = int(before.timestamp()), -int(-after.timestamp() // 1)
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return min(datetime.fromtimestamp(high, UTC), after)
