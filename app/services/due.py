"""What falls due in a project's own time, and doing it in the order of its due times.

The rows are the truth: nothing is queued, so nothing is lost with a process, and two workers that see the
same row find by a conditional update which of them has it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, select, tuple_, union_all, update
from sqlalchemy.orm import Session

from app import database
from app.domain import clock
from app.domain.callers import Actor, Caller
from app.domain.errors import BadGateway, PaymentRequired
from app.domain.holds import HELD, stage_of
from app.domain.ids import request_id
from app.gateways import processors
from app.gateways.card_payments import Overtaken, ProcessorRefused
from app.models import Hold, ParkingSession, PaymentOperation, Project
from app.models.base import microseconds
from app.services import (
    availability,
    due_rows,
    payment_operations,
    payments,
    reminders,
    session_renewals,
    sessions,
    settlement_subjects,
    settlements,
)
from app.services.due_rows import DueRows, Reach
from app.services.idempotency import Claim
from app.services.settlement_subjects import Subject

SIMULATED_CARD = "pm_card_visa"
BATCH = 100


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to do: what, to which row, since when."""

    kind: str
    subject_id: UUID
    at: datetime


def worker() -> Caller:
    """Return the caller as which background work is written down."""
    return Caller(actor=Actor("worker"), request_id=request_id())


def due_now(*, after: Due | None = None) -> list[Due]:
    """List what is due in any project, oldest first, or what comes after one that was listed before."""
    now = microseconds(clock.now())
    with database.reading() as db:
        found = _listed(db, due_rows.passed(now), after)
        for projects in due_rows.ahead(db):
            found += _listed(db, due_rows.passed_ahead(now, projects), after)
    return sorted(found, key=lambda item: (item.at, item.kind, item.subject_id))[:BATCH]


def run(caller: Caller, due: Due) -> bool:
    """Do one due thing and say so; for one that is no longer due there is nothing to do."""
    _RUN[due.kind](caller, due.subject_id)
    return True


def run_until(project_id: UUID, target: datetime) -> None:
    """Let a sandbox's time run to `target` and do on the way all that falls due, in its order.

    Raises BadGateway if the processor did not answer; the clock then stands where the work stopped.
    """
    caller = worker()
    for operation_id in _pending_operations(project_id):
        _carry_on(caller, operation_id)
    done: set[Due] = set()
    while (due := _next(project_id, target)) is not None:
        if due in done:
            raise BadGateway("Work that fell due could not be finished. Try again.")
        done.add(due)
        _move_clock(project_id, due.at)
        run(caller, due)
    _move_clock(project_id, target)


def finish_operation(caller: Caller, operation_id: UUID) -> bool:
    """Try a pending operation again at once; false if it still is not known how it ended."""
    return payment_operations.take(operation_id) and _finish(caller, operation_id)


def try_again(caller: Caller, operation_id: UUID) -> bool:
    """Try a pending operation again in its turn; false if it still is not known how it ended."""
    return payment_operations.take_in_turn(operation_id) and _finish(caller, operation_id)


def _finish(caller: Caller, operation_id: UUID) -> bool:
    try:
        payments.carry_out(caller, operation_id, Claim("", None))
    except (PaymentRequired, Overtaken, ProcessorRefused):
        return True  # a definite no, written down
    except BadGateway:
        return False
    return True


def _carry_on(caller: Caller, operation_id: UUID) -> None:
    if not finish_operation(caller, operation_id):
        raise BadGateway("The payment processor did not answer. Try again.")


def _rows(reach: Reach) -> Sequence[DueRows]:
    """Select all that is due, as far as one looks."""
    return (
        due_rows.of_parked("authorize", ParkingSession.simulated_at, reach),
        due_rows.of_parked("expire", ParkingSession.grace_until, reach),
        due_rows.of_parked("end", ParkingSession.latest_end_at, reach),
        due_rows.of_held("renew", Hold.renew_at, reach),
        due_rows.of_held("refresh", Hold.capture_before, reach),
        *reminders.due(reach),
    )


def _listed(db: Session, reach: Reach, after: Due | None) -> list[Due]:
    everything = union_all(*_rows(reach)).subquery()
    place = tuple_(everything.c.at, everything.c.kind, everything.c.subject_id)
    wanted = select(everything.c.kind, everything.c.subject_id, everything.c.at)
    if after is not None:
        wanted = wanted.where(place > (after.at, after.kind, after.subject_id))
    return [_due(row) for row in db.execute(wanted.order_by(*place).limit(BATCH))]


def _next(project_id: UUID, until: datetime) -> Due | None:
    everything = union_all(*_rows(due_rows.in_project(project_id, microseconds(until)))).subquery()
    wanted = (
        select(everything.c.kind, everything.c.subject_id, everything.c.at)
        .order_by(everything.c.at, everything.c.kind)
        .limit(1)
    )
    with database.reading() as db:
        row = db.execute(wanted).first()
    return None if row is None else _due(row)


