"""How sandboxes are shown."""

from uuid import UUID

from app.presenters import sandbox
from tests.conftest import EVENING

PROJECT_ID = UUID("019d7968-bb00-76f0-8478-82e36b0d549b")


def test_a_sandbox_shows_its_keys_where_there_are_any() -> None:
    shown = sandbox.present(PROJECT_ID, plan="growth", now=EVENING, api_key="a", operator_key="o")
    assert (shown["api_key"], shown["operator_key"]) == ("a", "o")
    again = sandbox.present(PROJECT_ID, plan="growth", now=EVENING, api_key=None, operator_key=None)
    assert again == {"project_id": str(PROJECT_ID), "plan": "growth", "now": "2026-11-22T18:30:00Z"}


def test_a_clock_shows_whole_seconds() -> None:
    shown = sandbox.present_clock(EVENING.replace(microsecond=999_999), offset_seconds=14_472)
    assert shown == {"now": "2026-11-22T18:30:00Z", "offset_seconds": 14_472}
