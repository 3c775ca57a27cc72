"""The audit log as its operators read it: page by page, and lot by lot as a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import Session

from app import database
from app.domain.bookmarks import Bookmark
from app.domain.callers import Caller, ProjectRef
from app.models import AuditEntry, Lot, Project
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
    project_id: UUID | None = None
    """Of this project: `_shown` picks what that is."""

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

    A live key sees of its operator's sandboxes only the one that the filters name. A row about two operators
    stands in both logs; an agent's call stands there within two seconds.
    """
    project = projects.of(caller)
    with database.reading() as db:
        shown = _shown(db, project, filters.project_id)
        return _page(db, project, filters.apply(select(AuditEntry)).where(*shown), window)


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


def _shown(db: Session, project: ProjectRef, asked: UUID | None) -> Sequence[ColumnElement[bool]]:
    """Pick what a key reads of its operator's log, and of that what is of the project that was asked for."""
    wanted = [] if asked is None else [_of([asked])]
    if project.kind == "sandbox":
        return [_of([project.id]), *wanted]
    theirs = Project.operator_id == project.operator_id, Project.kind == "sandbox"
    sandboxes = db.scalars(select(Project.id).where(*theirs)).all()
    if not sandboxes or asked in sandboxes:
        return wanted
    return [_of(sandboxes).is_not(true()), *wanted]


def _of(project_ids: Sequence[UUID]) -> ColumnElement[bool]:
    """Pick what projects did, what was done to them, and what the worker did in their own worlds' lots."""
    own_lots = select(Lot.id).where(Lot.world_id.in_(project_ids))
    return or_(
        AuditEntry.project_id.in_(project_ids),
        AuditEntry.subject_id.in_([str(project_id) for project_id in project_ids]),
        AuditEntry.lot_id.in_(own_lots),
    )


def _require_lot(db: Session, project: ProjectRef, lot_id: UUID) -> None:
    theirs = Lot.operator_id == project.operator_id, Lot.world_id == project.world_id
    if db.scalar(select(Lot.id).where(Lot.id == lot_id, *theirs)) is None:
        raise lot_search.no_such_lot()


def _mark(entry: AuditEntry) -> Bookmark:
    return Bookmark(entry.at, entry.id)
