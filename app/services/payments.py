"""Payment operations: a row first, then the call, then the result (research: atomic phases).

The row's id is the idempotency key at the processor, so an operation may be carried out any number of times
and has its effect once. What is unknown stays pending; the worker tries again until it is known.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import database
from app.domain import clock
from app.domain.callers import Caller, ProjectKind
from app.domain.errors import Conflict, ParkGraphError, PaymentRequired
from app.domain.ids import uuid7
from app.domain.money import Money, split
from app.gateways import processors
from app.gateways.card_payments import (
    CardPayments,
    HoldSnapshot,
    NotSupported,
    ProcessorRefused,
    ReleaseReason,
    ReplayedFailure,
)
from app.models import Hold, Operator, ParkingSession, PaymentOperation, Project
from app.services import settlements
from app.services.idempotency import Claim

LEASE = timedelta(seconds=30)
"""How long one attempt has an operation to itself; the gateway's deadline is 8 s."""
FORGOTTEN_AFTER = timedelta(hours=23)
"""Stripe may forget an idempotency key after 24 h: from here on, look before leaping."""


@dataclass(frozen=True, slots=True)
class Task:
    """A pending operation with all that the call needs, so that no transaction is open during it."""

    id: UUID
    kind: str
    params: Mapping[str, Any]
    created_at: datetime
    hold_id: UUID
    session_id: UUID
    currency: str
    payment_intent_id: str
    project_kind: ProjectKind
    project_id: UUID
    connected_account: str | None

    def money(self, name: str = "amount_minor") -> Money:
        """Read an amount from the operation's parameters."""
        return Money(int(self.params[name]), self.currency)


def intend(db: Session, hold: Hold, kind: str, **params: object) -> UUID:
    """Write down what the processor is to do, and take the first attempt for the caller."""
    now = clock.now()
    operation = PaymentOperation(
        id=uuid7(),
        session_id=hold.session_id,
        hold_id=hold.id,
        kind=kind,
        params=params,
        due_at=now + LEASE,
        created_at=now,
    )
    db.add(operation)
    db.flush()
    return operation.id


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
    task = _load(operation_id)
    try:
        snapshot = _call(task)
    except (PaymentRequired, ProcessorRefused) as refusal:
        _settle_refusal(caller, task, refusal)
        raise
    except ParkGraphError:
        _offer_again(task)
        raise
    with database.transaction() as db:
        if _close(db, task, state="done"):
            settlements.DONE[task.kind](db, caller, _subject(db, task), snapshot)
        claim.finish(db)


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
        .values(state="failed", error={"code": "SUPERSEDED"}, finished_at=clock.now())
    )


def _load(operation_id: UUID) -> Task:
    wanted = (
        select(PaymentOperation, Hold, Project, Operator.connected_account, ParkingSession.currency)
        .join(Hold, Hold.id == PaymentOperation.hold_id)
        .join(ParkingSession, ParkingSession.id == PaymentOperation.session_id)
        .join(Project, Project.id == ParkingSession.project_id)
        .join(Operator, Operator.id == ParkingSession.operator_id)
        .where(PaymentOperation.id == operation_id)
    )
    with database.reading() as db:
        operation, hold, project, connected_account, currency = db.execute(wanted).one()
    return Task(
        id=operation.id,
        kind=operation.kind,
        params=operation.params,
        created_at=operation.created_at,
        hold_id=hold.id,
        session_id=operation.session_id,
        currency=currency,
        payment_intent_id=hold.payment_intent_id or "",
        project_kind=project.kind,
        project_id=project.id,
        connected_account=connected_account,
    )


def _call(task: Task) -> HoldSnapshot:
    gateway = processors.card_payments_for(task.project_kind, task.project_id)
    try:
        return _CALLS[task.kind](gateway, task)
    except ReplayedFailure:
        return _look(gateway, task)


def _look(gateway: CardPayments, task: Task) -> HoldSnapshot:
    """Find out what an operation did whose id the processor answers with a failure for ever."""
    if task.kind != "create_hold":
        return gateway.fetch(task.payment_intent_id)
    made = gateway.find_by_op(str(task.id), since=task.created_at)
    if made is None:
        raise ProcessorRefused("The payment processor failed and made no hold. Start again with a new key.")
    return made


def _create_hold(gateway: CardPayments, task: Task) -> HoldSnapshot:
    if clock.now() - task.created_at > FORGOTTEN_AFTER:
        made_before = gateway.find_by_op(str(task.id), since=task.created_at)
        if made_before is not None:
            return made_before
    amount = task.money()
    return gateway.create_hold(
        str(task.id),
        session_id=str(task.session_id),
        amount=amount,
        destination=task.connected_account,
        fee=_fee(task, amount),
        payment_method=task.params.get("payment_method"),
    )


def _raise_hold(gateway: CardPayments, task: Task) -> HoldSnapshot:
    amount = task.money()
    raised = gateway.raise_hold(
        str(task.id),
        payment_intent_id=task.payment_intent_id,
        amount=amount,
        fee=_fee(task, amount),
    )
    if isinstance(raised, NotSupported):
        raise PaymentRequired("The hold on this card can't be raised, so the session keeps its planned end.")
    return raised


def _authorize(gateway: CardPayments, task: Task) -> HoldSnapshot:
    return gateway.confirm(
        str(task.id),
        payment_intent_id=task.payment_intent_id,
        payment_method=str(task.params["payment_method"]),
    )


def _capture(gateway: CardPayments, task: Task) -> HoldSnapshot:
    amount = task.money()
    return gateway.capture(
        str(task.id),
        payment_intent_id=task.payment_intent_id,
        amount=amount,
        fee=_fee(task, amount),
    )


def _release(gateway: CardPayments, task: Task) -> HoldSnapshot:
    return gateway.release(
        str(task.id),
        payment_intent_id=task.payment_intent_id,
        reason=cast(ReleaseReason, task.params["reason"]),
    )


_CALLS: Mapping[str, Callable[[CardPayments, Task], HoldSnapshot]] = {
    "create_hold": _create_hold,
    "raise_hold": _raise_hold,
    "authorize": _authorize,
    "capture": _capture,
    "release": _release,
}


def _fee(task: Task, amount: Money) -> Money | None:
    return split(amount).platform_fee if task.connected_account else None


def _settle_refusal(caller: Caller, task: Task, refusal: ParkGraphError) -> None:
    with database.transaction() as db:
        if _close(db, task, state="failed", error={"code": refusal.code, "message": refusal.message}):
            settlements.REFUSED[task.kind](db, caller, _subject(db, task))


def _offer_again(task: Task) -> None:
    """Let the next attempt come at once: whoever got the 502 may well try again right now."""
    with database.transaction() as db:
        still_open = PaymentOperation.id == task.id, PaymentOperation.state == "pending"
        db.execute(update(PaymentOperation).where(*still_open).values(due_at=clock.now()))


def _close(db: Session, task: Task, **values: object) -> bool:
    still_open = PaymentOperation.id == task.id, PaymentOperation.state == "pending"
    closed = update(PaymentOperation).where(*still_open).values(finished_at=clock.now(), **values)
    return db.execute(closed.returning(PaymentOperation.id)).first() is not None


def _subject(db: Session, task: Task) -> settlements.Subject:
    session = db.get_one(ParkingSession, task.session_id, with_for_update=True)
    return settlements.subject(db, session, db.get_one(Hold, task.hold_id), task.params)
