"""The audit log as its operators read it: page by page, and lot by lot as a file."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from app import database
from app.domain.bookmarks import Bookmark
from app.domain.callers import Caller, ProjectRef
from app.models import AuditEntry, Lot
from app.presenters.pages import Page
from app.services import lot_search, projects
from app.services.timelines import Timeline, Window

Wanted = Select[AuditEntry]

NEWEST = Timeline(AuditEntry.at, AuditEntry.id)


@dataclass(frozen=True, slots=True)
class Filters:
    """What entries to show, each only if given."""

    lot_id: UUID | None = None
    action: str | None = None
    actor_type: str | None = None

    def apply(self, wanted: Wanted) -> Wanted:
        """Narrow a query."""
        given = {
            AuditEntry.lot_id: self.lot_id,
            AuditEntry.action: self.action,
            AuditEntry.actor_type: self.actor_type,
        }
        return wanted.where(*(column == value for column, value in given.items() if value is not None))


def page(caller: Caller, window: Window, filters: Filters) -> Page[AuditEntry]:
    """Return the log of the caller's operator, newest first; a sandbox key sees its own world's part of it.

    A row about two operators stands in both logs; an agent's call stands there within a second or so.
    """
    project = projects.of(caller)
    wanted = filters.apply(select(AuditEntry))
    if project.kind == "sandbox":
        wanted = wanted.where(_of_world(project))
    with database.reading() as db:
        return _page(db, project, wanted, window)


def export(caller: Caller, lot_id: UUID, window: Window) -> Page[AuditEntry]:
    """Return the log of one of the operator's lots, newest first; raise NotFound for a lot of another's.

    A deleted lot has its log still.
    """
    project = projects.of(caller)
    with database.reading() as db:
        _require_lot(db, project, lot_id)
        return _page(db, project, select(AuditEntry).where(AuditEntry.lot_id == lot_id), window)


def _page(db: Session, project: ProjectRef, wanted: Wanted, window: Window) -> Page[AuditEntry]:
    """Merge what two queries find: each has an index of its own, which an OR of them would not use."""
    found: dict[UUID, AuditEntry] = {}
    for side in (AuditEntry.operator_id, AuditEntry.other_operator_id):
        newest = NEWEST.newest(wanted.where(side == project.operator_id), window)
        found |= {entry.id: entry for entry in db.scalars(newest)}
    return window.page(sorted(found.values(), key=_mark, reverse=True), _mark)


def _of_world(project: ProjectRef) -> ColumnElement[bool]:
    """Pick what a sandbox project did, what was done to it, and what the worker did in its lots."""
    own_lots = select(Lot.id).where(Lot.world_id == project.world_id)
    return or_(
        AuditEntry.project_id == project.id,
        AuditEntry.subject_id == str(project.id),
        AuditEntry.lot_id.in_(own_lots),
    )


def _require_lot(db: Session, project: ProjectRef, lot_id: UUID) -> None:
    theirs = Lot.operator_id == project.operator_id, Lot.world_id == project.world_id
    if db.scalar(select(Lot.id).where(Lot.id == lot_id, *theirs)) is None:
        raise lot_search.no_such_lot()


def _mark(entry: AuditEntry) -> Bookmark:
    return Bookmark(entry.at, entry.id)
