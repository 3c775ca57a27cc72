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
from app.domain.holds import CapturePlan, Held, amount_to_hold, plan_capture
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from app.domain.money import Money, split
from app.models import Hold, Lot, ParkingSession
from app.presenters.sessions import SessionFacts
from app.services import (
    availability,
    idempotency,
    payments,
    projects,
    rates,
    session_facts,
    session_starts,
    settlements,
)
from app.services.idempotency import Answer, Claim
from app.services.session_starts import Order

ENDING_KINDS = ("capture", "release")


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
        resume=lambda claim, session_id: _carry_on(caller, UUID(session_id), claim, "create_hold"),
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
        again=lambda subject: get(caller, UUID(subject)),
        resume=lambda claim, subject: _carry_on(caller, UUID(subject), claim, "raise_hold"),
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
        again=lambda subject: get(caller, UUID(subject)),
        resume=lambda claim, subject: _carry_on(caller, UUID(subject), claim, *ENDING_KINDS),
    )


def _carry_on(caller: Caller, session_id: UUID, claim: Claim, *kinds: str) -> SessionFacts:
    with database.reading() as db:
        operation_id = payments.pending(db, session_id, *kinds)
    if operation_id is not None:
        payments.resume(caller, operation_id, claim)
    return get(caller, session_id)


def _start(caller: Caller, order: Order, claim: Claim) -> SessionFacts:
    plan = session_starts.plan(caller, order)
    session_id = uuid7()
    operation_id = session_starts.open_session(caller, plan, session_id, claim)
    payments.carry_out(caller, operation_id, claim)
    return get(caller, session_id)


def _extend(
    caller: Caller, session_id: UUID, session_code: str, extend_hours: Decimal, claim: Claim
) -> SessionFacts:
    with database.transaction() as db:
        claim.enter(db, session_id)
        session = _running(db, caller, session_id, session_code)
        if payments.pending(db, session_id, "raise_hold") is not None:
            raise Conflict("An earlier extension is still being settled.", headers={"Retry-After": "1"})
        operation_id = _intend_raise(db, session, extend_hours)
    payments.carry_out(caller, operation_id, claim)
    return get(caller, session_id)


def _intend_raise(db: Session, session: ParkingSession, extend_hours: Decimal) -> UUID:
    planned_end_at = rules.extended_end(
        session.started_at,
        planned_end_at=session.planned_end_at,
        extend_hours=extend_hours,
        max_stay_hours=db.get_one(Lot, session.lot_id).max_stay_hours,
    )
    hours = hours_between(session.started_at, planned_end_at)
    amount = rates.tariff(db, session.tariff_id).hold_for(session.started_at, hours)
    return payments.intend(
        db,
        _only_hold(db, session),
        "raise_hold",
        amount_minor=amount_to_hold(amount).minor,
        planned_end_at=planned_end_at.isoformat(),
    )


def _end(caller: Caller, session_id: UUID, session_code: str, claim: Claim) -> SessionFacts:
    with database.transaction() as db:
        claim.enter(db, session_id)
        session = _coded(db, caller, session_id, session_code)
        rules.refuse_ended(session.status)
        unfinished = session.status == "ending"
        operation_id = None if unfinished else _close(db, caller, session, claim)
    if unfinished:
        return _carry_on_ending(caller, session_id, claim)
    if operation_id is not None:
        payments.carry_out(caller, operation_id, claim)
    return get(caller, session_id)


def _carry_on_ending(caller: Caller, session_id: UUID, claim: Claim) -> SessionFacts:
    with database.reading() as db:
        operation_id = payments.pending(db, session_id, *ENDING_KINDS)
    if operation_id is None:
        rules.refuse_ended("completed")
    else:
        payments.resume(caller, operation_id, claim)
    return get(caller, session_id)


def _close(db: Session, caller: Caller, session: ParkingSession, claim: Claim) -> UUID | None:
    payments.give_up(db, session.id, "raise_hold")
    hold = _only_hold(db, session)
    session.ended_at = projects.now(db, session.project_id)
    total = rates.tariff(db, session.tariff_id).price(session.started_at, session.ended_at).total
    plan = plan_capture(_held(hold, session.currency), due=total)
    due = total - plan.written_off
    session.subtotal_minor, session.owner_payout_minor = due.minor, split(due).owner_payout.minor
    session.status = "ending"
    operation_id = _intend_settling(db, hold, plan)
    if operation_id is None:
        settlements.completed_unpaid(db, caller, settlements.subject(db, session, hold))
        claim.finish(db)
    db.flush()
    availability.release(db, session.lot_id)
    return operation_id


def _held(hold: Hold, currency: str) -> list[Held]:
    authorized = Money(hold.authorized_minor, currency)
    return [] if authorized.is_zero else [Held(hold.id, authorized)]


def _intend_settling(db: Session, hold: Hold, plan: CapturePlan) -> UUID | None:
    """Write down the capture, or the release of a hold that is not needed; nothing where nobody paid."""
    if plan.captures:
        return payments.intend(db, hold, "capture", amount_minor=plan.captures[0].amount.minor)
    if plan.outcome == "released":
        return payments.intend(db, hold, "release", reason="requested_by_customer")
    return None


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
