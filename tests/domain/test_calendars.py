"""A stay in a calendar, read again by somebody else's parser."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import calendars
from app.domain.calendars import Event

EVENING = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
STAY = Event(
    uid="019d79bb@parkgraph",
    sequence=240,
    written_at=EVENING,
    starts_at=EVENING,
    ends_at=EVENING + timedelta(hours=4),
    summary="Parking at Lionshead Public Parking",
    location="Lionshead Public Parking, 395 South Frontage Road",
    description="Extend or end the stay: https://parkgraph.com/r/h8K2mQ4vT7xW9zB3pL6nR1sC",
    url="https://parkgraph.com/r/h8K2mQ4vT7xW9zB3pL6nR1sC",
    alarm_minutes=15,
)


def read(event: Event) -> icalendar.Component:
    calendar = icalendar.Calendar.from_ical(calendars.written(event))
    assert calendar.errors == []
    [found] = calendar.walk("VEVENT")
    assert found.errors == []
    return found


def test_another_parser_finds_the_stay() -> None:
    found = read(STAY)
    assert (found["DTSTART"].dt, found["DTEND"].dt) == (STAY.starts_at, STAY.ends_at)
    assert found["DTSTAMP"].dt == EVENING
    assert (found["UID"], found["SEQUENCE"], found["URL"]) == (STAY.uid, 240, STAY.url)
    assert (found["SUMMARY"], found["LOCATION"]) == (STAY.summary, STAY.location)


def test_it_rings_before_the_end() -> None:
    [alarm] = read(STAY).walk("VALARM")
    assert alarm["TRIGGER"].dt == timedelta(minutes=-15)
    assert alarm["TRIGGER"].params["RELATED"] == "END"
    assert alarm["ACTION"] == "DISPLAY"


def test_what_is_over_rings_no_more() -> None:
    assert read(replace(STAY, alarm_minutes=None)).walk("VALARM") == []


def test_times_are_told_in_utc() -> None:
    moved = replace(STAY, ends_at=STAY.ends_at.astimezone().replace(microsecond=5))
    assert b"DTEND:20261122T223000Z\r\n" in calendars.written(moved)


@given(st.text(max_size=400))
def test_any_name_comes_back_as_it_was(name: str) -> None:
    told = calendars.written(replace(STAY, location=name))
    lines = told.split(b"\r\n")
    assert lines.pop() == b""
    assert [line for line in lines if len(line) > 75 or b"\n" in line or b"\r" in line] == []
    for line in lines:
        line.decode()  # no character is cut in two
    plain = calendars._CONTROL.sub(" ", name.replace("\r\n", "\n"))
    assert calendars._text(name) in told.replace(b"\r\n ", b"").decode()
    if plain.strip():
        assert str(read(replace(STAY, location=name))["LOCATION"]) == plain


@pytest.mark.parametrize("name", ["A\r\nATTENDEE:mailto:x@example.com", "A\nEND:VEVENT", "A\rX:1"])
def test_no_name_writes_lines_of_its_own(name: str) -> None:
    told = calendars.written(replace(STAY, summary=name))
    assert told.count(b"\r\nEND:VEVENT\r\n") == 1
    assert b"\r\nATTENDEE" not in told
    assert b"\r\nX:1" not in told
