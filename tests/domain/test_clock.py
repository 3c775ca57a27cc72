"""One clock says the time to everything, and a test may hold it."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain import clock

EVENING = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)


def test_the_time_is_aware_and_in_utc() -> None:
    now = clock.now()
    assert now.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - now) < timedelta(seconds=5)


def test_a_source_says_the_time_while_its_block_runs() -> None:
    with clock.use(lambda: EVENING):
        assert clock.now() == EVENING
    assert clock.now() != EVENING


def test_sources_can_be_nested() -> None:
    with clock.use(lambda: EVENING):
        with clock.use(lambda: EVENING + timedelta(hours=1)):
            assert clock.now() == EVENING + timedelta(hours=1)
        assert clock.now() == EVENING


def test_the_time_before_comes_back_after_an_error() -> None:
    with pytest.raises(RuntimeError, match="on purpose"), clock.use(lambda: EVENING):
        raise RuntimeError("on purpose")
    assert clock.now() != EVENING
