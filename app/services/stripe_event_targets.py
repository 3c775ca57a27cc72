"""What an event of the processor is about, looked at and changed without a moment in which it is stale.

The processor is asked before the transaction, so what is written could be older than what somebody else wrote
meanwhile. Where the hold is not as it was before the processor was asked, the processor is asked again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import database
from app.domain.callers import Caller, ProjectKind
from app.domain.errors import BadGateway, BadRequest
from app.gateways import processors
from app.gateways.card_payments import Event
from app.models import Dispute, Hold, ParkingSession, Project
from app.services import settlement_subjects, stripe_event_log
from app.services.settlement_subjects import Subject

T = TypeVar("T")

TRIES = 3

Standing = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """The hold that an event is about, and how it stood before the processor was asked."""

    hold_id: UUID
    session_id: UUID
    project_kind: ProjectKind
    project_id: UUID
    payment_intent_id: str
    stood: Standing


Ask = Callable[[Target], T]
Write = Callable[[Session, Caller, Subject, T], None]


class _Moved(Exception):
    """Somebody else changed the hold while the processor was asked."""


def apply(caller: Caller, event: Event, *, ask: Ask[T], write: Write[T]) -> None:
    """Ask the processor what is so now, and write it down once for an event.

    An event of a payment that nobody knows changes nothing. Raises BadRequest for one that comes from another
    processor than the payment's, BadGateway where the processor does not answer: it sends the event again.
    """
    for _ in range(TRIES):
        target = find(event)
        if target is None:
            return stripe_event_log.note(event)
        told = ask(target)
        try:
            return _write(caller, event, target, told, write)
        except _Moved:
            continue
    raise BadGateway("This payment is being changed right now. Send the event again.")


def _write(caller: Caller, event: Event, target: Target, told: T, write: Write[T]) -> None:
    with database.transaction() as db:
        if not stripe_event_log.first_time(db, event):
            return
        with settlement_subjects.changing(db, target.session_id, target.hold_id) as subject:
            if _standing(db, subject.hold) != target.stood:
                raise _Moved
            write(db, caller, subject, told)


def find(event: Event) -> Target | None:
    """Return the hold that an event is about, or None; raise BadRequest for another processor's event."""
    if event.payment_intent_id is None:
        return None
    wanted = (
        select(Hold, ParkingSession.id, Project)
        .join(ParkingSession, ParkingSession.id == Hold.session_id)
        .join(Project, Project.id == ParkingSession.project_id)
        .where(Hold.payment_intent_id == event.payment_intent_id)
    )
    with database.reading() as db:
        found = db.execute(wanted).one_or_none()
        if found is None:
            return None
        hold, session_id, project = found
        stood = _standing(db, hold)
    if processors.is_off(project.kind) or event.livemode != processors.moves_money(project.kind):
        raise BadRequest.of("livemode", "This event is not of the processor that holds this payment.")
    intent = event.payment_intent_id
    return Target(hold.id, session_id, project.kind, project.id, intent, stood)


def _standing(db: Session, hold: Hold) -> Standing:
    money = hold.authorized_minor, hold.captured_minor, hold.refunded_minor, hold.disputed_minor
    return hold.status, *money, *(_disputes(db, hold) if hold.captured_minor else ())


def _disputes(db: Session, hold: Hold) -> Sequence[str]:
    of_hold = Dispute.session_id == hold.session_id, Dispute.hold_id == hold.id
    return db.scalars(select(Dispute.status).where(*of_hold).order_by(Dispute.id)).all()
