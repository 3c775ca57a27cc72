"""Traces: what every request was and did, found by its request id alone (product decision 14)."""

import sys
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from functools import lru_cache
from typing import cast
from uuid import UUID

from sqlalchemy import String, select, update
from sqlalchemy.orm import Session

from app import database
from app.domain.api_keys import redact
from app.domain.callers import ActorType, Caller
from app.domain.errors import NotFound
from app.domain.traces import Trace, UpstreamCall
from app.models import TraceRecord
from app.services import batches, projects, rows
from app.services.batches import Batch, Row

BOOKING_OPERATIONS = frozenset({"createSession", "extendSession", "endSession", "createRefund"})
BOOKING_ACTIONS = frozenset({"create_session", "extend_session", "end_session", "request_refund"})
_REFUSED_FROM = 400
NAMES_KEPT_FOR = timedelta(hours=24)
_AT_ONCE = 1_000
_PATHS_REMEMBERED = 1_024
_MADE = frozenset({"position", "upstream", "path", "stack"})
_AS_IT_IS = tuple(each.name for each in fields(Trace) if each.name not in _MADE)
_LENGTHS = {
    column.name: column.type.length or sys.maxsize
    for column in TraceRecord.__table__.columns
    if isinstance(column.type, String)
}


def record(trace: Trace) -> None:
    """Keep what a request was and did; never block, never raise."""
    _traces.add(trace)


def get(caller: Caller, request_id: str) -> Trace:
    """Return a trace of the caller's operator; raise NotFound.

    A sandbox key sees its own project's requests only.
    """
    project = projects.of(caller)
    trace = find(request_id)
    if trace is None or trace.operator_id != project.operator_id:
        raise _no_trace()
    if project.kind == "sandbox" and trace.project_id != project.id:
        raise _no_trace()
    return trace


def find(request_id: str) -> Trace | None:
    """Return anybody's trace, or None."""
    trace = _stored(request_id)
    if trace is None:
        batches.flush()  # it may be younger than the writer's last turn
        trace = _stored(request_id)
    return trace


def _no_trace() -> NotFound:
    return NotFound("There is no request with this id.")


def _stored(request_id: str) -> Trace | None:
    with database.reading() as db:
        row = db.get(TraceRecord, request_id)
        return None if row is None else _trace(row)


def forget(now: datetime) -> int:
    """Take address, names and position from searches older than 24 hours; return how many lost them.

    At most a thousand at a time: call again while something is returned.
    """
    due = select(TraceRecord.request_id).where(TraceRecord.forget_at <= now).limit(_AT_ONCE)
    nothing = dict.fromkeys(("ip", "end_user_id", "conversation_id", "lat", "lng", "forget_at"))
    with database.transaction() as db:
        forgotten = update(TraceRecord).where(TraceRecord.request_id.in_(due)).values(**nothing)
        return len(db.scalars(forgotten.returning(TraceRecord.request_id)).all())


def _trace(row: TraceRecord) -> Trace:
    position = None if row.lat is None or row.lng is None else (row.lat, row.lng)
    return Trace(
        request_id=row.request_id,
        at=row.at,
        method=row.method,
        path=row.path,
        operation_id=row.operation_id,
        action=row.action,
        agent_platform=row.agent_platform,
        status=row.status,
        error_code=row.error_code,
        duration_ms=row.duration_ms,
        actor_type=cast(ActorType, row.actor_type),
        actor_id=row.actor_id,
        project_id=row.project_id,
        operator_id=row.operator_id,
        end_user_id=row.end_user_id,
        conversation_id=row.conversation_id,
        ip=row.ip or "",
        position=position,
        upstream=tuple(UpstreamCall(**call) for call in row.upstream),
        stack=row.stack,
    )


def _row(trace: Trace) -> Row:
    row = {name: getattr(trace, name) for name in _AS_IT_IS}
    row["lat"], row["lng"] = trace.position or (None, None)
    row["upstream"] = [asdict(call) for call in trace.upstream]
    row["forget_at"] = None if _has_booking_outcome(trace) else trace.at + NAMES_KEPT_FOR
    row["path"] = _redacted(trace.path)
    row["stack"] = redact(trace.stack) if trace.stack else None
    for name, length in _LENGTHS.items():
        text = row[name]
        if text and (len(text) > length or "\x00" in text):
            row[name] = _fitting(text, length)
    return row


def _fitting(text: str, length: int) -> str:
    """Cut what a stranger sent to what the column holds; PostgreSQL refuses more, and NUL anywhere."""
    return text.replace("\x00", "")[:length]


def _has_booking_outcome(trace: Trace) -> bool:
    """Tell whether a session was started or changed; every other request forgets who asked from where."""
    booked = trace.operation_id in BOOKING_OPERATIONS or trace.action in BOOKING_ACTIONS
    return booked and trace.status < _REFUSED_FROM


@lru_cache(maxsize=_PATHS_REMEMBERED)
def _redacted(path: str) -> str:
    return redact(path)


def _store(db: Session, traces: list[Row]) -> None:
    rows.add_all_unless_there(db, TraceRecord, traces)


_traces = Batch[Trace](
    "traces",
    row=_row,
    kinds={
        "at": datetime.fromisoformat,
        "forget_at": datetime.fromisoformat,
        "project_id": UUID,
        "operator_id": UUID,
    },
    store=_store,
)
