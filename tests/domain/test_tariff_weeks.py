"""Bands follow the clock on the wall, also on the days on which it is moved."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from app.domain.money import Money, half_up
from app.domain.tariff_weeks import EVERY_DAY, Band, Week, minute_of, overlapping, said_days
from app.domain.tariffs import Tariff
from tests import tariff_dice

DENVER = ZoneInfo("America/Denver")


def usd(amount: str) -> Money:
    return Money.from_major(amount, "USD")


def band(
    *days: str, start: str = "18:00", end: str = "24:00", rate: str = "4", fee: str | None = None
) -> Band:
    return Band(tuple(days), start, end, usd(rate), None if fee is None else usd(fee))


def tariff(*bands: Band, **more: object) -> Tariff:
    return Tariff(hourly_rate=usd("6"), week=bands, time_zone="America/Denver", **more)


def at(time: str) -> datetime:
    return datetime.fromisoformat(time).replace(tzinfo=DENVER)


@pytest.mark.parametrize(
    ("time", "rate"),
    [
        ("2026-04-10 17:59:59.999999", "6"),
        ("2026-04-10 18:00", "4"),
        ("2026-04-11 05:59", "4"),
        ("2026-04-11 06:00", "6"),
        ("2026-04-11 18:00", "6"),
        ("2026-12-25 18:00", "1"),
        ("2026-12-25 12:00", "6"),
        ("2026-12-26 05:00", "6"),
    ],
)
def test_the_rate_now_is_that_of_the_band_that_holds(time: str, rate: str) -> None:
    nights = band("fri", end="06:00")
    holidays = band("holiday", start="17:00", end="23:00", rate="1")
    assert tariff(nights, holidays, holidays=(date(2026, 12, 25),)).rate_at(at(time)) == usd(rate)


def test_a_night_before_a_holiday_goes_on_until_a_band_of_the_holiday_holds() -> None:
    nights = band("thu", end="06:00")
    holidays = band("holiday", start="03:00", rate="1")
    christmas = tariff(nights, holidays, holidays=(date(2026, 12, 25),))
    rates = [christmas.rate_at(at(f"2026-12-25 0{hour}:30")) for hour in (2, 3)]
    assert rates == [usd("4"), usd("1")]


@pytest.mark.parametrize(
    ("bands", "place"),
    [
        ([band("fri"), band("sat")], None),
        ([band("fri"), band("thu", "fri", start="20:00", end="21:00")], 1),
        ([band("fri", end="06:00"), band("sat", start="06:00", end="07:00")], None),
        ([band("sun", end="06:00"), band("mon", start="05:00", end="07:00")], 1),
        ([band("fri"), band("holiday"), band("holiday", start="23:00")], 2),
        ([band("fri", start="06:00", end="06:00"), band("sat", start="00:00", end="01:00")], 1),
    ],
)
def test_bands_that_hold_at_the_same_time_are_found(bands: list[Band], place: int | None) -> None:
    assert overlapping(bands) == place


def test_the_rest_of_the_week_is_told_beside_the_bands() -> None:
    told = tariff(band("fri", "sat"), band("sun", start="00:00", rate="3")).bands()
    rest = [(one.days, one.start, one.end, one.rate) for one in told[2:]]
    assert rest == [
        (("mon", "tue", "wed", "thu"), "00:00", "24:00", usd("6")),
        (("fri", "sat"), "00:00", "18:00", usd("6")),
    ]


def test_holidays_have_a_rest_too_where_there_are_any() -> None:
    without, with_one = tariff(band("fri")), tariff(band("fri"), holidays=(date(2026, 12, 25),))
    named = [{day for one in told.bands() for day in one.days} for told in (without, with_one)]
    assert named == [set(EVERY_DAY), {*EVERY_DAY, "holiday"}]


def test_all_parts_of_the_week_make_a_whole_one() -> None:
    dice = random.Random(1)
    for _ in range(100):
        made = tariff_dice.tariff(dice)
        minutes = sum(
            (part.to_minute - part.from_minute) * sum(day != "holiday" for day in part.days)
            for part in made.bands()
        )
        assert minutes == 7 * 1440, made


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (EVERY_DAY, "Mon-Sun"),
        (("sat", "sun"), "Sat, Sun"),
        (("mon", "tue", "wed", "fri"), "Mon-Wed, Fri"),
        (("sun", "holiday"), "Sun, holidays"),
    ],
)
def test_days_are_said_as_people_do(days: tuple[str, ...], said: str) -> None:
    assert said_days(days) == said


@pytest.mark.parametrize("time", ["24:01", "7:00", "18.00", "25:00", "", "18:60"])
def test_what_is_no_time_of_day_is_refused(time: str) -> None:
    with pytest.raises(ValueError, match="time of day"):
        minute_of(time)


def test_a_stay_is_cut_where_the_clock_is_moved() -> None:
    week = Week([band("sun", start="01:00", end="02:30")], (), "America/Denver")
    begin = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    parts = [
        (part.begin, part.band is not None) for part in week.stretches(begin, begin + timedelta(hours=4))
    ]
    hours = [
        (begin + timedelta(hours=hours), holds)
        for hours, holds in ((0, False), (0.5, True), (1.5, True), (3, False))
    ]
    assert parts == hours


def exact(made: Tariff, begin: datetime, end: datetime) -> int:
    """Price a stay minute by minute, as somebody would who stands there with a watch."""
    if end - begin <= timedelta(minutes=made.free_cancellation_minutes):
        return 0
    zone, total, day, nights = ZoneInfo(made.time_zone), Fraction(0), Fraction(0), set()
    minutes = range(made.free_minutes, (end - begin) // timedelta(minutes=1))
    for minute in minutes:
        if minute % 1440 == 0:
            total, day = total + day, Fraction(0)
        if minute == made.free_minutes and made.flat_fee:
            day += made.flat_fee.minor
        wall = (begin + timedelta(minutes=minute)).astimezone(zone)
        holds = holding(made, wall)
        if holds is None:
            rate = [made.hourly_rate, *(step.rate for step in made.steps if step.after_minutes <= minute)][-1]
        else:
            rate = holds[0].rate
            if holds[0].flat_fee and holds not in nights:
                nights.add(holds)
                day += holds[0].flat_fee.minor
        day += Fraction(rate.minor, 60)
        if made.daily_maximum:
            day = min(day, Fraction(made.daily_maximum.minor))
    least = made.minimum_charge.minor if made.minimum_charge and minutes else 0
    return max(half_up(total + day), least)


def holding(made: Tariff, wall: datetime) -> tuple[Band, date] | None:
    """Find the band that holds, and the day on which it began."""
    minute = wall.hour * 60 + wall.minute
    for days_ago in (0, 1):
        began_on = wall.date() - timedelta(days=days_ago)
        kind = "holiday" if began_on in made.holidays else EVERY_DAY[began_on.weekday()]
        for one in made.week:
            if kind in one.days and one.from_minute <= minute + 1440 * days_ago < one.to_minute:
                return one, began_on
    return None


@pytest.mark.parametrize("zone", tariff_dice.ZONES)
def test_both_days_on_which_a_clock_is_moved_are_priced_as_a_watch_would(zone: str) -> None:
    moved = tariff_dice.moves(zone)
    assert len(moved) == 2
    dice = random.Random(zone)
    for move in moved:
        for _ in range(40):
            made = tariff_dice.tariff(dice, zone=zone)
            made = replace(made, increment_minutes=None, free_minutes=dice.choice((0, 30)))
            begin = move.replace(minute=0) - timedelta(minutes=3 * dice.randint(0, 500))
            end = begin + timedelta(minutes=3 * dice.randint(1, 700))  # as whole hundredths of an hour
            assert made.price(begin, end).total.minor == exact(made, begin, end), (made, begin, end)