def _due(row: Row[str, UUID, datetime]) -> Due:
    return Due(kind=row.kind, subject_id=row.subject_id, at=row.at)


def _pending_operations(project_id: UUID) -> list[UUID]:
    wanted = (
        select(PaymentOperation.id)
        .join(ParkingSession, ParkingSession.id == PaymentOperation.session_id)
        .where(ParkingSession.project_id == project_id, PaymentOperation.state == "pending")
        .where(PaymentOperation.due_at <= clock.now())
        .order_by(PaymentOperation.created_at)
    )
    with database.reading() as db:
        return list(db.scalars(wanted))


def _move_clock(project_id: UUID, at: datetime) -> None:
    """Set a sandbox's clock forward, never back, and its account's at the processor with it."""
    offset = microseconds(at) - microseconds(clock.now())
    ahead = Project.id == project_id, Project.clock_offset < offset
    with database.transaction() as db:
        db.execute(update(Project).where(*ahead).values(clock_offset=offset))
    processors.embedded().set_clock(project_id, at)


def _authorize(caller: Caller, session_id: UUID) -> None:
    """Let the simulated driver authorise an untouched hold."""
    operation_id = None
    with database.transaction() as db:
        session = db.get_one(ParkingSession, session_id, with_for_update=True)
        waiting = session.status == "active" and session.payment_status == "requires_authorization"
        if session.simulated_at is not None:
            session.simulated_at = None
            if waiting:
                operation_id = payment_operations.intend(
                    db, _hold_of(db, session_id), "authorize", payment_method=SIMULATED_CARD
                )
    if operation_id is not None:
        payments.carry_out(caller, operation_id, Claim("", None))


def _expire(caller: Caller, session_id: UUID) -> None:
    """End a session that nobody authorised in time, unless the processor knows better."""
    with database.reading() as db:
        hold_id = _hold_of(db, session_id).id
        authorizing = payment_operations.pending(db, session_id, "authorize")
    if authorizing is not None:
        finish_operation(caller, authorizing)  # it fell due before
    _refresh(caller, hold_id)
    with database.transaction() as db, settlement_subjects.changing(db, session_id, hold_id) as subject:
        if not _was_left_unpaid(subject):
            return
        if payment_operations.pending(db, session_id, "authorize") is not None:
            return
        payment_operations.give_up(db, session_id, "raise_hold")
        operation_id = None
        if stage_of(subject.hold.status) == "open":
            operation_id = payment_operations.intend(db, subject.hold, "release", reason="abandoned")
        settlements.expired(db, caller, subject)
        subject.save(db)
        availability.release(db, subject.session.lot_id)
    if operation_id is not None:
        payments.carry_out(caller, operation_id, Claim("", None))


def _was_left_unpaid(subject: Subject) -> bool:
    """Tell whether nobody ever authorised a hold of a parked car, be it that the hold was cancelled since.

    The first authorisation ends the grace time, so where that still runs there was none.
    """
    session = subject.session
    is_held = any(hold.status == HELD for hold in subject.holds)
    return session.status == "active" and session.grace_until is not None and not is_held


def _renew(caller: Caller, hold_id: UUID) -> None:
    """See to a hold that its issuer is about to let go of."""
    with database.reading() as db:
        session_id = db.get_one(Hold, hold_id).session_id
    operation_id = session_renewals.begin(session_id, hold_id)
    if operation_id is not None:
        payments.carry_out(caller, operation_id, Claim("", None))


def _refresh(caller: Caller, hold_id: UUID) -> None:
    """Apply what the processor says of a hold now."""
    with database.reading() as db:
        hold = db.get_one(Hold, hold_id)
        session = db.get_one(ParkingSession, hold.session_id)
        project = db.get_one(Project, session.project_id)
    if hold.payment_intent_id is None:
        return
    gateway = processors.card_payments_for(project.kind, project.id)
    snapshot = gateway.fetch(hold.payment_intent_id)
    with database.transaction() as db, settlement_subjects.changing(db, session.id, hold_id) as subject:
        payments.note_hold(db, caller, subject, snapshot)


def _hold_of(db: Session, session_id: UUID) -> Hold:
    """Return the hold that a session began with."""
    return db.scalars(select(Hold).where(Hold.session_id == session_id).order_by(Hold.id).limit(1)).one()


_RUN: Mapping[str, Callable[[Caller, UUID], None]] = {
    "authorize": _authorize,
    "expire": _expire,
    "end": sessions.end_by_itself,
    "renew": _renew,
    "refresh": _refresh,
    **reminders.RUN,
}
