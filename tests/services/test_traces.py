"""Traces, on both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app import database
from app.domain.callers import Actor, Caller, ProjectKind, ProjectRef
from app.domain.errors import NotFound, ServiceUnavailable
from app.domain.ids import request_id
from app.domain.traces import Trace, UpstreamCall
from app.services import batches, traces
from app.settings import Settings
from tests.conftest import EVENING, SetClock

pytestmark = pytest.mark.usefixtures("db")

OPERATOR = UUID("019d7968-bb00-76f0-8478-82e36b0d549b")
PROJECT = UUID("019d7968-bb01-76f0-8478-82e36b0d549c")
NEAR_VAIL = (39.6403, -106.3742)


def a_caller(*, kind: ProjectKind = "live", project: UUID = PROJECT, operator: UUID = OPERATOR) -> Caller:
    of = ProjectRef(id=project, operator_id=operator, kind=kind, plan="growth")
    return Caller(actor=Actor("api_key", str(uuid4())), request_id=request_id(), project=of)


def a_trace(**different: object) -> Trace:
    trace = Trace(
        request_id=request_id(),
        at=EVENING,
        method="POST",
        path="/api/v1/sessions",
        operation_id="createSession",
        action=None,
        agent_platform=None,
        status=201,
        error_code=None,
        duration_ms=41.5,
        actor_type="api_key",
        actor_id=str(uuid4()),
        project_id=PROJECT,
        operator_id=OPERATOR,
        end_user_id="driver-7f3a",
        conversation_id="vail-evening",
        ip="203.0.113.7",
        position=None,
        upstream=(UpstreamCall("stripe", "req_AbC123", 200, 30.25),),
    )
    return replace(trace, **different)  # type: ignore[arg-type]  # the test names the fields


def a_search(**different: object) -> Trace:
    search = a_trace(operation_id="searchLots", status=200, position=NEAR_VAIL, upstream=())
    return replace(search, **different)  # type: ignore[arg-type]  # the test names the fields


def recorded(trace: Trace) -> Trace:
    traces.record(trace)
    return trace


def test_a_trace_is_found_whole_by_its_request_id_at_once() -> None:
    trace = recorded(a_trace())
    assert traces.find(trace.request_id) == trace
    assert traces.get(a_caller(), trace.request_id) == trace


@pytest.mark.parametrize("make", [a_trace, a_search])
def test_a_trace_that_waited_for_the_database_on_disk_is_the_same(
    make: Callable[[], Trace], settings: Settings
) -> None:
    trace = recorded(make())
    database.configure(replace(settings, database_url="postgresql://nobody@127.0.0.1:1/none"))
    with pytest.raises(ServiceUnavailable):
        batches.flush()
    database.configure(settings)
    assert traces.find(trace.request_id) == trace


def test_a_request_that_never_was_is_not_found() -> None:
    assert traces.find(request_id()) is None
    with pytest.raises(NotFound):
        traces.get(a_caller(), request_id())


def test_an_operator_sees_its_own_requests_only() -> None:
    trace = recorded(a_trace())
    anonymous = recorded(a_trace(operator_id=None, project_id=None, actor_type="anonymous", actor_id=None))
    for hidden in (trace, anonymous):
        with pytest.raises(NotFound):
            traces.get(a_caller(operator=uuid4()), hidden.request_id)


def test_a_sandbox_sees_no_request_of_its_operators_live_project() -> None:
    trace = recorded(a_trace())
    with pytest.raises(NotFound):
        traces.get(a_caller(kind="sandbox", project=uuid4()), trace.request_id)
    assert traces.get(a_caller(kind="sandbox"), trace.request_id) == trace


def test_the_stack_of_a_500_is_kept_without_the_keys_in_it() -> None:
    key = "pk_live_" + "a" * 32
    trace = recorded(a_trace(status=500, error_code="INTERNAL", stack=f'File "x.py", line 3\n  token={key}'))
    found = traces.find(trace.request_id)
    assert found is not None
    assert found.stack is not None
    assert "x.py" in found.stack
    assert key not in found.stack


def test_a_search_loses_who_and_where_after_24_hours(time: SetClock) -> None:
    search = recorded(a_search())
    dispatched = recorded(a_search(operation_id="dispatchAction", action="search_parking"))
    traces.find(search.request_id)
    assert traces.forget(EVENING + timedelta(hours=23, minutes=59)) == 0
    assert traces.forget(EVENING + timedelta(hours=24)) == 2
    for trace in (search, dispatched):
        nameless = replace(trace, ip="", end_user_id=None, conversation_id=None, position=None)
        assert traces.find(trace.request_id) == nameless
    assert traces.forget(EVENING + timedelta(days=30)) == 0


def test_a_request_that_booked_keeps_who_asked() -> None:
    trace = recorded(a_trace())
    traces.find(trace.request_id)
    assert traces.forget(EVENING + timedelta(days=30)) == 0
    assert traces.find(trace.request_id) == trace


def test_the_same_trace_is_stored_once() -> None:
    trace = recorded(a_trace())
    traces.find(trace.request_id)
    recorded(trace)
    traces.find(request_id())
    assert traces.find(trace.request_id) == trace


def test_a_trace_that_can_not_be_stored_is_set_aside_without_its_neighbours() -> None:
    before = recorded(a_search())
    recorded(a_trace(operator_id="none of ours"))
    after = recorded(a_search())
    traces.find(request_id())
    assert [traces.find(each.request_id) for each in (before, after)] == [before, after]
