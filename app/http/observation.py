"""What remains of a request: a line in the access log and a trace, neither with anything secret in it."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

import orjson

from app.domain.traces import Trace, UpstreamCall
from app.http.agent_calls import agent_call_of
from app.http.exchange import Exchange
from app.http.request import actor_of, platform_of
from app.services.audit import AgentCall

RecordTrace = Callable[[Trace], None]
RecordAgentCall = Callable[[AgentCall], None]

_SEARCHES: Final = frozenset({"searchLots", "dispatchAction", "dispatchPlatformAction"})
_LONGEST_METHOD: Final = 10
_LONGEST_PATH: Final = 300
_OK_BELOW: Final = 400

log = logging.getLogger("parkgraph.access")


class Observer:
    """Log and trace finished requests, and note agents' calls for the audit log."""

    def __init__(
        self,
        record_trace: RecordTrace,
        *,
        words: frozenset[str],
        record_agent_call: RecordAgentCall = lambda _: None,
    ) -> None:
        self._record_trace = record_trace
        self._record_agent_call = record_agent_call
        self._words = words

    def __call__(self, exchange: Exchange, upstream: Sequence[UpstreamCall] = ()) -> None:
        """Write down what came of a request."""
        trace = self._trace(exchange, upstream)
        if log.isEnabledFor(logging.INFO):
            log.info("%s", _line(trace))
        self._record_trace(trace)
        if (call := agent_call_of(exchange)) is not None:
            self._record_agent_call(call)

    def _trace(self, exchange: Exchange, upstream: Sequence[UpstreamCall]) -> Trace:
        identity, operation, actor = exchange.identity, exchange.operation, actor_of(exchange)
        return Trace(
            request_id=exchange.request_id,
            at=exchange.at,
            method=exchange.method[:_LONGEST_METHOD],
            path=operation.path if operation else self._known_part(exchange.path),
            operation_id=operation.id if operation else None,
            action=_sound_action(exchange),
            agent_platform=platform_of(exchange),
            status=_outcome(exchange),
            error_code=exchange.error_code,
            duration_ms=round((time.perf_counter() - exchange.started) * 1000, 3),
            actor_type=actor.type,
            actor_id=actor.id,
            project_id=identity.project.id if identity else None,
            operator_id=identity.project.operator_id if identity else None,
            end_user_id=exchange.end_user_id,
            conversation_id=exchange.conversation_id,
            ip=exchange.ip,
            position=_position(exchange),
            upstream=tuple(upstream),
            stack=exchange.stack,
        )

    def _known_part(self, path: str) -> str:
        """Write a path that led nowhere: somebody may have put a plate or a key into it."""
        words = (word if word in self._words else "…" for word in path.split("/"))
        return "/".join(words)[:_LONGEST_PATH]


def _line(trace: Trace) -> str:
    facts = {
        "request_id": trace.request_id,
        "method": trace.method,
        "path": trace.path,
        "operation": trace.operation_id,
        "action": trace.action,
        "status": trace.status,
        "code": trace.error_code,
        "ms": trace.duration_ms,
        "actor": trace.actor_id or trace.actor_type,
        "project": trace.project_id,
        "ip": trace.ip,
    }
    return orjson.dumps({name: value for name, value in facts.items() if value is not None}).decode()


def _outcome(exchange: Exchange) -> int:
    return exchange.status if exchange.outcome is None else exchange.outcome


def _sound_action(exchange: Exchange) -> str | None:
    """Return the action if there is such a one; anything might stand there."""
    return exchange.action if exchange.served is not exchange.operation else None


def _position(exchange: Exchange) -> tuple[float, float] | None:
    """Return where a search that was answered looked."""
    operation = exchange.operation
    if operation is None or operation.id not in _SEARCHES or _outcome(exchange) >= _OK_BELOW:
        return None
    fields = exchange.body.get("parameters", {}) if exchange.body is not None else exchange.arguments
    lat, lng = fields.get("lat"), fields.get("lng")
    return None if lat is None or lng is None else (float(lat), float(lng))
