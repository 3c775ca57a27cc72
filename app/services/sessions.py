"""Parking sessions: start, look up, extend, end.

Each change is two short transactions with the processor's call between them; the first writes down what is
to happen, the second what came of it, and the worker finishes what a crash left between.
"""

import secrets
from contextlib import suppress
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from app import database
from app.domain import sessions as rules
from app.domain.callers import Caller
from app.domain.errors import Conflict, NotFound, PaymentRequired
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from app.gateways.card_payments import ProcessorRefused
from app.models import ParkingSession
from app.presenters.sessions import SessionFacts
from app.services import (
    idempotency,
    mails,
    payment_operations,
    payments,
    projects,
    session_endings,
    session_extensions,
    session_facts,
    session_starts,
)
from app.services.idempotency import Answer, Claim
from app.services.payment_operations import EXTENDING, SETTLING
from app.services.session_starts import Order


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


def end_by_itself(caller: Caller, session_id: UUID) -> None:
    """End a session that has lasted as long as it may, at exactly that instant; the worker may come later.

    Raises BadGateway while the processor's answer is unknown; what it refuses for good is written down.
    """
    with database.transaction() as db:
        session = db.get_one(ParkingSession, session_id, with_for_update=True)
        if session.status != "active" or session.latest_end_at > projects.now(db, session.project_id):
            return
        operation_id = session_endings.close(db, caller, session_id)
        mails.queue(db, session, "ended_at_longest", about=session.latest_end_at)
    if operation_id is not None:
        with suppress(PaymentRequired, ProcessorRefused):
            payments.carry_out(caller, operation_id, Claim("", None))


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
        operation_id = payment_operations.find(db, session_id, "create_hold")
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
        _require_running(db, caller, session_id, session_code)
        if payment_operations.pending(db, session_id, *EXTENDING) is not None:
            raise Conflict("An earlier extension is still being settled.", headers={"Retry-After": "1"})
        session_extensions.intend(db, session_id, extend_hours, operation_id)
    payments.carry_out(caller, operation_id, claim)
    return get(caller, session_id)


def _end(caller: Caller, session_id: UUID, session_code: str, claim: Claim) -> SessionFacts:
    with database.transaction() as db:
        claim.enter(db, session_id)
        session = _coded(db, caller, session_id, session_code)
        rules.refuse_ended(session.status)
        is_first = session.status == "active"
        operation_id = session_endings.close(db, caller, session_id) if is_first else None
    if operation_id is not None:
        payments.carry_out(caller, operation_id, claim)
    elif is_first:
        return _go_on_ending(caller, session_id, claim)
    else:
        return _join_ending(caller, session_id, claim)
    return get(caller, session_id)


def _join_ending(caller: Caller, session_id: UUID, claim: Claim) -> SessionFacts:
    """Go on with an ending that another request began; raise Conflict if it is over by now."""
    with database.reading() as db:
        operation_id = payment_operations.pending(db, session_id, *SETTLING)
    if operation_id is None:
        rules.refuse_ended("completed")
    else:
        payments.resume(caller, operation_id, claim)
    return get(caller, session_id)


def _go_on_ending(caller: Caller, session_id: UUID, claim: Claim) -> SessionFacts:
    with database.reading() as db:
        operation_id = payment_operations.pending(db, session_id, *SETTLING)
    if operation_id is not None:
        payments.resume(caller, operation_id, claim)
    return get(caller, session_id)


def _require_running(db: Session, caller: Caller, session_id: UUID, session_code: str) -> None:
    rules.refuse_unextendable(_coded(db, caller, session_id, session_code).status)


def _coded(db: Session, caller: Caller, session_id: UUID, session_code: str) -> ParkingSession:
    session = session_facts.visible(db, caller, session_id, lock=True)
    if not secrets.compare_digest(session.session_code, session_code):
        raise NotFound("There is no such session with this code.")
    return session
