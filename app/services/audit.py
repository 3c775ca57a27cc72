"""The audit log: who did what to which thing, in the transaction that did it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.domain import clock
from app.domain.callers import Caller
from app.domain.ids import uuid7
from app.models import AuditEntry
from app.services import rows
from app.services.batches import Batch, Row

Subject = tuple[str, UUID | str]
"""What kind of thing, and which: `("session", id)`."""


class AgentCall(NamedTuple):
    """One call of an agent's action, with the code of the refusal if it was refused."""

    caller: Caller
    action: str
    subject: Subject | None = None
    error_code: str | None = None


def append(
    db: Session,
    caller: Caller,
    action: str,
    *,
    operator_id: UUID,
    subject: Subject | None = None,
    lot_id: UUID | None = None,
    diff: Mapping[str, Any] | None = None,
    other_operator_id: UUID | None = None,
) -> None:
    """Write down a change in the transaction that makes it.

    `diff` holds JSON values, ids and instants, and of people their ids only. A row about two operators shows
    in both logs.
    """
    row = _row(caller, action, operator_id=operator_id, subject=subject)
    more = {
        "lot_id": lot_id,
        "diff": _plain(diff or {}),
        "other_operator_id": other_operator_id if other_operator_id != operator_id else None,
    }
    rows.add(db, AuditEntry, row | more)


def append_for_each_lot(
    db: Session, caller: Caller, action: str, diffs: Mapping[UUID, Mapping[str, Any]], *, operator_id: UUID
) -> None:
    """Write down what one action made of several lots, by their ids: each has an entry of its own."""
    entries = [
        _row(caller, action, operator_id=operator_id, subject=("lot", lot_id))
        | {"lot_id": lot_id, "diff": _plain(diff)}
        for lot_id, diff in diffs.items()
    ]
    rows.add_all(db, AuditEntry, entries)


def record_agent_call(call: AgentCall) -> None:
    """Write down an agent's call within two seconds, without making it wait; never raise."""
    project = call.caller.project
    if project is None:
        return  # nobody's log: the call was anonymous
    row = _row(call.caller, call.action, operator_id=project.operator_id, subject=call.subject)
    outcome = "ok" if call.error_code is None else call.error_code
    _agent_calls.add({**row, "diff": {"outcome": outcome}})


def entries(db: Session, *, operator_id: UUID) -> list[AuditEntry]:
    """Return an operator's log, oldest first."""
    shown = or_(AuditEntry.operator_id == operator_id, AuditEntry.other_operator_id == operator_id)
    return list(db.scalars(select(AuditEntry).where(shown).order_by(AuditEntry.at, AuditEntry.id)))


def _row(caller: Caller, action: str, *, operator_id: UUID, subject: Subject | None) -> Row:
    subject_type, subject_id = subject or (None, None)
    return {
        "id": uuid7(),
        "at": clock.now(),
        "operator_id": operator_id,
        "project_id": caller.project.id if caller.project else None,
        "actor_type": caller.actor.type,
        "actor_id": caller.actor.id,
        "action": action,
        "agent_platform": caller.platform,
        "subject_type": subject_type,
        "subject_id": None if subject_id is None else str(subject_id),
        "request_id": caller.request_id,
    }


def _plain(diff: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = orjson.loads(orjson.dumps(dict(diff), option=orjson.OPT_UTC_Z))
    return plain


def _store(db: Session, calls: list[Row]) -> None:
    rows.add_all_unless_there(db, AuditEntry, calls)


_agent_calls = Batch[Row](
    "agent-calls",
    row=dict,
    kinds={"id": UUID, "at": datetime.fromisoformat, "operator_id": UUID, "project_id": UUID},
    store=_store,
)
