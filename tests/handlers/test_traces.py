"""What getTrace answers, by the contract."""

from uuid import uuid4

import pytest

from app.domain.callers import Caller
from app.domain.errors import NotFound
from app.domain.ids import request_id
from app.domain.traces import Trace, UpstreamCall
from app.services import traces as service
from handlers import traces
from tests.conftest import EVENING, SetClock
from tests.factories import caller_of, make_project
from tests.handlers.contract import require_documented

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def caller(time: SetClock) -> Caller:
    return caller_of(make_project(kind="live"))


def a_failure(caller: Caller, *, path: str = "/api/v1/sessions") -> Trace:
    assert caller.project is not None
    return Trace(
        request_id=request_id(),
        at=EVENING,
        method="POST",
        path=path,
        operation_id="createSession",
        action=None,
        agent_platform=None,
        status=500,
        error_code="INTERNAL",
        duration_ms=41.7,
        actor_type="api_key",
        actor_id=str(uuid4()),
        project_id=caller.project.id,
        operator_id=caller.project.operator_id,
        end_user_id="driver-7f3a",
        conversation_id="vail-evening",
        ip="203.0.113.7",
        position=(39.64, -106.37),
        upstream=(UpstreamCall("stripe", "req_Vail20260410", 200, 23.4),),
        stack='  File "app/services/sessions.py", line 3, in start\nbuiltins.RuntimeError\n',
    )


def test_a_failure_is_shown_whole_to_its_operator(caller: Caller) -> None:
    trace = a_failure(caller)
    service.record(trace)
    shown = require_documented("getTrace", traces.get_trace(caller, trace.request_id))["trace"]
    assert (shown["request_id"], shown["status"], shown["operation_id"]) == (
        trace.request_id,
        500,
        "createSession",
    )
    assert shown["upstream"] == [
        {"service": "stripe", "request_id": "req_Vail20260410", "status": 200, "duration_ms": 23.4}
    ]
    assert shown["stack"][-1] == "builtins.RuntimeError"
    assert "203.0.113.7" not in str(shown)


def test_a_path_that_led_nowhere_is_shown_as_far_as_it_is_known(caller: Caller) -> None:
    trace = a_failure(caller, path="/api/…/" + "x" * 400)
    service.record(trace)
    shown = require_documented("getTrace", traces.get_trace(caller, trace.request_id))["trace"]
    assert shown["path"].startswith("/api/…/xxx")


def test_another_operators_request_is_not_found(caller: Caller) -> None:
    trace = a_failure(caller)
    service.record(trace)
    with pytest.raises(NotFound):
        traces.get_trace(caller_of(make_project(kind="live")), trace.request_id)
