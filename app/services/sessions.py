"""Parking sessions: start, look up, extend, end.

Each change is two short transactions with the processor's call between them; the first writes down what is
to happen, the second what came of it, and the worker finishes what a crash left between.
"""

import secrets
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import database
from app.domain import sessions as rules
from app.domain.callers import Caller
from app.domain.durations import hours_between
from app.domain.errors import Conflict, NotFound
from app.domain.holds import Held, amount_to_hold, plan_capture
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from app.domain.money import Money, split
from app.gateways.amounts import chargeable
from app.models import Hold, Lot, ParkingSession
from app.presenters.sessions import SessionFacts, price_of
from app.services import (
    availability,
    idempotency,
    payments,
    projects,
    rates,
    session_facts,
    session_starts,
)
from app.services.idempotency import Answer, Claim
from app.services.payments import ENDING_KINDS
from app.services.session_starts import Order
from app.services.settlements import HELD


def start(caller: Caller, order: Order, once: Once | None = None) -> Answer[SessionFacts]:
    """Start a paid session for a plate and hold money for it.

    Raises NotFound for the lot, AgentOptInRequired, PaymentRequired for a declined card, BadGateway while the
    processor's answer is unknown, Conflict (lot full, plate parked already, no tariff, stay too long).
    """
    return idempotency.perform(
        caller,
        once,
        work=lambda claim: _start(caller, order, claim),
        again=lambda session_id: get(caller, UUID(session_id)),
        resume=lambda claim, session_id: _go_on_starting(caller, UUID(session_id), claim),
    )


def get(caller: Caller, session_id: UUID) -> SessionFacts:
    """Look up a session that the caller may see; raise NotFound for any other."""
    with database.reading() as db:
        session = session_facts.visible(db, caller, session_id)
        return session_facts.facts_of(db, session, caller=caller)


def extend(
    caller: Caller,
    session_id: UUID,
    *,
    session_code: str,
    extend_hours: Decimal,
    once: Once | None = None,
) -> Answer[SessionFacts]:
    """Move the planned end of a running session and raise its hold.

    Raises NotFound for a wrong code, Conflict for an ended session or one that would stay too long,
    PaymentRequired where the hold can't be raised.
    """
    return idempotency.perform(
        caller,
        once,
        work=lambda claim: _extend(caller, session_id, session_code, extend_hours, claim),
        again=lambda _: get(caller, session_id),
        resume=lambda claim, operation_id: _conclude(caller, session_id, UUID(operation_id), claim),
    )


def end(
    caller: Caller, session_id: UUID, *, session_code: str, once: Once | None = None
) -> Answer[SessionFacts]:
    """End a session and capture what it costs; what was held beyond that is released.

    The first request fixes the end, so trying again after a BadGateway bills not a second more.
    Raises NotFound for a wrong code, Conflict for a session that ended before.
    """
    return idempotency.perform(
        caller,
        once,
        work=lambda claim: _end(caller, session_id, session_code, claim),
        again=lambda _: get(caller, session_id),
        resume=lambda claim, _: _go_on_ending(caller, session_id, claim),
    )


def _start(caller: Caller, order: Order, claim: Claim) -> SessionFacts:
    plan = session_starts.plan(caller, order)
    session_id = uuid7()
    opened = session_starts.open_session(caller, plan, session_id, claim)
    settled = payments.perform(caller, opened.task, claim)
    return session_facts.facts(
        settled.session, plate=opened.plate, tariff=plan.tariff, holds=[settled.hold], caller=caller
    )


def _go_on_starting(caller: Caller, session_id: UUID, claim: Claim) -> SessionFacts:
    with database.reading() as db:
        operation_id = payments.find(db, session_id, "create_hold")
    return _conclude(caller, session_id, operation_id, claim)


def _conclude(caller: Caller, session_id: UUID, operation_id: UUID, claim: Claim) -> SessionFacts:
    payments.conclude(caller, operation_id, claim)
    return get(caller, session_id)


