"""What a payment operation is about: a session, one of its holds, and the project that made it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Label, Table, bindparam, select
from sqlalchemy.orm import Session

from app import database, queries
from app.domain.callers import ProjectKind
from app.models import Hold, ParkingSession, Project
from app.services import rows

_sessions = cast(Table, ParkingSession.__table__)
_holds = cast(Table, Hold.__table__)
_projects = cast(Table, Project.__table__)

_OF_SESSION = [column.name for column in _sessions.columns]
_OF_HOLD = [column.name for column in _holds.columns]
_OF_PROJECT = ["operator_id", "kind", "simulated_driver"]


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """What counts of the project whose session it is, but for its clock, which may be moved meanwhile."""

    operator_id: UUID
    kind: ProjectKind
    simulated_driver: str | None


@dataclass(frozen=True, slots=True)
class Subject:
    """The rows that an operation is about, locked; what is set of session and hold is written by `save`."""

    session: ParkingSession
    hold: Hold
    project: ProjectFacts
    params: Mapping[str, Any]

    def save(self, db: Session) -> None:
        """Write what was set so far."""
        rows.save(db, self.hold)
        rows.save(db, self.session)


@contextmanager
def changing(
    db: Session, session_id: UUID, hold_id: UUID, *, params: Mapping[str, Any] | None = None
) -> Iterator[Subject]:
    """Lend the rows that are there now, locked till the commit, and save them in the end."""
    (row,) = queries.execute(
        database.connection_of(db), _SUBJECT, {"session_id": session_id, "hold_id": hold_id}
    )
    values = iter(row)
    subject = Subject(
        session=rows.draft(ParkingSession, dict(zip(_OF_SESSION, values, strict=False))),
        hold=rows.draft(Hold, dict(zip(_OF_HOLD, values, strict=False))),
        project=ProjectFacts(*values),
        params=params or {},
    )
    yield subject
    subject.save(db)


def _labelled(table: Table, names: Sequence[str]) -> list[Label[Any]]:
    """Select columns under names of their own: several of the tables have an `id`."""
    return [table.c[name].label(f"{table.name}__{name}") for name in names]


_SUBJECT = (
    select(
        *_labelled(_sessions, _OF_SESSION),
        *_labelled(_holds, _OF_HOLD),
        *_labelled(_projects, _OF_PROJECT),
    )
    .join(_holds, _holds.c.session_id == _sessions.c.id)
    .join(_projects, _projects.c.id == _sessions.c.project_id)
    .where(_sessions.c.id == bindparam("session_id"), _holds.c.id == bindparam("hold_id"))
    # The hold too, and after the session: of rows that are not locked, PostgreSQL shows whoever waited for a
    # lock what stood before the wait.
    .with_for_update(of=(_sessions, _holds))
)
