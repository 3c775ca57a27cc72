"""A lot is open by the clock on its own wall, or it is not known."""

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services import opening_hours

DENVER = "America/Denver"
AMSTERDAM = "Europe/Amsterdam"
NETHERLANDS = Path(__file__).parents[1] / "data" / "lots-netherlands.csv"


def in_denver(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(DENVER)).astimezone(UTC)


NOON = in_denver("2026-11-22 12:00")


@pytest.mark.parametrize(
    ("hours", "local", "expected"),
    [
        ("24/7", "2026-11-22 03:00", True),
        ("24h", "2026-11-22 03:00", True),
        ("Mo-Fr 07:00-22:00", "2026-11-23 07:00", True),
        ("Mo-Fr 07:00-22:00", "2026-11-23 06:59", False),
        ("Mo-Fr 07:00-22:00", "2026-11-23 22:00", False),
        ("Mo-Fr 07:00-22:00", "2026-11-22 12:00", False),
        ("Mo-Su 22:00-06:00", "2026-11-23 05:59", True),
        ("Jun-Aug 08:00-20:00", "2026-11-23 12:00", False),
        ("off", "2026-11-23 12:00", False),
    ],
)
def test_opening_hours_follow_the_lots_own_clock(hours: str, local: str, expected: bool) -> None:
    assert opening_hours.is_open(hours, DENVER, in_denver(local)) is expected


def test_the_zone_that_the_question_is_asked_in_does_not_matter() -> None:
    at = in_denver("2026-11-23 07:30")
    for zone in (UTC, ZoneInfo(AMSTERDAM), ZoneInfo("Pacific/Apia")):
        assert opening_hours.is_open("Mo-Fr 07:00-08:00", DENVER, at.astimezone(zone)) is True


def minutes_open(hours: str, *, from_midnight_utc: datetime) -> int:
    """Count the minutes in three hours, a change of clocks among them, by asking every ten."""
    asked = (from_midnight_utc + timedelta(minutes=step) for step in range(0, 180, 10))
    return 10 * sum(opening_hours.is_open(hours, AMSTERDAM, at) is True for at in asked)


def test_the_nights_of_the_change_of_clocks_can_be_asked_about() -> None:
    spring, autumn = datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)
    assert minutes_open("02:00-03:00", from_midnight_utc=spring) == 0
    assert minutes_open("02:00-03:00", from_midnight_utc=autumn) == 120


@pytest.mark.parametrize("hours", [None, "", "Open all year", "9 to 5", "unknown", "24/24", "x" * 501])
def test_hours_that_are_not_known_or_not_understood_leave_it_open(hours: str | None) -> None:
    assert opening_hours.is_open(hours, DENVER, NOON) is None


def test_public_holidays_are_those_of_the_lots_country() -> None:
    kings_day = datetime(2026, 4, 27, 10, tzinfo=UTC)
    hours = "Mo-Su 07:00-22:00; PH off"
    assert opening_hours.is_open(hours, AMSTERDAM, kings_day, country="NL") is False
    assert opening_hours.is_open(hours, AMSTERDAM, kings_day, country="US") is True
    assert opening_hours.is_open(hours, AMSTERDAM, kings_day, country="XX") is True
    assert opening_hours.is_open(hours, AMSTERDAM, kings_day) is True


@pytest.mark.parametrize("text", ["24/7", "24h", " 24H ", "Mo-Fr 07:00-22:00; PH off", "sunrise-sunset"])
def test_hours_are_understood(text: str) -> None:
    assert opening_hours.understood(text)


@pytest.mark.parametrize(
    "text", ["", " ", "Open all year", "mo-fr 8-18", "24/7" + " " * 497 + "x", "\x00", "🚗"]
)
def test_hours_are_not_understood(text: str) -> None:
    assert not opening_hours.understood(text)


def test_hours_are_kept_in_one_form() -> None:
    assert opening_hours.normalise(" 24h ") == "24/7"
    assert opening_hours.normalise(" Mo-Fr 07:00-22:00 ") == "Mo-Fr 07:00-22:00"


@given(text=st.text(max_size=60))
def test_no_text_makes_it_stumble(text: str) -> None:
    answer = opening_hours.is_open(text, DENVER, NOON)
    assert answer is None or opening_hours.understood(text)


def test_the_hours_of_the_dutch_register_are_understood_but_for_one_phrase() -> None:
    with NETHERLANDS.open(encoding="utf-8") as file:
        written = Counter(row["opening_hours"] for row in csv.DictReader(file))
    assert {text for text in written if text and not opening_hours.understood(text)} == {"Open all year"}
