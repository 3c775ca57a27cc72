"""Random tariffs and stays, half of them around the days on which a clock is moved."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from app.domain.money import Money
from app.domain.tariff_weeks import ALL_DAYS, Band, overlapping
from app.domain.tariffs import Step, Tariff

ZONES = (
    "America/Denver",
    "Europe/Amsterdam",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "America/Santiago",
)
"""Both halves of the earth; a clock is moved by half an hour, at a quarter to three, at midnight."""
CURRENCIES = ("USD", "JPY", "KWD")
YEAR = 2026
_FIRST = datetime(YEAR, 1, 1, tzinfo=UTC)
_INCREMENTS = (None, None, 1, 5, 10, 15, 30, 60, 1440)


@dataclass(frozen=True, slots=True)
class Stay:
    """From when to when a car stands there."""

    start: datetime
    end: datetime


@cache
def moves(zone: str) -> tuple[datetime, ...]:
    """Find the hours of a year after which a zone's clock is moved."""
    hours = [_FIRST + timedelta(hours=number) for number in range(366 * 24)]
    offsets = [hour.astimezone(ZoneInfo(zone)).utcoffset() for hour in hours]
    return tuple(hour for hour, now, then in zip(hours, offsets, offsets[1:], strict=False) if now != then)


def tariff(dice: random.Random, *, zone: str | None = None) -> Tariff:
    """Make a tariff with anything that a tariff may have."""
    currency = dice.choice(CURRENCIES)

    def maybe(least: int, most: int) -> Money | None:
        return Money(dice.randint(least, most), currency) if dice.random() < 0.5 else None

    maximum = maybe(1, 10_000)
    return Tariff(
        hourly_rate=Money(dice.randint(0, 2_000), currency),
        free_minutes=dice.choice((0, 0, 10, 30, dice.randint(0, 1439))),
        free_cancellation_minutes=dice.choice((0, 0, 10, dice.randint(1, 60))),
        daily_maximum=maximum,
        minimum_charge=maybe(1, 500 if maximum is None else min(500, maximum.minor)),
        flat_fee=maybe(1, 3_000),
        increment_minutes=dice.choice(_INCREMENTS),
        steps=_steps(dice, currency),
        week=_week(dice, currency),
        holidays=tuple(sorted({_day(dice) for _ in range(dice.randint(0, 4))})),
        time_zone=zone or dice.choice(ZONES),
    )


def stay(dice: random.Random, zone: str) -> Stay:
    """Make a stay, half of the time one that begins within two days of the clock's being moved."""
    start = _FIRST + timedelta(microseconds=dice.randrange(365 * 86_400 * 10**6))
    moved = moves(zone)
    if moved and dice.random() < 0.5:
        start = dice.choice(moved) + timedelta(minutes=dice.randint(-2880, 180))
    longest = dice.choice((3_600, 3_600, 86_400, 86_400, 5 * 86_400))
    return Stay(start, start + timedelta(seconds=dice.randint(0, longest)))


def _day(dice: random.Random) -> date:
    return date(YEAR, 1, 1) + timedelta(days=dice.randrange(365))


def _steps(dice: random.Random, currency: str) -> tuple[Step, ...]:
    minutes = sorted(dice.sample(range(1, 2_880), dice.choice((0, 0, 1, 3))))
    return tuple(Step(minute, Money(dice.randint(0, 3_000), currency)) for minute in minutes)


def _week(dice: random.Random, currency: str) -> tuple[Band, ...]:
    """Make bands until one would hold at the same time as another."""
    week: list[Band] = []
    for _ in range(dice.choice((0, 1, 2, 4))):
        days = tuple(day for day in ALL_DAYS if dice.random() < 0.4) or ALL_DAYS[:1]
        start, end = dice.choices(range(0, 1440, dice.choice((15, 60))), k=2)
        fee = Money(dice.randint(1, 2_000), currency) if dice.random() < 0.3 else None
        band = Band(days, _time(start), _time(end), Money(dice.randint(0, 2_000), currency), fee)
        if overlapping([*week, band]) is None:
            week.append(band)
    return tuple(week)


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
