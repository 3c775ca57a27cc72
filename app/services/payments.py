"""Payment operations: a row first, then the call, then the result (research: atomic phases).

What is unknown stays pending; the worker tries again until it is known. Whoever changes a session's money
locks the session's row first and the operation's after it, so that nobody waits in a circle.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from app import database
from app.domain import clock
from app.domain import sessions as rules
from app.domain.callers import Caller
from app.domain.errors import Conflict, Detail, ParkGraphError, PaymentRequired
from app.domain.ids import uuid7
from app.gateways.card_payments import HoldSnapshot, ProcessorRefused
from app.models import Hold, Operator, ParkingSession, PaymentOperation, Project
from app.services import payment_calls, rows, settlement_subjects, settlements
from app.services.idempotency import Claim
from app.services.payment_calls import SpentKey, Task
from app.services.settlement_subjects import Subject

LEASE = timedelta(seconds=30)
"""How long one attempt has an operation to itself; the gateway's deadline is 8 s."""
ENDING_KINDS = ("capture", "release")

_SUPERSEDED = {"code": Conflict.code, "message": "The session was ended before this was settled."}
_REFUSALS: Mapping[str, type[ParkGraphError]] = {kind.code: kind for kind in (Conflict, PaymentRequired)}

_TASK = (
    select(
        PaymentOperation.id,
        PaymentOperation.kind,
        PaymentOperation.params,
        PaymentOperation.created_at,
        PaymentOperation.hold_id,
        PaymentOperation.session_id,
        ParkingSession.currency,
        func.coalesce(Hold.payment_intent_id, "").label("payment_intent_id"),
        Project.kind.label("project_kind"),
        Project.id.label("project_id"),
        Operator.connected_account,
    )
    .join(Hold, Hold.id == PaymentOperation.hold_id)
    .join(ParkingSession, ParkingSession.id == PaymentOperation.session_id)
    .join(Project, Project.id == ParkingSession.project_id)
    .join(Operator, Operator.id == ParkingSession.operator_id)
    .where(PaymentOperation.id == bindparam("operation_id"))
)


def intend(db: Session, hold: Hold, kind: str, *, operation_id: UUID | None = None, **params: object) -> UUID:
    """Write down what the processor is to do, and take the first attempt for the caller."""
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
    """Take the next attempt at a pending operation; false while somebody else has it."""
    now = clock.now()
    waiting = PaymentOperation.state == "pending", PaymentOperation.due_at <= now
    taken = (
        update(PaymentOperation)
        .where(PaymentOperation.id == operation_id, *waiting)
        .values(due_at=now + LEASE, attempts=PaymentOperation.attempts + 1)
        .returning(PaymentOperation.id)
    )
    with database.transaction() as db:
        return db.execute(taken).first() is not None


def conclude(caller: Caller, operation_id: UUID, claim: Claim) -> None:
    """Bring an operation of an earlier, identical request to its end.

    Raises what the processor refused then, Conflict while another attempt runs, and as `carry_out` does.
    """
    with database.reading() as db:
        operation = db.get_one(PaymentOperation, operation_id)
    if operation.error is not None:
        raise _refusal(operation.error)
    if operation.state == "pending":
        resume(caller, operation_id, claim)


def resume(caller: Caller, operation_id: UUID, claim: Claim) -> None:
    """Carry on with an operation whose outcome is unknown; raise Conflict while another attempt runs."""
    if not take(operation_id):
        raise Conflict("This session is being changed right now.", headers={"Retry-After": "1"})
    carry_out(caller, operation_id, claim)


def carry_out(caller: Caller, operation_id: UUID, claim: Claim) -> None:
    """Do the call of an operation whose attempt the caller holds, and write down what came of it.

    Raises PaymentRequired or ProcessorRefused where the processor said no for good, BadGateway where the
    outcome is unknown.
    """
    perform(caller, _load(operation_id), claim)


