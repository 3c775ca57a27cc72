"""Traces, as the contract shows them."""

from typing import Any

from app.domain.traces import Trace, UpstreamCall
from app.presenters.instants import precise_instant

LINES_SHOWN = 500
LONGEST_LINE = 2_000
CALLS_SHOWN = 100


def present(trace: Trace) -> dict[str, Any]:
    """Return a trace in the contract's shape, without address and position; what does not apply is absent."""
    facts: dict[str, Any] = {
        "request_id": trace.request_id,
        "at": precise_instant(trace.at),
        "method": trace.method,
        "path": trace.path,
        "operation_id": trace.operation_id,
        "action": trace.action,
        "agent_platform": trace.agent_platform,
        "status": trace.status,
        "error_code": trace.error_code,
        "duration_ms": round(trace.duration_ms, 3),
        "actor_type": trace.actor_type,
        "actor_id": trace.actor_id,
        "project_id": trace.project_id and str(trace.project_id),
        "operator_id": trace.operator_id and str(trace.operator_id),
        "end_user_id": trace.end_user_id,
        "conversation_id": trace.conversation_id,
        "upstream": [_call(call) for call in trace.upstream[:CALLS_SHOWN]],
        "stack": trace.stack and [line[:LONGEST_LINE] for line in trace.stack.splitlines()[-LINES_SHOWN:]],
    }
    return {name: value for name, value in facts.items() if value is not None}


def _call(call: UpstreamCall) -> dict[str, Any]:
    facts = {
        "service": call.service,
        "request_id": call.request_id,
        "status": call.status,
        "duration_ms": round(call.duration_ms, 3),
    }
    return {name: value for name, value in facts.items() if value is not None}
