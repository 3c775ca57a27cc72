"""Instants are written in UTC, to the second."""

from datetime import UTC, datetime, timedelta, timezone

from app.presenters.instants import instant


def test_an_instant_ends_in_z() -> None:
    assert instant(datetime(2026, 4, 10, 23, 30, tzinfo=UTC)) == "2026-04-10T23:30:00Z"


def test_another_zones_time_is_turned_into_utc() -> None:
    denver = timezone(timedelta(hours=-6))
    assert instant(datetime(2026, 4, 10, 17, 30, tzinfo=denver)) == "2026-04-10T23:30:00Z"


def test_fractions_of_a_second_are_cut_off() -> None:
    assert instant(datetime(2026, 4, 10, 23, 29, 59, 999_999, tzinfo=UTC)) == "2026-04-10T23:29:59Z"
