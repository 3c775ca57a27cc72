"""The audit log, on both databases."""

from datetime import datetime
from uuid import uuid4

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from app import database
from app.domain.callers import Actor, Caller
from app.domain.ids import request_id
from app.models import AuditEntry, Operator
from app.services import audit, batches
from app.services.audit import AgentCall
from tests.conftest import EVENING
from tests.factories import anyone, caller_of, make_operator, make_project

pytestmark = pytest.mark.usefixtures("db", "time")


def log_of(operator: Operator) -> list[AuditEntry]:
    with database.reading() as db:
        return audit.entries(db, operator_id=operator.id)


def test_a_change_is_written_down_with_who_what_where_and_how() -> None:
    operator = make_operator()
    project = make_project(operator=operator)
    caller = caller_of(project, platform="openai")
    session_id, lot_id = uuid4(), uuid4()
    with database.transaction() as db:
        audit.append(
            db,
            caller,
            "session.create",
            operator_id=operator.id,
            subject=("session", session_id),
            lot_id=lot_id,
            diff={"plate_id": session_id, "planned_end_at": EVENING, "rate": 6.0},
        )
    (entry,) = log_of(operator)
    assert (entry.actor_type, entry.actor_id) == ("api_key", caller.actor.id)
    assert (entry.action, entry.agent_platform) == ("session.create", "openai")
    assert (entry.subject_type, entry.subject_id) == ("session", str(session_id))
    assert (entry.project_id, entry.lot_id, entry.request_id) == (project.id, lot_id, caller.request_id)
    assert entry.at == EVENING
    assert entry.diff["plate_id"] == str(session_id)
    assert datetime.fromisoformat(entry.diff["planned_end_at"]) == EVENING


def test_a_change_that_is_undone_leaves_no_row() -> None:
    operator = make_operator()
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        audit.append(db, anyone(), "lot.import", operator_id=operator.id)
        db.flush()
        raise ZeroDivisionError
    assert log_of(operator) == []


def test_a_row_about_two_operators_shows_in_both_logs() -> None:
    owner, fleet, stranger = make_operator(), make_operator(), make_operator()
    with database.transaction() as db:
        audit.append(db, anyone(), "session.create", operator_id=owner.id, other_operator_id=fleet.id)
    assert [entry.action for entry in log_of(owner)] == ["session.create"]
    assert [entry.action for entry in log_of(fleet)] == ["session.create"]
    assert log_of(stranger) == []


def test_an_operators_own_row_names_no_other() -> None:
    owner = make_operator()
    with database.transaction() as db:
        audit.append(db, anyone(), "lot.import", operator_id=owner.id, other_operator_id=owner.id)
    (entry,) = log_of(owner)
    assert entry.other_operator_id is None


@pytest.mark.parametrize("change", [update(AuditEntry).values(action="nothing"), delete(AuditEntry)])
def test_the_database_refuses_to_change_or_delete_a_row(change: object) -> None:
    owner = make_operator()
    with database.transaction() as db:
        audit.append(db, anyone(), "lot.import", operator_id=owner.id)
    with pytest.raises(DBAPIError, match="can only grow"), database.transaction() as db:
        db.execute(change)  # type: ignore[call-overload]  # either statement
    assert [entry.action for entry in log_of(owner)] == ["lot.import"]


def test_an_agents_call_is_written_down_with_action_platform_and_outcome() -> None:
    operator = make_operator()
    caller = caller_of(make_project(operator=operator), platform="gemini")
    lot_id = uuid4()
    audit.record_agent_call(AgentCall(caller, "check_availability", subject=("lot", lot_id)))
    audit.record_agent_call(AgentCall(caller, "get_session", error_code="NOT_FOUND"))
    batches.flush()
    first, second = log_of(operator)
    assert (first.action, first.agent_platform) == ("check_availability", "gemini")
    assert (first.subject_type, first.subject_id, first.diff) == ("lot", str(lot_id), {"outcome": "ok"})
    assert (second.action, second.diff) == ("get_session", {"outcome": "NOT_FOUND"})
    assert second.request_id == caller.request_id


def test_a_call_by_nobody_is_nobodys_log_entry() -> None:
    audit.record_agent_call(AgentCall(Caller(Actor("anonymous"), request_id()), "search_parking"))
    batches.flush()
    assert log_of(make_operator()) == []
