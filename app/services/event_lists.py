"""The list of events that a project may hear of, whether somebody listened or not."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, union

from app import database
from app.domain.callers import Caller
from app.models import Event
from app.presenters.pages import Page
from app.services import event_spreading, projects


def page(
    caller: Caller, *, limit: int, event_type: str | None = None, cursor: UUID | None = None
) -> Page[Event]:
    """Return the events of the caller's project and of its operator's lots, newest first."""
    project = projects.of(caller)
    of_lots = event_spreading.of_lots(project.operator_id, project.world_id)
    # Each of the two is read from an index of its own; as one condition all events would be gone through.
    newest = [
        _newest(whose, limit=limit + 1, event_type=event_type, cursor=cursor).subquery()
        for whose in (Event.project_id == project.id, of_lots)
    ]
    ids = union(*(select(part.c.id) for part in newest))
    with database.reading() as db:
        wanted = select(Event).where(Event.id.in_(ids)).order_by(Event.id.desc()).limit(limit + 1)
        found = list(db.scalars(wanted))
    shown = found[:limit]
    return Page(shown, next_cursor=str(shown[-1].id) if len(found) > limit else None)


def _newest(
    whose: ColumnElement[bool], *, limit: int, event_type: str | None, cursor: UUID | None
) -> Select[UUID]:
    wanted = select(Event.id).where(whose)
    if event_type is not None:
        wanted = wanted.where(Event.type == event_type)
    if cursor is not None:
        wanted = wanted.where(Event.id < cursor)
    return wanted.order_by(Event.id.desc()).limit(limit)
