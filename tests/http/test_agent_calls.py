"""Every call of a dispatcher stands in the operator's audit log, refused ones too."""

from collections.abc import Iterator
from itertools import takewhile

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app import database, factory
from app.models import AuditEntry
from app.services import batches
from app.settings import Settings
from handlers import agents
from tests.conftest import SetClock
from tests.factories import MadeKey, make_key, make_lot, make_operator, make_project

ACTIONS = "/api/v1/agents/openai/actions"


@pytest.fixture
def client(settings: Settings, db: None, time: SetClock) -> Iterator[TestClient]:
    with TestClient(factory.create_app(settings)) as client:  # type: ignore[arg-type] # an ASGI application
        yield client


@pytest.fixture
def key(client: TestClient) -> MadeKey:
    return make_key(project=make_project(operator=make_operator()))


def send(client: TestClient, key: MadeKey, body: dict[str, object]) -> int:
    headers = {"Authorization": f"Bearer {key.secret}"}
    return client.post(ACTIONS, json=body, headers=headers).status_code


def log_of(key: MadeKey) -> list[tuple[str, str | None, dict[str, str], str | None]]:
    batches.flush()
    with database.reading() as db:
        mine = AuditEntry.actor_id == str(key.row.id)
        rows = db.scalars(select(AuditEntry).where(mine).order_by(AuditEntry.at, AuditEntry.id)).all()
    return [(row.action, row.agent_platform, row.diff, row.subject_id) for row in rows]


def test_a_call_that_is_taken_and_one_that_is_not_are_both_logged(client: TestClient, key: MadeKey) -> None:
    assert send(client, key, {"action": "search_parking", "parameters": {"address": "Vail"}}) == 200
    assert send(client, key, {"action": "search_parking", "parameters": {"lat": 100}}) == 400
    assert send(client, key, {"action": "fly", "parameters": {"lot_id": "CO-7891"}}) == 400
    assert log_of(key) == [
        ("search_parking", "openai", {"outcome": "ok"}, None),
        ("search_parking", "openai", {"outcome": "BAD_REQUEST"}, None),
        ("unknown", "openai", {"outcome": "BAD_REQUEST"}, None),
    ]


def test_a_call_without_the_right_and_one_beyond_the_budget_are_logged(
    client: TestClient, key: MadeKey
) -> None:
    without = make_key(project=make_project(operator=make_operator()), scopes=["lots:read"])
    lot = "019bc262-9800-752e-89a7-834df2a74de4"
    look = {"action": "check_availability", "parameters": {"lot_id": lot}}
    assert send(client, without, look) == 403
    assert log_of(without) == [("check_availability", "openai", {"outcome": "FORBIDDEN"}, lot)]
    statuses = takewhile(lambda status: status != 429, (send(client, key, look) for _ in range(300)))
    assert 30 <= len(list(statuses)) < 300  # on a slow machine some of the budget grows back meanwhile
    assert log_of(key)[-1] == ("check_availability", "openai", {"outcome": "RATE_LIMITED"}, lot)


def test_a_write_is_logged_as_a_call_and_as_what_it_changed(client: TestClient, key: MadeKey) -> None:
    project = make_project(operator=make_operator(connected_account=None), simulated_driver="absent")
    lot, writer = make_lot(project=project), make_key(project=project)
    parameters = {"lot_id": str(lot.id), "plate": "CO-7891"}
    assert send(client, writer, {"action": "create_session", "parameters": parameters}) == 200
    logged = {action: (platform, diff) for action, platform, diff, _ in log_of(writer)}
    assert logged["create_session"] == ("openai", {"outcome": "ok"})
    assert logged["session.create"][0] == "openai"
    assert "7891" not in str(logged)


def test_a_call_that_fails_on_our_side_is_logged_too(
    client: TestClient, key: MadeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = agents.Action(handler=lambda: 1 // 0, named=frozenset(), wanted=frozenset())
    monkeypatch.setattr(agents, "action", lambda name: broken)
    assert send(client, key, {"action": "search_parking", "parameters": {"address": "Vail"}}) == 500
    assert log_of(key) == [("search_parking", "openai", {"outcome": "INTERNAL"}, None)]
