"""Payment operations as rows: what the processor is to do, written down before it is asked.

What is unknown stays pending; the worker tries again until it is known. Whoever changes a session's money
locks the session's row first and the operation's after it, so that nobody waits in a circle.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Integer, case, cast, literal, select, type_coerce, update
from sqlalchemy.orm import Session

from app import database
from app.domain import clock
from app.domain.errors import Conflict
from app.domain.ids import uuid7
from app.models import Hold, PaymentOperation
from app.models.base import microseconds
from app.services import rows
from app.services.payment_calls import Task

LEASE = timedelta(seconds=30)
"""How long one attempt has an operation to itself; the gateway's deadline is 6 s."""
RETRY_AFTER, RETRY_WITHIN = timedelta(seconds=1), timedelta(hours=1)
"""How long the worker leaves an operation alone after a first failure, and after however many."""
OVERDUE_AFTER = timedelta(hours=1)
EXTENDING = ("raise_hold", "add_hold")
SETTLING = ("capture", "release", "add_hold", "reprice")
"""The kinds of operations that a session's end may need."""

SUPERSEDED = "The session was ended before this was settled."

_MICROSECOND = timedelta(microseconds=1)
_MOST_DOUBLINGS = (RETRY_WITHIN // RETRY_AFTER).bit_length()
"""From here on the wait is the longest one."""
_SUPERSEDED = {"code": Conflict.code, "message": SUPERSEDED}


def intend(db: Session, hold: Hold, kind: str, *, operation_id: UUID | None = None, **params: object) -> UUID:
    """Write down what the processor is to do, and take the first attempt for the caller."""
    return _intend(db, hold, kind, params, operation_id=operation_id)


def intend_another(
    db: Session, hold: Hold, *, card_of: str | None, planned_end_at: str | None = None
) -> UUID:
    """Write down that another hold be made, by the card of an earlier one at the processor.

    Once it is authorised, the stay is planned until `planned_end_at`.
    """
    asked = {"amount_minor": hold.amount_minor, "card_of": card_of, "planned_end_at": planned_end_at}
    return _intend(db, hold, "add_hold", asked)


def _intend(
    db: Session, hold: Hold, kind: str, params: Mapping[str, object], *, operation_id: UUID | None = None
) -> UUID:
    made_id = operation_id or uuid7()
    hold_of = {"session_id": hold.session_id, "hold_id": hold.id}
    _add(db, {**hold_of, "id": made_id, "kind": kind, "params": params, "created_at": clock.now()})
    return made_id


def intend_first(db: Session, task: Task) -> None:
    """Write down the hold that a session begins with, of which everything is known already."""
    known = {"id": task.id, "kind": task.kind, "params": task.params, "created_at": task.created_at}
    _add(db, {**known, "session_id": task.session_id, "hold_id": task.hold_id})


def _add(db: Session, operation: Mapping[str, Any]) -> None:
    rows.add(db, PaymentOperation, {**operation, "due_at": operation["created_at"] + LEASE})


def take(operation_id: UUID) -> bool:
    """Take the next attempt at a pending operation at once; false while somebody else has it."""
    return _take(operation_id, *_free())


def take_in_turn(operation_id: UUID) -> bool:
    """Take an attempt for the worker, who waits longer after each one of its own that failed.

    False while somebody else has it, or its turn has not come.
    """
    return _take(operation_id, *_in_turn(), attempts=PaymentOperation.attempts + 1)


def in_turn(*, limit: int) -> Sequence[UUID]:
    """List the operations that the worker's turn has come for, in real time."""
    wanted = select(PaymentOperation.id).where(*_in_turn()).order_by(PaymentOperation.due_at).limit(limit)
    with database.reading() as db:
        return db.scalars(wanted).all()


def report_overdue(report: Callable[[PaymentOperation], None]) -> int:
    """Report each operation once whose outcome is unknown for an hour; return how many."""
    now = clock.now()
    overdue = (
        update(PaymentOperation)
        .where(PaymentOperation.state == "pending", PaymentOperation.created_at <= now - OVERDUE_AFTER)
        .where(PaymentOperation.reported_at.is_(None))
        .values(reported_at=now)
        .returning(PaymentOperation)
    )
    with database.transaction() as db:
        operations = db.scalars(overdue).all()
    for operation in operations:
        report(operation)
    return len(operations)


def _free() -> Sequence[ColumnElement[bool]]:
    return PaymentOperation.state == "pending", PaymentOperation.due_at <= clock.now()


def _in_turn() -> Sequence[ColumnElement[bool]]:
    failed = PaymentOperation.attempts
    doubled = literal(RETRY_AFTER // _MICROSECOND, BigInteger).bitwise_lshift(cast(failed, Integer))
    wait = case((failed < _MOST_DOUBLINGS, doubled), else_=RETRY_WITHIN // _MICROSECOND)
    is_over = type_coerce(PaymentOperation.due_at, BigInteger) + wait <= microseconds(clock.now())
    return *_free(), is_over


def _take(operation_id: UUID, *conditions: ColumnElement[bool], **values: object) -> bool:
    taken = (
        update(PaymentOperation)
        .where(PaymentOperation.id == operation_id, *conditions)
        .values(due_at=clock.now() + LEASE, **values)
        .returning(PaymentOperation.id)
    )
    with database.transaction() as db:
        return db.execute(taken).first() is not None


def following(db: Session, operation_id: UUID) -> PaymentOperation:
    """Return an operation, or what was done in its place after it could not be."""
    operation = db.get_one(PaymentOperation, operation_id)
    while operation.error is not None and "followed_by" in operation.error:
        operation = db.get_one(PaymentOperation, UUID(operation.error["followed_by"]))
    return operation


def find(db: Session, session_id: UUID, kind: str) -> UUID:
    """Find the latest operation of a kind on a session that has one."""
    mine = PaymentOperation.session_id == session_id, PaymentOperation.kind == kind
    latest = select(PaymentOperation.id).where(*mine).order_by(PaymentOperation.id.desc()).limit(1)
    return db.scalars(latest).one()


def pending(db: Session, session_id: UUID, *kinds: str) -> UUID | None:
    """Find the pending operation of these kinds on a session."""
    return db.scalars(
        select(PaymentOperation.id)
        .where(PaymentOperation.session_id == session_id, PaymentOperation.kind.in_(kinds))
        .where(PaymentOperation.state == "pending")
    ).first()


def pending_any(db: Session, session_id: UUID) -> bool:
    """Tell whether any operation waits on a session."""
    waiting = PaymentOperation.session_id == session_id, PaymentOperation.state == "pending"
    return db.scalars(select(PaymentOperation.id).where(*waiting).limit(1)).first() is not None


def give_up(db: Session, session_id: UUID, kind: str) -> None:
    """Drop a pending operation that something newer has made pointless."""
    db.execute(
        update(PaymentOperation)
        .where(PaymentOperation.session_id == session_id, PaymentOperation.kind == kind)
        .where(PaymentOperation.state == "pending")
        .values(state="failed", error=_SUPERSEDED, finished_at=clock.now())
    )