def perform(caller: Caller, task: Task, claim: Claim) -> Subject:
    """Do the call of an operation that the caller has at hand, and return the rows as they are then.

    Otherwise as `carry_out`.
    """
    try:
        snapshot = payment_calls.call(task)
    except (PaymentRequired, ProcessorRefused) as refusal:
        raise _settle_refusal(caller, task, refusal) from refusal.__cause__
    except SpentKey:
        _offer_again(task, params=task.params_under_new_key)
        raise
    except ParkGraphError:
        _offer_again(task)
        raise
    return _settle(caller, task, snapshot, claim)


def note_hold(db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot) -> None:
    """Write down what the processor says of a hold now; one that came too late is taken or given back."""
    settlements.note_hold(db, caller, subject, snapshot)
    _clear_up(db, subject)


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


def give_up(db: Session, session_id: UUID, kind: str) -> None:
    """Drop a pending operation that something newer has made pointless."""
    db.execute(
        update(PaymentOperation)
        .where(PaymentOperation.session_id == session_id, PaymentOperation.kind == kind)
        .where(PaymentOperation.state == "pending")
        .values(state="failed", error=_SUPERSEDED, finished_at=clock.now())
    )


def _load(operation_id: UUID) -> Task:
    with database.reading() as db:
        found = db.execute(_TASK, {"operation_id": operation_id}).one()
    return Task(**found._mapping)


@database.retried
def _settle(caller: Caller, task: Task, snapshot: HoldSnapshot, claim: Claim) -> Subject:
    # A capture that found nothing to take has failed: what is authorised later is for another one.
    state = "failed" if task.kind == "capture" and not snapshot.is_captured else "done"
    with database.transaction() as db, _changing(db, task) as subject:
        if _close(db, task, state=state):
            settlements.DONE[task.kind](db, caller, subject, snapshot)
            _clear_up(db, subject)
        elif error := db.get_one(PaymentOperation, task.id).error:
            raise _refusal(error)  # something newer made it pointless meanwhile
        claim.finish(db)
        return subject


def _clear_up(db: Session, subject: Subject) -> None:
    """See to money that is held although its session is over: what is owed is taken, else it is released."""
    session, hold = subject.session, subject.hold
    if session.status not in rules.TERMINAL or hold.status != settlements.HELD:
        return
    if pending(db, session.id, *ENDING_KINDS) is not None:
        return
    if session.payment_status == "past_due":
        intend(db, hold, "capture", amount_minor=(session.subtotal_minor or 0) - hold.captured_minor)
    else:
        intend(db, hold, "release", reason="abandoned")


@database.retried
def _settle_refusal(caller: Caller, task: Task, refusal: ParkGraphError) -> ParkGraphError:
    """Write a refusal down and return the one that counts: that of whoever was first to know."""
    with database.transaction() as db, _changing(db, task) as subject:
        if _close(db, task, state="failed", error=_packed(refusal)):
            settlements.REFUSED[task.kind](db, caller, subject)
            return refusal
        error = db.get_one(PaymentOperation, task.id).error
    return _refusal(error) if error else refusal


def _offer_again(task: Task, **values: object) -> None:
    """Let the next attempt come at once: whoever got the 502 may well try again right now."""
    with database.transaction() as db:
        _change_open(db, task, due_at=clock.now(), **values)


def _close(db: Session, task: Task, **values: object) -> bool:
    return _change_open(db, task, finished_at=clock.now(), **values)


def _change_open(db: Session, task: Task, **values: object) -> bool:
    return rows.change(db, PaymentOperation, by={"id": task.id, "state": "pending"}, to=values)


def _changing(db: Session, task: Task) -> AbstractContextManager[Subject]:
    return settlement_subjects.changing(db, task.session_id, task.hold_id, params=task.params)


def _packed(refusal: ParkGraphError) -> dict[str, Any]:
    fields = [detail.field for detail in refusal.details]
    return {"code": refusal.code, "message": refusal.message, "fields": fields}


def _refusal(error: Mapping[str, Any]) -> ParkGraphError:
    message = error["message"]
    details = [Detail(field, message) for field in error.get("fields", ())]
    return _REFUSALS.get(error["code"], ProcessorRefused)(message, details=details)
