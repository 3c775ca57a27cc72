"""How traces are shown."""

from dataclasses import replace
from uuid import UUID

from app.domain.traces import Trace, UpstreamCall
from app.presenters import traces
from tests.conftest import EVENING

PROJECT_ID = UUID("019d7968-bb00-76f0-8478-82e36b0d549b")

TRACE = Trace(
    request_id="req_4f1c2b7a90d84e0f8a6b3c5d7e9f0a1b",
    at=EVENING.replace(microsecond=104_211),
    method="GET",
    path="/api/v1/lots/search",
    operation_id=None,
    action=None,
    agent_platform=None,
    status=500,
    error_code="INTERNAL",
    duration_ms=41.70049,
    actor_type="anonymous",
    actor_id=None,
    project_id=None,
    operator_id=None,
    end_user_id=None,
    conversation_id=None,
    ip="203.0.113.7",
    position=(39.6403, -106.3742),
    upstream=(UpstreamCall("stripe", None, None, 23.4),),
    stack="File x, line 3\n  balance()\nRuntimeError",
)


def test_a_trace_is_shown_without_address_position_and_what_does_not_apply() -> None:
    assert traces.present(TRACE) == {
        "request_id": "req_4f1c2b7a90d84e0f8a6b3c5d7e9f0a1b",
        "at": "2026-11-22T18:30:00.104211Z",
        "method": "GET",
        "path": "/api/v1/lots/search",
        "status": 500,
        "error_code": "INTERNAL",
        "duration_ms": 41.7,
        "actor_type": "anonymous",
        "upstream": [{"service": "stripe", "duration_ms": 23.4}],
        "stack": ["File x, line 3", "  balance()", "RuntimeError"],
    }


def test_a_trace_names_project_and_operator_by_their_ids() -> None:
    shown = traces.present(replace(TRACE, project_id=PROJECT_ID, operator_id=PROJECT_ID))
    assert shown["project_id"] == shown["operator_id"] == str(PROJECT_ID)


def test_a_deep_stack_is_shown_from_its_end() -> None:
    shown = traces.present(replace(TRACE, stack="\n".join(f"line {number}" for number in range(600))))
    assert len(shown["stack"]) == 500
    assert shown["stack"][-1] == "line 599"
