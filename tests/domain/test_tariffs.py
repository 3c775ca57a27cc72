"""A stay costs what the tariff says, to the cent, and never less for staying longer."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.money import Money, split
from app.domain.tariffs import EVERY_DAY, Band, Step, Tariff

EVENING = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
LIONSHEAD = Tariff(hourly_rate=Money(600, "USD"))


def usd(amount: str) -> Money:
    return Money.from_major(amount, "USD")


def cost(tariff: Tariff, **stay: float) -> Money:
    return tariff.price(EVENING, EVENING + timedelta(**stay)).total


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    rate = draw(st.integers(min_value=0, max_value=5_000))
    daily = draw(st.none() | st.integers(min_value=1, max_value=20_000))
    least = draw(st.none() | st.integers(min_value=1, max_value=daily or 1_000))
    currency = draw(st.sampled_from(["USD", "JPY", "KWD"]))
    return Tariff(
        hourly_rate=Money(rate, currency),
        free_minutes=draw(st.integers(min_value=0, max_value=1439)),
        daily_maximum=None if daily is None else Money(daily, currency),
        minimum_charge=None if least is None else Money(least, currency),
    )


stays = st.integers(min_value=0, max_value=10 * 24 * 3600)


def test_the_evening_in_vail_costs_what_the_reference_says() -> None:
    price = LIONSHEAD.price(EVENING, EVENING + timedelta(seconds=14_472))
    assert (price.duration_hours, price.billed_hours) == (Decimal("4.02"), Decimal("4.02"))
    assert price.total == usd("24.12")
    assert split(price.total).owner_payout == usd("21.71")
    assert split(price.total).platform_fee == usd("2.41")


def test_the_hold_is_the_planned_stay_and_fifteen_minutes() -> None:
    assert LIONSHEAD.hold_for(EVENING, Decimal(4)) == usd("25.50")


def test_a_hold_of_a_capped_stay_is_capped_too() -> None:
    tariff = Tariff(hourly_rate=usd("6"), daily_maximum=usd("20"))
    assert tariff.hold_for(EVENING, Decimal(4)) == usd("20")
    assert tariff.hold_for(EVENING, Decimal(24)) == usd("21.50")


def test_the_rate_of_a_flat_tariff_is_the_same_at_every_instant() -> None:
    assert LIONSHEAD.rate_at(EVENING) == LIONSHEAD.rate_at(EVENING + timedelta(hours=9)) == usd("6")
    assert LIONSHEAD.bands() == (Band(days=EVERY_DAY, start="00:00", end="24:00", rate=usd("6")),)
    assert LIONSHEAD.currency == "USD"


def test_money_is_rounded_half_up_as_no_float_would() -> None:
    assert cost(Tariff(hourly_rate=usd("1.5")), hours=1.15) == usd("1.73")


def test_a_stay_within_the_free_minutes_costs_nothing() -> None:
    tariff = Tariff(hourly_rate=usd("6"), free_minutes=30, minimum_charge=usd("2"))
    assert cost(tariff, minutes=30) == Money.zero("USD")
    assert tariff.price(EVENING, EVENING + timedelta(minutes=30)).billed_hours == 0
    assert tariff.price(EVENING, EVENING + timedelta(minutes=30)).duration_hours == Decimal("0.50")


def test_the_first_minutes_stay_free_however_long_the_stay() -> None:
    tariff = Tariff(hourly_rate=usd("6"), free_minutes=30)
    assert cost(tariff, minutes=31) == usd("0.12")
    assert cost(tariff, minutes=90) == usd("6")
    assert cost(tariff, hours=10) == cost(LIONSHEAD, hours=9.5)


def test_the_daily_maximum_starts_anew_every_24_hours_from_the_start() -> None:
    tariff = Tariff(hourly_rate=usd("6"), daily_maximum=usd("20"))
    assert cost(tariff, hours=3) == usd("18")
    assert cost(tariff, hours=24) == usd("20")
    assert cost(tariff, hours=25) == usd("26")
    assert cost(tariff, hours=48) == usd("40")
    assert cost(tariff, hours=73) == usd("66")


def test_free_minutes_count_towards_the_first_24_hours() -> None:
    tariff = Tariff(hourly_rate=usd("6"), free_minutes=60, daily_maximum=usd("20"))
    assert cost(tariff, hours=24) == usd("20")
    assert cost(tariff, hours=25) == usd("26")


def test_free_minutes_that_are_no_round_part_of_an_hour_lose_no_half_cent() -> None:
    tariff = Tariff(hourly_rate=usd("0.03"), free_minutes=10, daily_maximum=usd("10"))
    assert tariff.price(EVENING, EVENING + timedelta(hours=24)).billed_hours == Decimal("23.83")
    assert cost(tariff, hours=24) == usd("0.71")
    assert cost(tariff, hours=24.01) == usd("0.72")


def test_the_minimum_charge_is_due_as_soon_as_anything_is() -> None:
    tariff = Tariff(hourly_rate=usd("6"), minimum_charge=usd("2"))
    assert cost(tariff, seconds=17) == Money.zero("USD")
    assert cost(tariff, seconds=18) == usd("2")
    assert cost(tariff, minutes=20) == usd("2")
    assert cost(tariff, hours=1) == usd("6")


def test_a_free_lot_costs_nothing() -> None:
    assert cost(Tariff(hourly_rate=usd("0")), days=9) == Money.zero("USD")


def test_a_stay_that_ends_before_it_starts_costs_nothing() -> None:
    assert cost(LIONSHEAD, hours=-1) == Money.zero("USD")


@given(tariff=tariffs(), seconds=stays, more=stays)
def test_a_longer_stay_never_costs_less(tariff: Tariff, seconds: int, more: int) -> None:
    assert cost(tariff, seconds=seconds) <= cost(tariff, seconds=seconds + more)


@given(tariff=tariffs(), seconds=stays)
def test_no_stay_costs_more_than_the_daily_maximum_of_its_days(tariff: Tariff, seconds: int) -> None:
    if tariff.daily_maximum is not None:
        started_days = max(1, -(-seconds // 86_400))
        assert cost(tariff, seconds=seconds) <= tariff.daily_maximum.times(started_days)


@given(tariff=tariffs(), seconds=stays)
def test_what_is_due_is_nothing_or_at_least_the_minimum(tariff: Tariff, seconds: int) -> None:
    due = cost(tariff, seconds=seconds)
    assert due.is_zero or tariff.minimum_charge is None or due >= tariff.minimum_charge


@given(tariff=tariffs(), seconds=stays)
def test_free_minutes_make_a_stay_cost_what_a_shorter_one_would(tariff: Tariff, seconds: int) -> None:
    if tariff.daily_maximum is None:
        without = Tariff(hourly_rate=tariff.hourly_rate, minimum_charge=tariff.minimum_charge)
        shorter = max(0, seconds - 60 * tariff.free_minutes)
        assert cost(tariff, seconds=seconds) == cost(without, seconds=shorter)


@given(tariff=tariffs(), hundredths=st.integers(min_value=1, max_value=2400))
def test_a_hold_covers_the_planned_stay(tariff: Tariff, hundredths: int) -> None:
    hours = Decimal(hundredths).scaleb(-2)
    assert tariff.hold_for(EVENING, hours) >= cost(tariff, seconds=36 * hundredths)


@given(tariff=tariffs())
def test_a_stored_tariff_comes_back_the_same(tariff: Tariff) -> None:
    assert Tariff.from_json(json.loads(json.dumps(tariff.as_json()))) == tariff


CANCELLABLE = Tariff(
    hourly_rate=usd("6"), flat_fee=usd("2"), minimum_charge=usd("3"), free_cancellation_minutes=10
)


def test_a_stay_that_is_cancelled_in_time_costs_nothing_at_all() -> None:
    assert [str(cost(CANCELLABLE, seconds=seconds)) for seconds in (0, 1, 600)] == ["0.00 USD"] * 3
    price = CANCELLABLE.price(EVENING, EVENING + timedelta(minutes=10))
    assert (price.duration_hours, price.billed_hours, price.line_items) == (Decimal("0.17"), Decimal(0), ())


def test_one_that_lasts_longer_is_billed_from_its_start_on() -> None:
    assert cost(CANCELLABLE, minutes=10, microseconds=1) == usd("3.02")
    assert cost(CANCELLABLE, hours=1) == usd("8")


def test_minutes_to_cancel_pass_as_they_do_on_no_wall_when_the_clock_is_moved() -> None:
    denver = ZoneInfo("America/Denver")
    before = datetime(2026, 11, 1, 1, 55, tzinfo=denver)
    in_time, too_late = (datetime(2026, 11, 1, 1, minute, fold=1, tzinfo=denver) for minute in (5, 6))
    assert CANCELLABLE.cancels(before, in_time)
    assert not CANCELLABLE.cancels(before, too_late)


def test_a_hold_is_for_a_stay_that_is_not_cancelled() -> None:
    tariff = replace(CANCELLABLE, free_cancellation_minutes=60)
    assert tariff.hold_for(EVENING, Decimal("0.25")) == usd("5")


@pytest.mark.parametrize("minutes", [-1, 61])
def test_minutes_to_cancel_beyond_an_hour_are_refused(minutes: int) -> None:
    with pytest.raises(ValueError, match="minutes to cancel"):
        replace(CANCELLABLE, free_cancellation_minutes=minutes)


def test_minutes_to_cancel_make_a_third_version_of_the_stored_form() -> None:
    stored = CANCELLABLE.as_json()
    assert (stored["version"], stored["free_cancellation_minutes"]) == (3, 10)
    assert stored.keys() == {*FULL.as_json(), "free_cancellation_minutes"}
    assert Tariff.from_json(json.loads(json.dumps(stored))) == CANCELLABLE
    with pytest.raises(ValueError, match="known version"):
        Tariff.from_json({**stored, "version": 2})


def test_the_stored_form_is_the_one_that_the_database_holds() -> None:
    """Stored tariffs never change, so this form may only get a new version beside it."""
    tariff = Tariff(hourly_rate=usd("6"), free_minutes=30, daily_maximum=usd("40"))
    assert tariff.as_json() == {
        "version": 1,
        "currency": "USD",
        "hourly_rate_minor": 600,
        "free_minutes": 30,
        "daily_maximum_minor": 4000,
        "minimum_charge_minor": None,
    }


OTHER_FORMS = [{"version": 2}, {"version": None}, {"colour": "blue"}]
OTHER_VALUES = [
    {"currency": "XXX"},
    {"hourly_rate_minor": 6.0},
    {"hourly_rate_minor": True},
    {"free_minutes": -1},
]
MISSING_VALUES = [{"hourly_rate_minor": None}, {"currency": None}, {"free_minutes": "30"}]


@pytest.mark.parametrize("change", [*OTHER_FORMS, *OTHER_VALUES, *MISSING_VALUES])
def test_rules_of_another_form_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"tariff|currency"):
        Tariff.from_json({**LIONSHEAD.as_json(), **change})


def test_rules_with_a_field_missing_are_refused() -> None:
    rules = LIONSHEAD.as_json()
    del rules["free_minutes"]
    with pytest.raises(ValueError, match="not the rules of a tariff"):
        Tariff.from_json(rules)


def test_a_tariff_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="below zero"):
        Tariff(hourly_rate=usd("-1"))
    with pytest.raises(ValueError, match="no daily maximum"):
        Tariff(hourly_rate=usd("1"), daily_maximum=usd("0"))
    with pytest.raises(ValueError, match="no minimum charge"):
        Tariff(hourly_rate=usd("1"), minimum_charge=usd("0"))
    with pytest.raises(ValueError, match="above the daily maximum"):
        Tariff(hourly_rate=usd("1"), minimum_charge=usd("3"), daily_maximum=usd("2"))
    with pytest.raises(ValueError, match="1440 free minutes"):
        Tariff(hourly_rate=usd("1"), free_minutes=1440)
    with pytest.raises(ValueError, match="cannot be added or compared"):
        Tariff(hourly_rate=usd("1"), daily_maximum=Money(500, "EUR"))


@pytest.mark.parametrize(
    ("tariff", "sentence"),
    [
        (LIONSHEAD, "6.00 USD an hour."),
        (Tariff(hourly_rate=usd("0")), "Free of charge."),
        (Tariff(hourly_rate=Money(500, "JPY"), free_minutes=1), "First minute free, then 500 JPY an hour."),
        (
            Tariff(hourly_rate=usd("6"), free_minutes=30, daily_maximum=usd("40")),
            "First 30 minutes free, then 6.00 USD an hour, at most 40.00 USD a day.",
        ),
        (
            Tariff(hourly_rate=usd("6"), daily_maximum=usd("40"), minimum_charge=usd("2")),
            "6.00 USD an hour, at most 40.00 USD a day, at least 2.00 USD.",
        ),
        (
            Tariff(hourly_rate=usd("6"), free_cancellation_minutes=10),
            "6.00 USD an hour, free if ended within 10 minutes.",
        ),
        (Tariff(hourly_rate=usd("0"), free_cancellation_minutes=1), "Free of charge."),
    ],
)
def test_a_tariff_says_itself_in_one_sentence(tariff: Tariff, sentence: str) -> None:
    assert tariff.summary() == sentence


FULL = Tariff(
    hourly_rate=usd("6"),
    free_minutes=10,
    flat_fee=usd("1"),
    increment_minutes=15,
    steps=(Step(120, usd("8")), Step(150, usd("9")), Step(180, usd("10"))),
    week=(
        Band(("fri", "sat"), "18:00", "06:00", usd("4"), usd("5")),
        Band(("sun", "holiday"), "08:00", "20:00", usd("0")),
    ),
    holidays=(date(2026, 12, 25),),
    time_zone="America/Denver",
)


def test_the_stored_form_of_all_that_a_tariff_may_have_is_the_second_version() -> None:
    assert FULL.as_json() == {
        "version": 2,
        "currency": "USD",
        "hourly_rate_minor": 600,
        "free_minutes": 10,
        "daily_maximum_minor": None,
        "minimum_charge_minor": None,
        "flat_fee_minor": 100,
        "increment_minutes": 15,
        "steps": [
            {"after_minutes": 120, "rate_minor": 800},
            {"after_minutes": 150, "rate_minor": 900},
            {"after_minutes": 180, "rate_minor": 1000},
        ],
        "bands": [
            {
                "days": ["fri", "sat"],
                "from": "18:00",
                "to": "06:00",
                "rate_minor": 400,
                "flat_fee_minor": 500,
            },
            {
                "days": ["sun", "holiday"],
                "from": "08:00",
                "to": "20:00",
                "rate_minor": 0,
                "flat_fee_minor": None,
            },
        ],
        "holidays": ["2026-12-25"],
        "time_zone": "America/Denver",
    }
    assert Tariff.from_json(json.loads(json.dumps(FULL.as_json()))) == FULL


def test_a_tariff_without_bands_asks_no_clock() -> None:
    assert Tariff(hourly_rate=usd("6"), time_zone="America/Denver") == LIONSHEAD


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"flat_fee": usd("0")}, "no flat fee"),
        ({"increment_minutes": 0}, "no increment"),
        ({"increment_minutes": 1441}, "no increment"),
        ({"steps": (Step(60, usd("-1")),)}, "below zero"),
        ({"steps": (Step(0, usd("1")),)}, "one after the other"),
        ({"steps": (Step(60, usd("1")), Step(60, usd("2")))}, "one after the other"),
        ({"week": (Band((), "08:00", "20:00", usd("1")),)}, "is none"),
        ({"week": (Band(("fri", "fri"), "08:00", "20:00", usd("1")),)}, "is none"),
        ({"week": (Band(("fri",), "24:00", "20:00", usd("1")),)}, "is none"),
        ({"week": (Band(("fri",), "08:00", "20:00", usd("-1")),)}, "no prices"),
        ({"week": (Band(("fri",), "08:00", "20:00", usd("1"), usd("0")),)}, "no prices"),
        ({"week": FULL.week[:1] * 2}, "at the same time"),
        ({"week": FULL.week, "time_zone": "Mars/Olympus"}, "No time zone found"),
    ],
)
def test_a_week_or_a_step_that_makes_no_sense_is_refused(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises((ValueError, KeyError), match=why):
        Tariff(hourly_rate=usd("6"), **wrong)


@pytest.mark.parametrize(
    ("tariff", "sentence"),
    [
        (
            FULL,
            "First 10 minutes free, then 1.00 USD and 6.00 USD an hour, 8.00 USD an hour from 2 hours on, "
            "9.00 USD an hour from 2 hours 30 minutes on, more steps after that, "
            "Fri, Sat 18:00-06:00 4.00 USD an hour and 5.00 USD once, "
            "Sun, holidays 08:00-20:00 0.00 USD an hour, billed by the started 15 minutes.",
        ),
        (Tariff(hourly_rate=usd("0"), flat_fee=usd("20")), "20.00 USD flat."),
        (
            Tariff(hourly_rate=usd("0"), week=FULL.week),
            "0.00 USD an hour, Fri, Sat 18:00-06:00 4.00 USD an hour and 5.00 USD once, "
            "Sun, holidays 08:00-20:00 0.00 USD an hour.",
        ),
    ],
)
def test_a_week_is_said_in_one_sentence_too(tariff: Tariff, sentence: str) -> None:
    assert tariff.summary() == sentence


def test_rounding_up_an_increment_starts_no_other_day_of_the_maximum() -> None:
    tariff = Tariff(hourly_rate=usd("6"), free_minutes=30, increment_minutes=60, daily_maximum=usd("20"))
    assert cost(tariff, hours=23, minutes=50) == cost(tariff, hours=24) == usd("20")
    assert cost(tariff, hours=24, seconds=1) > usd("20")


def test_free_minutes_that_round_up_start_no_other_day_of_the_maximum() -> None:
    tariff = Tariff(hourly_rate=usd("50"), free_minutes=20, daily_maximum=usd("20"))
    assert cost(tariff, hours=24) == usd("20")


def test_a_bill_of_nothing_has_no_lines() -> None:
    assert FULL.price(EVENING, EVENING + timedelta(minutes=10)).line_items == ()
