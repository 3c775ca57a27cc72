"""A session lives as product decisions 5 and 6 say, and says no with the field that is in the way."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import sessions
from app.domain.errors import Conflict

EVENING = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)


def fields_of(refusal: pytest.ExceptionInfo[Conflict]) -> list[str]:
    return [detail.field for detail in refusal.value.details]


def after(**stay: float) -> datetime:
    return EVENING + timedelta(**stay)


def test_a_session_runs_until_it_is_completed_expired_or_failed() -> None:
    assert sorted(sessions.RUNNING) == ["active", "ending", "starting"]
    assert sorted(sessions.TERMINAL) == ["completed", "expired", "failed"]


def test_a_space_is_taken_from_the_first_moment_and_free_once_the_end_was_asked_for() -> None:
    assert sorted(sessions.IN_THE_LOT) == ["active", "starting"]


def test_every_status_leads_to_an_end() -> None:
    for start in sessions.NEXT:
        reached = {start}
        for _ in sessions.NEXT:
            reached |= {following for status in reached for following in sessions.NEXT[status]}
        assert reached & sessions.TERMINAL


def test_outside_an_ending_session_is_active_and_an_unborn_one_does_not_exist() -> None:
    assert sessions.PUBLIC_STATUS["ending"] == "active"
    assert sessions.NEXT.keys() - sessions.PUBLIC_STATUS.keys() == {"starting", "failed"}


def test_a_stay_is_planned_for_four_hours_unless_the_lot_allows_less() -> None:
    assert sessions.planned_hours(None, max_stay_hours=24) == 4
    assert sessions.planned_hours(None, max_stay_hours=2) == 2
    assert sessions.planned_hours(Decimal("1.5"), max_stay_hours=24) == Decimal("1.5")
    assert sessions.planned_hours(Decimal(24), max_stay_hours=24) == 24


def test_a_stay_beyond_the_maximum_is_refused_and_not_cut_short() -> None:
    with pytest.raises(Conflict, match="longest stay in this lot is 2 hours") as refusal:
        sessions.planned_hours(Decimal("2.01"), max_stay_hours=2)
    assert fields_of(refusal) == ["duration_hours"]


def test_the_planned_end_is_the_start_and_the_hours() -> None:
    assert sessions.planned_end(EVENING, Decimal("4.02")) == after(seconds=14_472)


def test_an_extension_counts_from_the_planned_end() -> None:
    extended = sessions.extended_end(
        EVENING,
        planned_end_at=after(hours=4),
        extend_hours=Decimal("1.5"),
        latest_end_at=after(hours=24),
        now=EVENING,
    )
    assert extended == after(hours=5, minutes=30)


def extend(hours: str, now: datetime = EVENING) -> datetime:
    """Extend a stay of four hours in a lot that allows six."""
    return sessions.extended_end(
        EVENING,
        planned_end_at=after(hours=4),
        extend_hours=Decimal(hours),
        latest_end_at=after(hours=6),
        now=now,
    )


def test_an_extension_may_reach_the_maximum_and_not_pass_it() -> None:
    assert extend("2") == after(hours=6)
    with pytest.raises(Conflict, match="6 hours; 2 are left") as refusal:
        extend("2.01")
    assert fields_of(refusal) == ["extend_hours"]


def test_an_extension_that_would_have_passed_already_is_none() -> None:
    assert extend("1", now=after(hours=4, minutes=59)) == after(hours=5)
    with pytest.raises(Conflict, match="1 hours past its planned end") as refusal:
        extend("1", now=after(hours=5))
    assert fields_of(refusal) == ["extend_hours"]


def test_the_driver_has_ten_minutes_to_authorise() -> None:
    assert sessions.grace_until(EVENING) == after(minutes=10)
    assert sessions.grace_until(EVENING, minutes=3) == after(minutes=3)


def test_the_first_request_to_end_fixes_the_end() -> None:
    assert sessions.end_instant(None, started_at=EVENING, now=after(hours=4)) == after(hours=4)
    assert sessions.end_instant(after(hours=4), started_at=EVENING, now=after(hours=9)) == after(hours=4)


@given(seconds=st.integers(min_value=-(10**6), max_value=10**6))
def test_no_stay_ends_before_it_started(seconds: int) -> None:
    assert sessions.end_instant(None, started_at=EVENING, now=after(seconds=seconds)) >= EVENING


@pytest.mark.parametrize("status", ["active", "ending"])
def test_a_running_session_may_be_asked_to_end_again_and_again(status: str) -> None:
    sessions.refuse_ended(status)
    assert status in sessions.RUNNING


@pytest.mark.parametrize(
    ("status", "reason"),
    [("completed", "already ended"), ("expired", "has expired"), ("failed", "already ended")],
)
def test_an_ended_session_cannot_be_ended_or_extended(status: str, reason: str) -> None:
    for refuse in (sessions.refuse_ended, sessions.refuse_unextendable):
        with pytest.raises(Conflict, match=reason):
            refuse(status)


def test_a_session_that_is_being_ended_cannot_be_extended() -> None:
    with pytest.raises(Conflict, match="being ended"):
        sessions.refuse_unextendable("ending")
