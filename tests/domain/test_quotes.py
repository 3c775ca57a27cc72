"""A quote's window begins soon, expires early, and is what a stay that keeps to it is billed for."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.errors import BadRequest, Conflict
from app.domain.quotes import billed_window, expiry, require_usable, window_start

NOW = datetime(2026, 4, 10, 23, 29, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("ahead", [timedelta(minutes=-1), timedelta(seconds=-1), timedelta()])
def test_a_window_that_has_just_begun_begins_now(ahead: timedelta) -> None:
    assert window_start(NOW + ahead, now=NOW) == window_start(None, now=NOW) == NOW


@pytest.mark.parametrize("ahead", [timedelta(seconds=1), timedelta(days=31)])
def test_a_window_may_begin_within_a_month(ahead: timedelta) -> None:
    assert window_start(NOW + ahead, now=NOW) == NOW + ahead


@pytest.mark.parametrize("ahead", [timedelta(seconds=-61), timedelta(days=31, seconds=1)])
def test_a_window_of_the_past_or_of_far_ahead_is_refused(ahead: timedelta) -> None:
    with pytest.raises(BadRequest) as refusal:
        window_start(NOW + ahead, now=NOW)
    assert [detail.field for detail in refusal.value.details] == ["starts_at"]


def test_a_quote_expires_a_quarter_of_an_hour_after_its_window_begins_or_with_it() -> None:
    assert expiry(NOW, NOW + HOUR) == NOW + timedelta(minutes=15)
    assert expiry(NOW, NOW + timedelta(minutes=6)) == NOW + timedelta(minutes=6)


def require(*, now: datetime, until: datetime | None = None) -> None:
    end = NOW + HOUR
    require_usable(starts_at=NOW, ends_at=end, expires_at=expiry(NOW, end), now=now, until=until)


def test_a_session_may_start_until_the_quote_expires() -> None:
    require(now=NOW)
    require(now=NOW + timedelta(minutes=15), until=NOW + HOUR)


@pytest.mark.parametrize(
    ("late", "until", "why"),
    [
        (timedelta(seconds=-1), None, "not begun"),
        (timedelta(minutes=15, seconds=1), None, "expired"),
        (timedelta(), NOW + 2 * HOUR, "another duration"),
    ],
)
def test_a_session_that_does_not_fit_the_quote_is_refused(
    late: timedelta, until: datetime | None, why: str
) -> None:
    with pytest.raises(Conflict, match=why) as refusal:
        require(now=NOW + late, until=until)
    assert [detail.field for detail in refusal.value.details] == ["quote_id"]


def test_a_stay_without_a_quote_is_billed_for_itself() -> None:
    assert billed_window(NOW, NOW + HOUR, quoted_from=None, quoted_until=None) == (NOW, NOW + HOUR)


@pytest.mark.parametrize(("ends", "billed"), [(0.5, 2), (2, 2), (3, 3)])
def test_a_stay_by_a_quote_is_billed_for_its_window_at_least(ends: float, billed: int) -> None:
    started = NOW + timedelta(minutes=5)
    window = billed_window(started, NOW + ends * HOUR, quoted_from=NOW, quoted_until=NOW + 2 * HOUR)
    assert window == (NOW, NOW + billed * HOUR)
