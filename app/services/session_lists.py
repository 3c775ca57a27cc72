"""Lists of sessions, for those who may see them (product decision 9): by lot, status, time, or plate."""

from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app import database
from app.domain import plates
from app.domain.bookmarks import Bookmark
from app.domain.callers import Caller, ProjectRef
from app.domain.sessions import PUBLIC_STATUS
from app.models import Lot, ParkingSession, Person
from app.models.sessions import RUNNING
from app.presenters.pages import Page
from app.presenters.sessions import SessionFacts
from app.services import projects, session_facts
from app.services.timelines import Timeline, Window

Wanted = Select[ParkingSession]

NEWEST = Timeline(ParkingSession.started_at, ParkingSession.id)


def page(
    caller: Caller, window: Window, *, lot_id: UUID | None = None, status: str | None = None
) -> Page[SessionFacts]:
    """Return the sessions that the caller may see, newest first; a lot that it cannot see has none."""
    project = projects.of(caller)
    wanted = _in_status(status)
    queries = [_made_by(project, wanted, lot_id)]
    if project.kind == "live":  # in a sandbox's world nobody parks but itself
        queries.append(_in_lots_of(project, wanted, lot_id))
    with database.reading() as db:
        return _page(db, caller, window, queries)


def search(caller: Caller, plate: str, window: Window) -> Page[SessionFacts]:
    """Return the sessions of a plate that the caller may see, newest first; plates compare normalised."""
    project = projects.of(caller)
    with database.reading() as db:
        # Each operator knows plates apart; the sessions of the one that it knows itself are all its own. They
        # are not listed first: everybody's sandbox may know the plate.
        known = _persons(plate)
        parked = ParkingSession.plate_id.in_(known)
        own = ParkingSession.plate_id.in_(known.where(Person.operator_id == project.operator_id))
        # The function keeps SQLite from reading all that the project ever made, in the order asked for.
        made = func.coalesce(ParkingSession.project_id, ParkingSession.operator_id) == project.id
        queries = [_in_status(None).where(parked, made)]
        if project.kind == "live":
            queries.append(_in_world_of(project, _in_status(None).where(own)))
        return _page(db, caller, window, queries)


def _persons(plate: str) -> Select[UUID]:
    """Select whoever has a plate."""
    return select(Person.id).where(Person.kind == "plate", Person.normalised == plates.normalise(plate))


def _in_status(status: str | None) -> Wanted:
    if status == "active":
        return select(ParkingSession).where(RUNNING, ParkingSession.status != "starting")
    kept = [own for own, public in PUBLIC_STATUS.items() if status in (None, public)]
    return select(ParkingSession).where(ParkingSession.status.in_(kept))


def _made_by(project: ProjectRef, wanted: Wanted, lot_id: UUID | None) -> Wanted:
    made = wanted.where(ParkingSession.project_id == project.id)
    return made if lot_id is None else made.where(ParkingSession.lot_id == lot_id)


def _in_lots_of(project: ProjectRef, wanted: Wanted, lot_id: UUID | None) -> Wanted:
    run = _in_world_of(project, wanted)
    if lot_id is None:
        return run.where(ParkingSession.operator_id == project.operator_id)
    return run.where(ParkingSession.lot_id == lot_id, Lot.operator_id == project.operator_id)


def _in_world_of(project: ProjectRef, wanted: Wanted) -> Wanted:
    return wanted.join(Lot, Lot.id == ParkingSession.lot_id).where(Lot.world_id == project.world_id)


def _page(db: Session, caller: Caller, window: Window, queries: list[Wanted]) -> Page[SessionFacts]:
    """Merge what several queries find: each has an index of its own, which an OR of them would not use."""
    found = {each.id: each for query in queries for each in db.scalars(NEWEST.newest(query, window))}
    page = window.page(sorted(found.values(), key=_mark, reverse=True), _mark)
    return Page(session_facts.facts_of_all(db, page.entries, caller=caller), next_cursor=page.next_cursor)


def _mark(session: ParkingSession) -> Bookmark:
    return Bookmark(session.started_at, session.id)
