"""Who may start sessions where: every door, every kind of key, every age of a lot and every choice."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import count, product
from typing import Any

import pytest

from app.domain.callers import Caller, ProjectKind
from app.domain.errors import AgentOptInRequired
from app.gateways import processors
from app.models import Lot, Project
from app.settings import Settings
from handlers import agent_access, agents, lots, sessions
from tests.factories import caller_of, make_lot, make_operator, make_project
from tests.handlers.contract import require_documented
from tests.services.world import make_world

pytestmark = pytest.mark.usefixtures("services", "time")

BOOKABLE_BY_AGE = {
    "2025-12-31T00:00:00+00:00": False,
    "2025-12-31T23:59:59.999999+00:00": False,
    "2026-01-01T08:59:59+09:00": False,  # New Year's morning in Tokyo, not in UTC
    "2026-01-01T00:00:00+00:00": True,
    "2025-12-31T17:00:00-07:00": True,  # still the eve in Denver
}
_plates = count(1)


def _by_rest(user: Caller, order: dict[str, Any]) -> None:
    sessions.create_session(user, order)


def _by_openai(user: Caller, order: dict[str, Any]) -> None:
    agents.dispatch_action(
        user._replace(platform="openai"), {"action": "create_session", "parameters": order}
    )


def _by_gemini(user: Caller, order: dict[str, Any]) -> None:
    agents.dispatch_platform_action(
        user._replace(platform="gemini"), {"action": "create_session", "parameters": order}
    )


DOORS: Mapping[str, Callable[[Caller, dict[str, Any]], None]] = {
    "REST": _by_rest,
    "openai": _by_openai,
    "gemini": _by_gemini,
}


def project_of(kind: ProjectKind, settings: Settings) -> Project:
    """Make a project that can start sessions."""
    if kind == "sandbox":
        return make_world().project
    processors.configure(replace(settings, payments_live="embedded"))
    return make_project(operator=make_operator(), kind="live")


def lets_in(door: str, caller: Caller, lot: Lot) -> bool:
    """Try to start a session."""
    try:
        DOORS[door](caller, {"lot_id": str(lot.id), "plate": f"AGENT {next(_plates)}"})
    except AgentOptInRequired:
        return False
    return True


@pytest.mark.parametrize("kind", ["live", "sandbox"])
def test_every_door_keeps_the_operators_choice_and_the_lots_age(
    kind: ProjectKind, settings: Settings
) -> None:
    project = project_of(kind, settings)
    caller = caller_of(project)
    for (created_at, by_age), chosen in product(BOOKABLE_BY_AGE.items(), ("unset", "allowed", "blocked")):
        expected = by_age if chosen == "unset" else chosen == "allowed"
        lot = make_lot(project=project, created_at=datetime.fromisoformat(created_at))
        answer = agent_access.set_agent_access(caller, str(lot.id), {"agent_access": chosen})
        told = require_documented("setAgentAccess", answer)["agent_access"]
        assert (told["agent_access"], told["agent_bookable"]) == (chosen, expected), created_at
        assert lots.get_lot(caller, str(lot.id))["lot"]["agent_bookable"] is expected
        found = {door: lets_in(door, caller, lot) for door in DOORS}
        assert found == dict.fromkeys(DOORS, expected), (created_at, chosen)


def test_searches_go_on_and_say_that_agents_cannot_book() -> None:
    project = make_project()
    lot = make_lot(project=project)
    agent_access.set_agent_access(caller_of(project), str(lot.id), {"agent_access": "blocked"})
    found = lots.search_lots(caller_of(project), lat=lot.lat, lng=lot.lng)["lots"]
    assert [(each["id"], each["agent_bookable"]) for each in found] == [(str(lot.id), False)]
