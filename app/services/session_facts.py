"""Find sessions, for those who may see them (product decision 9)."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.domain.callers import Caller
from app.domain.errors import NotFound
from app.domain.tariffs import Tariff
from app.models import Hold, Lot, ParkingSession, Person
from app.presenters.sessions import SessionFacts
from app.services import installation, rates, worlds

OUTSIDE = ("active", "ending", "completed", "expired")
"""The statuses that anyone outside ever sees; a session that never started does not exist."""

_SHOWN = (
    select(ParkingSession)
    .join(Lot, Lot.id == ParkingSession.lot_id)
    .where(ParkingSession.id == bindparam("session_id"), Lot.world_id == bindparam("world_id"))
    .where(ParkingSession.status.in_(OUTSIDE))
)
_LOCKED = _SHOWN.with_for_update(of=ParkingSession)
_PLATES = select(Person.id, Person.shown).where(Person.id.in_(bindparam("person_ids", expanding=True)))
_HOLDS = select(Hold).where(Hold.session_id.in_(bindparam("session_ids", expanding=True))).order_by(Hold.id)


def visible(db: Session, caller: Caller, session_id: UUID, *, lock: bool = False) -> ParkingSession:
    """Return a session that the caller may see; for anyone else it does not exist."""
    wanted = _LOCKED if lock else _SHOWN
    session = db.scalars(wanted, {"session_id": session_id, "world_id": worlds.of(caller)}).one_or_none()
    if session is None or not may_see(caller, session):
        raise NotFound("There is no such session.")
    return session


def may_see(caller: Caller, session: ParkingSession) -> bool:
    """Tell whether the caller made the session, runs its lot, or drives the car."""
    project = caller.project
    if project is None:
        return False
    if caller.actor.type == "driver":  # a link opens one session, whatever else its project made
        return caller.actor.id == str(session.id)
    return project.id == session.project_id or project.operator_id == session.operator_id


def facts_of(db: Session, session: ParkingSession, *, caller: Caller) -> SessionFacts:
    """Gather what presenting a session needs."""
    return facts_of_all(db, [session], caller=caller)[0]


def facts_of_all(db: Session, sessions: Sequence[ParkingSession], *, caller: Caller) -> list[SessionFacts]:
    """Gather what presenting several sessions needs, in their order."""
    plates = _plates(db, {session.plate_id for session in sessions})
    tariffs = rates.tariffs(db, {session.tariff_id for session in sessions})
    holds = _holds(db, [session.id for session in sessions])
    return [
        facts(
            session,
            plate=plates[session.plate_id],
            tariff=tariffs[session.tariff_id],
            holds=holds.get(session.id, []),
            caller=caller,
        )
        for session in sessions
    ]


def facts(
    session: ParkingSession, *, plate: str | None, tariff: Tariff, holds: Sequence[Hold], caller: Caller
) -> SessionFacts:
    """Put together what is known of a session."""
    return SessionFacts(
        session=session,
        plate=plate,
        tariff=tariff,
        holds=holds,
        receipt_url=receipt_url(session),
        shows_secret=caller.project is not None and caller.project.id == session.project_id,
    )


def _plates(db: Session, person_ids: Collection[UUID]) -> Mapping[UUID, str | None]:
    return {row.id: row.shown for row in db.execute(_PLATES, {"person_ids": list(person_ids)})}


def _holds(db: Session, session_ids: Sequence[UUID]) -> Mapping[UUID, list[Hold]]:
    held: dict[UUID, list[Hold]] = {}
    for hold in db.scalars(_HOLDS, {"session_ids": session_ids}):
        held.setdefault(hold.session_id, []).append(hold)
    return held


def receipt_url(session: ParkingSession) -> str:
    """Return the link under which the driver sees the session."""
    return f"{installation.settings().pages_url}/r/{session.receipt_token}"
