"""Hours have two decimals, and a change of clocks takes or gives nobody an hour."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.durations import hours_between, hours_of, lasting

EVENING = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "hours"),
    [
        (0, "0.00"),
        (17, "0.00"),
        (18, "0.01"),
        (3600, "1.00"),
        (14_472, "4.02"),
        (14_454, "4.02"),
        (14_453, "4.01"),
    ],
)
def test_hours_are_rounded_half_up_to_two_decimals(seconds: int, hours: str) -> None:
    assert str(hours_between(EVENING, EVENING + timedelta(seconds=seconds))) == hours


def test_the_night_of_the_change_of_clocks_lasts_as_long_as_it_lasts() -> None:
    denver = ZoneInfo("America/Denver")
    autumn = hours_between(datetime(2026, 10, 31, 22, tzinfo=denver), datetime(2026, 11, 1, 6, tzinfo=denver))
    spring = hours_between(datetime(2026, 3, 7, 22, tzinfo=denver), datetime(2026, 3, 8, 6, tzinfo=denver))
    assert (autumn, spring) == (Decimal("9.00"), Decimal("7.00"))


def test_a_stay_that_ends_before_it_starts_has_negative_hours() -> None:
    assert hours_between(EVENING, EVENING - timedelta(hours=1)) == Decimal("-1.00")


@pytest.mark.parametrize(
    ("hours", "seconds"), [("4", 14_400), ("4.02", 14_472), ("0.25", 900), ("4.1", 14_760)]
)
def test_hours_turn_into_the_exact_duration(hours: str, seconds: int) -> None:
    assert lasting(Decimal(hours)) == timedelta(seconds=seconds)


@given(hundredths=st.integers(min_value=0, max_value=1_000_000))
def test_hours_with_two_decimals_survive_the_way_there_and_back(hundredths: int) -> None:
    hours = Decimal(hundredths).scaleb(-2)
    assert hours_of(lasting(hours)) == hours
