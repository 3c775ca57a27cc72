"""Agents may book where the operator lets them, and by default in lots created since 2026."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.domain.agent_access import AgentAccess, may_agents_book

LAST_OF_2025 = datetime(2025, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
FIRST_OF_2026 = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("access", "created_at", "expected"),
    [
        (None, LAST_OF_2025, False),
        (None, FIRST_OF_2026, True),
        ("allowed", LAST_OF_2025, True),
        ("allowed", FIRST_OF_2026, True),
        ("blocked", LAST_OF_2025, False),
        ("blocked", FIRST_OF_2026, False),
    ],
)
def test_the_operators_choice_wins_over_the_default(
    access: AgentAccess | None, created_at: datetime, expected: bool
) -> None:
    assert may_agents_book(access, created_at) is expected


def test_the_new_year_begins_in_utc() -> None:
    eve_in_denver = datetime(2025, 12, 31, 18, 0, tzinfo=ZoneInfo("America/Denver"))
    morning_in_tokyo = datetime(2026, 1, 1, 8, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert may_agents_book(None, eve_in_denver)
    assert not may_agents_book(None, morning_in_tokyo)