def _extend(
    caller: Caller, session_id: UUID, session_code: str, extend_hours: Decimal, claim: Claim
) -> SessionFacts:
    operation_id = uuid7()
    with database.transaction() as db:
        claim.enter(db, operation_id)  # of several extensions of a session, this one
        session = _running(db, caller, session_id, session_code)
        if payments.pending(db, session_id, "raise_hold") is not None:
            raise Conflict("An earlier extension is still being settled.", headers={"Retry-After": "1"})
        _intend_raise(db, session, extend_hours, operation_id)
    payments.carry_out(caller, operation_id, claim)
    return get(caller, session_id)


def _intend_raise(db: Session, session: ParkingSession, extend_hours: Decimal, operation_id: UUID) -> None:
    planned_end_at = rules.extended_end(
        session.started_at,
        planned_end_at=session.planned_end_at,
        extend_hours=extend_hours,
        max_stay_hours=db.get_one(Lot, session.lot_id).max_stay_hours,
    )
    begin = session.quoted_from or session.started_at
    hours = hours_between(begin, planned_end_at)
    amount = rates.tariff(db, session.tariff_id).hold_for(begin, hours)
    payments.intend(
        db,
        _only_hold(db, session),
        "raise_hold",
        operation_id=operation_id,
        amount_minor=amount_to_hold(amount).minor,
        planned_end_at=planned_end_at.isoformat(),
    )


def _end(caller: Caller, session_id: UUID, session_code: str, claim: Claim) -> SessionFacts:
    with database.transaction() as db:
        claim.enter(db, session_id)
        session = _coded(db, caller, session_id, session_code)
        rules.refuse_ended(session.status)
        operation_id = _close(db, session) if session.status == "active" else None
    if operation_id is None:
        return _join_ending(caller, session_id, claim)
    payments.carry_out(caller, operation_id, claim)
    return get(caller, session_id)


def _join_ending(caller: Caller, session_id: UUID, claim: Claim) -> SessionFacts:
    """Go on with an ending that another request began; raise Conflict if it is over by now."""
    with database.reading() as db:
        operation_id = payments.pending(db, session_id, *ENDING_KINDS)
    if operation_id is None:
        rules.refuse_ended("completed")
    else:
        payments.resume(caller, operation_id, claim)
    return get(caller, session_id)


def _go_on_ending(caller: Caller, session_id: UUID, claim: Claim) -> SessionFacts:
    with database.reading() as db:
        operation_id = payments.pending(db, session_id, *ENDING_KINDS)
    if operation_id is not None:
        payments.resume(caller, operation_id, claim)
    return get(caller, session_id)


def _close(db: Session, session: ParkingSession) -> UUID:
    payments.give_up(db, session.id, "raise_hold")
    hold = _only_hold(db, session)
    now = projects.now(db, session.project_id)
    session.ended_at = rules.end_instant(session.ended_at, started_at=session.started_at, now=now)
    tariff = rates.tariff(db, session.tariff_id)
    total = price_of(session, tariff, until=session.ended_at).total
    plan = plan_capture(_held(hold, session.currency), due=total)
    due = chargeable(total - plan.written_off)
    session.subtotal_minor, session.owner_payout_minor = due.minor, split(due).owner_payout.minor
    session.status = "ending"
    operation_id = _intend_settling(db, hold, due)
    db.flush()
    availability.release(db, session.lot_id)
    return operation_id


def _held(hold: Hold, currency: str) -> list[Held]:
    held = Held(hold.id, Money(hold.authorized_minor, currency))
    return [held] if hold.status == HELD else []


def _intend_settling(db: Session, hold: Hold, due: Money) -> UUID:
    """Write down that what is due be captured, though nothing may be held, or that the hold be released."""
    if due.is_zero:
        return payments.intend(db, hold, "release", reason="requested_by_customer")
    return payments.intend(db, hold, "capture", amount_minor=due.minor)


def _only_hold(db: Session, session: ParkingSession) -> Hold:
    return db.scalars(select(Hold).where(Hold.session_id == session.id).order_by(Hold.id)).one()


def _running(db: Session, caller: Caller, session_id: UUID, session_code: str) -> ParkingSession:
    session = _coded(db, caller, session_id, session_code)
    rules.refuse_unextendable(session.status)
    return session


def _coded(db: Session, caller: Caller, session_id: UUID, session_code: str) -> ParkingSession:
    session = session_facts.visible(db, caller, session_id, lock=True)
    if not secrets.compare_digest(session.session_code, session_code):
        raise NotFound("There is no such session with this code.")
    return session
