"""Payment operations carried out: a row first, then the call, then the result, and what follows from it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from app import database
from app.domain import clock
from app.domain import sessions as rules
from app.domain.callers import Caller
from app.domain.errors import Conflict, Detail, ParkGraphError, PaymentRequired
from app.domain.holds import HELD, payable, stage_of
from app.domain.money import Money
from app.gateways.card_payments import HoldSnapshot, Overtaken, ProcessorRefused
from app.models import Hold, ParkingSession, PaymentOperation, Project
from app.services import (
    payment_calls,
    payment_operations,
    refund_parts,
    rows,
    session_endings,
    session_extensions,
    session_renewals,
    settlement_subjects,
    settlements,
)
from app.services.idempotency import Claim
from app.services.payment_calls import SpentKey, Task
from app.services.payment_operations import SETTLING
from app.services.settlement_subjects import Subject

_REFUSALS: Mapping[str, type[ParkGraphError]] = {kind.code: kind for kind in (Overtaken, PaymentRequired)}

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
        Hold.destination,
    )
    .join(Hold, Hold.id == PaymentOperation.hold_id)
    .join(ParkingSession, ParkingSession.id == PaymentOperation.session_id)
    .join(Project, Project.id == ParkingSession.project_id)
    .where(PaymentOperation.id == bindparam("operation_id"))
)


@dataclass(frozen=True, slots=True)
class _Settled:
    """What came of an operation: the rows then, what follows from it, and what its asker is told instead."""

    subject: Subject
    following: UUID | None
    refusal: ParkGraphError | None


def conclude(caller: Caller, operation_id: UUID, claim: Claim) -> None:
    """Bring an operation of an earlier, identical request to its end.

    Raises what the processor refused then, Conflict while another attempt runs, and as `carry_out` does.
    """
    with database.reading() as db:
        operation = payment_operations.following(db, operation_id)
    if operation.error is not None:
        raise _refusal(operation.error)
    if operation.state == "pending":
        resume(caller, operation.id, claim)


def resume(caller: Caller, operation_id: UUID, claim: Claim) -> None:
    """Carry on with an operation whose outcome is unknown; raise Conflict while another attempt runs."""
    if not payment_operations.take(operation_id):
        raise Conflict("This session is being changed right now.", headers={"Retry-After": "1"})
    carry_out(caller, operation_id, claim)


def carry_out(caller: Caller, operation_id: UUID, claim: Claim) -> None:
    """Do the call of an operation whose attempt the caller holds, and write down what came of it.

    So it goes on with what follows from that, all within one deadline. Raises PaymentRequired, Overtaken or
    ProcessorRefused where the processor said no to the last of them for good, BadGateway where the outcome of
    one is unknown.
    """
    perform(caller, _load(operation_id), claim)


def perform(caller: Caller, task: Task, claim: Claim) -> Subject:
    """Do the call of an operation that the caller has at hand, and return the rows as they are then.

    Otherwise as `carry_out`.
    """
    with payment_calls.one_deadline(task):
        settled = _perform(caller, task, claim)
        while settled.following is not None:
            settled = _perform(caller, _load(settled.following), claim)
    if settled.refusal is not None:
        raise settled.refusal from settled.refusal.__cause__
    return settled.subject


def _perform(caller: Caller, task: Task, claim: Claim) -> _Settled:
    try:
        snapshot = payment_calls.call(task)
    except (PaymentRequired, Overtaken, ProcessorRefused) as refusal:
        return _settle_refusal(caller, task, refusal, claim)
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


def _load(operation_id: UUID) -> Task:
    with database.reading() as db:
        found = db.execute(_TASK, {"operation_id": operation_id}).one()
    return Task(**found._mapping)


@database.retried
def _settle(caller: Caller, task: Task, snapshot: HoldSnapshot, claim: Claim) -> _Settled:
    # A capture that found nothing to take has failed: what is authorised later is for another one.
    state = "failed" if task.kind == "capture" and not snapshot.is_captured else "done"
    following, refusal = None, None
    with database.transaction() as db, _changing(db, task) as subject:
        if _close(db, task, state=state):
            refusal = settlements.DONE[task.kind](db, caller, subject, snapshot)
            if refusal is not None:
                _note_error(db, task, refusal)
            following = _follow(db, caller, subject)
            _clear_up(db, subject)
        elif error := db.get_one(PaymentOperation, task.id).error:
            raise _refusal(error)  # something newer made it pointless meanwhile
        if following is None and refusal is None:
            claim.finish(db)
        return _Settled(subject, following, refusal)


def _follow(db: Session, caller: Caller, subject: Subject) -> UUID | None:
    """Write down what comes next of what came of an operation, if anything does."""
    if "refund_id" in subject.params:
        return refund_parts.next_part(db, UUID(subject.params["refund_id"]), subject.session.id)
    return session_endings.go_on(db, caller, subject) or session_renewals.go_on(db, subject)


def _clear_up(db: Session, subject: Subject) -> None:
    """See to holds that are not over although their session is: what is owed is taken once, the rest let go.

    A debt is taken of one hold after the other, however many a driver authorises for it.
    """
    session = subject.session
    left = [hold for hold in subject.holds if stage_of(hold.status) != "over"]
    if session.status not in rules.TERMINAL or not left:
        return
    if payment_operations.pending(db, session.id, *SETTLING) is not None:
        return
    if session.payment_status == "past_due" and not (owed := payable(settlements.owed(subject))).is_zero:
        _take(db, subject, owed, next((hold for hold in left if hold.status == HELD), None))
    else:
        _let_go(db, subject, left)


def _take(db: Session, subject: Subject, owed: Money, held: Hold | None) -> None:
    if held is not None:
        captured_minor = subject.captured.minor
        payment_operations.intend(db, held, "capture", amount_minor=owed.minor, captured_minor=captured_minor)


def _let_go(db: Session, subject: Subject, left: Sequence[Hold]) -> None:
    refused = settlement_subjects.refused(db, subject.session.id)
    for hold in left:
        if hold.status == HELD or "release" not in refused.get(hold.id, ()):
            payment_operations.intend(db, hold, "release", reason="abandoned")


@database.retried
def _settle_refusal(caller: Caller, task: Task, refusal: ParkGraphError, claim: Claim) -> _Settled:
    """Write a refusal down; the one that counts is that of whoever was first to know."""
    with database.transaction() as db, _changing(db, task) as subject:
        if not _close(db, task, state="failed", error=_packed(refusal)):
            error = db.get_one(PaymentOperation, task.id).error
            return _Settled(subject, None, _refusal(error) if error else refusal)
        settlements.REFUSED[task.kind](db, caller, subject)
        following = _instead(db, caller, task, subject, refusal)
        if following is None and _came_to_something(db, task, subject):
            claim.finish(db)
            return _Settled(subject, None, None)
        return _Settled(subject, following, refusal)


def _came_to_something(db: Session, task: Task, subject: Subject) -> bool:
    """Tell whether a refund stands of which only the last part was refused: other holds gave some of it."""
    return task.kind == "refund" and refund_parts.came_to_something(db, UUID(subject.params["refund_id"]))


def _instead(
    db: Session, caller: Caller, task: Task, subject: Subject, refusal: ParkGraphError
) -> UUID | None:
    """Write down what is tried in the place of what was refused, if anything is."""
    if task.kind != "raise_hold":
        return _follow(db, caller, subject)
    instead = session_extensions.add_instead(db, subject, refusal)
    if instead is not None:
        error = {**_packed(refusal), "followed_by": str(instead)}
        rows.change(db, PaymentOperation, by={"id": task.id}, to={"error": error})
    return instead


def _note_error(db: Session, task: Task, refusal: ParkGraphError) -> None:
    rows.change(db, PaymentOperation, by={"id": task.id}, to={"error": _packed(refusal)})


def _offer_again(task: Task, **values: object) -> None:
    """Let whoever got the 502 try again right now; the worker waits for its turn."""
    with database.transaction() as db:
        _change_open(db, task, due_at=clock.now(), **values)


def _close(db: Session, task: Task, **values: object) -> bool:
    return _change_open(db, task, finished_at=clock.now(), **values)


def _change_open(db: Session, task: Task, **values: object) -> bool:
    return rows.change(db, PaymentOperation, by={"id": task.id, "state": "pending"}, to=values)


def _changing(db: Session, task: Task) -> AbstractContextManager[Subject]:
    if task.kind == "create_hold":
        return settlement_subjects.starting(db, task.session_id, params=task.params)
    return settlement_subjects.changing(db, task.session_id, task.hold_id, params=task.params)


def _packed(refusal: ParkGraphError) -> dict[str, Any]:
    fields = [detail.field for detail in refusal.details]
    return {"code": refusal.code, "message": refusal.message, "fields": fields}


def _refusal(error: Mapping[str, Any]) -> ParkGraphError:
    message = error["message"]
    details = [Detail(field, message) for field in error.get("fields", ())]
    return _REFUSALS.get(error["code"], ProcessorRefused)(message, details=details)
