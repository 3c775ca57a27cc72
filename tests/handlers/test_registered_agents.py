"""What registerAgent and listAgents answer, by the contract, on both databases."""

from uuid import UUID, uuid4

import pytest

from app import database
from app.contract.document import Contract
from app.domain.callers import Caller
from app.domain.errors import BadRequest, NotFound
from app.domain.idempotency import Once
from app.models import Project
from app.services import audit, batches, key_readings, keys
from handlers import agents
from tests.conftest import SetClock
from tests.factories import caller_of, make_key, make_project
from tests.handlers.contract import require_documented

CONCIERGE = {"name": "Vail concierge", "platform": "openai"}


@pytest.fixture
def project(db: None, time: SetClock) -> Project:
    return make_project(kind="live")


@pytest.fixture
def caller(project: Project) -> Caller:
    return caller_of(project)


def listed(caller: Caller) -> list[dict[str, object]]:
    page: dict[str, list[dict[str, object]]] = require_documented("listAgents", agents.list_agents(caller))
    return page["data"]


def test_a_registered_agent_is_shown_and_written_down(project: Project, caller: Caller) -> None:
    key = make_key(project=project)
    answer = agents.register_agent(caller, CONCIERGE | {"api_key_id": str(key.row.id)})
    agent = require_documented("registerAgent", answer)["agent"]
    assert answer[1:] == (201, {})
    assert agent == CONCIERGE | {
        "id": agent["id"],
        "api_key_id": str(key.row.id),
        "created_at": "2026-11-22T18:30:00Z",
    }
    assert listed(caller) == [agent]
    with database.reading() as db:
        [entry] = audit.entries(db, operator_id=project.operator_id)
    assert (entry.action, entry.subject_id) == ("agent.register", agent["id"])
    assert entry.diff == CONCIERGE | {"api_key_id": str(key.row.id)}


def test_every_platform_of_the_dispatchers_is_known(caller: Caller) -> None:
    contract = Contract.read()
    schemas = contract.document["components"]["schemas"]
    platforms = schemas["AgentPlatform"]["enum"]
    assert set(platforms) == {"openai", *schemas["Platform"]["enum"]}
    for platform in platforms:
        agents.register_agent(caller, {"name": platform, "platform": platform})
    assert [agent["platform"] for agent in listed(caller)] == platforms[::-1]


def test_a_registration_sent_twice_registers_once(caller: Caller) -> None:
    once = Once("concierge", "f" * 64)
    first = agents.register_agent(caller, CONCIERGE, once)
    again = agents.register_agent(caller, CONCIERGE, once)
    assert again == (first[0], 201, {"Idempotent-Replayed": "true"})
    assert len(listed(caller)) == 1


def test_a_key_of_another_project_or_a_revoked_one_is_not_found(project: Project, caller: Caller) -> None:
    revoked = make_key(project=project).row.id
    keys.delete(caller, revoked)
    for key_id in (make_key(project=make_project()).row.id, revoked, uuid4()):
        with pytest.raises(NotFound) as refusal:
            agents.register_agent(caller, CONCIERGE | {"api_key_id": str(key_id)})
        assert [detail.field for detail in refusal.value.details] == ["api_key_id"]
    assert listed(caller) == []


def test_a_name_that_is_none_is_refused(caller: Caller) -> None:
    with pytest.raises(BadRequest):
        agents.register_agent(caller, CONCIERGE | {"name": "\ud800"})


def test_agents_are_listed_in_pages_and_for_their_own_project_alone(caller: Caller) -> None:
    made = [agents.register_agent(caller, CONCIERGE)[0]["agent"]["id"] for _ in range(3)]
    first = require_documented("listAgents", agents.list_agents(caller, limit=2))
    last = require_documented("listAgents", agents.list_agents(caller, cursor=first["next_cursor"]))
    assert [agent["id"] for agent in first["data"] + last["data"]] == made[::-1]
    assert "next_cursor" not in last
    assert listed(caller_of(make_project())) == []


def test_an_agent_shows_its_keys_last_use_and_follows_its_rotation(
    project: Project, caller: Caller, time: SetClock
) -> None:
    key = make_key(project=project)
    agents.register_agent(caller, CONCIERGE | {"api_key_id": str(key.row.id)})
    assert key_readings.resolve(key.secret)
    batches.flush()
    assert listed(caller)[0]["last_used_at"] == "2026-11-22T18:30:00Z"
    new = keys.rotate(caller, key.row.id).value.record
    [agent] = listed(caller)
    assert UUID(str(agent["api_key_id"])) == new.id
    assert "last_used_at" not in agent
