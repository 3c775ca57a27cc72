"""Find sessions, for those who may see them (product decision 9)."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.callers import Caller
from app.domain.errors import NotFound
from app.models import Hold, Lot, ParkingSession, Person
from app.presenters.sessions import SessionFacts
from app.services import installation, rates, worlds

OUTSIDE = ("active", "ending", "completed", "expired")
"""The statuses that anyone outside ever sees; a session that never started does not exist."""


def visible(db: Session, caller: Caller, session_id: UUID, *, lock: bool = False) -> ParkingSession:
    """Return a session that the caller may see; for anyone else it does not exist."""
    wanted = (
        select(ParkingSession)
        .join(Lot, Lot.id == ParkingSession.lot_id)
        .where(ParkingSession.id == session_id, Lot.world_id == worlds.of(caller))
        .where(ParkingSession.status.in_(OUTSIDE))
    )
    if lock:
        wanted = wanted.with_for_update(of=ParkingSession)
    session = db.scalars(wanted).one_or_none()
    if session is None or not may_see(caller, session):
        raise NotFound("There is no such session.")
    return session


def may_see(caller: Caller, session: ParkingSession) -> bool:
    """Tell whether the caller's project made the session or its operator runs the lot."""
    project = caller.project
    if project is None:
        return False
    return project.id == session.project_id or project.operator_id == session.operator_id


def facts_of(db: Session, session: ParkingSession, *, caller: Caller) -> SessionFacts:
    """Gather what presenting a session needs."""
    plate = db.scalars(select(Person.shown).where(Person.id == session.plate_id)).one()
    holds = db.scalars(select(Hold).where(Hold.session_id == session.id).order_by(Hold.id)).all()
    return SessionFacts(
        session=session,
        plate=plate or "",
        tariff=rates.tariff(db, session.tariff_id),
        holds=holds,
        receipt_url=receipt_url(session),
        shows_secret=caller.project is not None and caller.project.id == session.project_id,
    )


def receipt_url(session: ParkingSession) -> str:
    """Return the link under which the driver sees the session."""
    return f"{installation.settings().pages_url}/r/{session.receipt_token}"
