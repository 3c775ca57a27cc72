"""A hold that the processor is asked about, and changed without a moment in which what it said is stale.

The processor is asked before the transaction, so what is written could be older than what somebody else wrote
meanwhile. Where the hold is not as it was before the processor was asked, the processor is asked again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import database
from app.domain.callers import ProjectKind
from app.models import Dispute, Hold, ParkingSession, Project
from app.services import settlement_subjects
from app.services.settlement_subjects import Subject

TRIES = 3
"""How often the processor is asked until nobody changed the hold meanwhile."""

Standing = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A hold, and how it stood before the processor was asked."""

    hold_id: UUID
    session_id: UUID
    project_kind: ProjectKind
    project_id: UUID
    payment_intent_id: str
    stood: Standing
    refunded_minor: int


class Moved(Exception):
    """Somebody else changed the hold while the processor was asked."""


def find(payment_intent_id: str) -> Target | None:
    """Return the hold that is known under this id at the processor, or None."""
    wanted = (
        select(Hold, ParkingSession.id, Project)
        .join(ParkingSession, ParkingSession.id == Hold.session_id)
        .join(Project, Project.id == ParkingSession.project_id)
        .where(Hold.payment_intent_id == payment_intent_id)
    )
    with database.reading() as db:
        found = db.execute(wanted).one_or_none()
        if found is None:
            return None
        hold, session_id, project = found
        stood = _standing(db, hold)
    return Target(
        hold_id=hold.id,
        session_id=session_id,
        project_kind=project.kind,
        project_id=project.id,
        payment_intent_id=payment_intent_id,
        stood=stood,
        refunded_minor=hold.refunded_minor,
    )


@contextmanager
def unmoved(db: Session, target: Target) -> Iterator[Subject]:
    """Lend the rows as `settlement_subjects.changing` does; raise Moved if the hold stands otherwise now."""
    with settlement_subjects.changing(db, target.session_id, target.hold_id) as subject:
        if _standing(db, subject.hold) != target.stood:
            raise Moved
        yield subject


def _standing(db: Session, hold: Hold) -> Standing:
    money = hold.authorized_minor, hold.captured_minor, hold.refunded_minor, hold.disputed_minor
    return hold.status, *money, *(_disputes(db, hold) if hold.captured_minor else ())


def _disputes(db: Session, hold: Hold) -> Sequence[str]:
    of_hold = Dispute.session_id == hold.session_id, Dispute.hold_id == hold.id
    return db.scalars(select(Dispute.status).where(*of_hold).order_by(Dispute.id)).all()
