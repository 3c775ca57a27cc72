"""Rows of what is due: its kind, its subject, whose project that is, and since when.

A reach says how far to look. Each puts its bounds on the plain column, so that a database finds what is due
by an index of that column, or by a project's parked cars, and never looks at all that is parked.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    literal,
    literal_column,
    select,
    text,
    type_coerce,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.models import Hold, ParkingSession, Project
from app.models.base import UtcInstant
from app.models.operators import IS_AHEAD
from app.models.sessions import PARKED, RUNNING

AT_ONCE = 500
DueRows = Select[str, UUID, UUID, datetime]
Instant = InstrumentedAttribute[datetime | None] | InstrumentedAttribute[datetime]


class Reach(Protocol):
    """Leave those rows that are due, by the instant of each, or so many microseconds before it."""

    def __call__(self, rows: DueRows, at: ColumnElement[int], *, early: int = 0) -> DueRows:
        """Put the bounds on the instant."""


_OF_SESSIONS = text(f"sessions.{RUNNING.text}")
"""What is active runs, too, but only so does a database see that the index of a project's cars has it."""


def passed(now: int) -> Reach:
    """Reach what is due by now in any project: no clock of theirs is behind."""

    def reach(rows: DueRows, at: ColumnElement[int], *, early: int = 0) -> DueRows:
        return rows.where(at <= now + early)

    return reach


def passed_ahead(now: int, projects: Collection[UUID]) -> Reach:
    """Reach what is due only by the clocks of these projects, which run ahead."""

    def reach(rows: DueRows, at: ColumnElement[int], *, early: int = 0) -> DueRows:
        return (
            rows.join(Project, Project.id == ParkingSession.project_id)
            .where(ParkingSession.project_id.in_(projects), _OF_SESSIONS)
            .where(at > now + early, at <= now + early + Project.clock_offset)
        )

    return reach


def ahead(db: Session) -> Iterator[Sequence[UUID]]:
    """List the projects whose clocks run ahead, some at a time.

    By name, as a database that has to join them first may take them for all there are.
    """
    everybody = db.scalars(select(Project.id).where(IS_AHEAD)).all()
    return (everybody[begin : begin + AT_ONCE] for begin in range(0, len(everybody), AT_ONCE))


def in_project(project_id: UUID, until: int) -> Reach:
    """Reach what is due in one project until an instant of its own time."""

    def reach(rows: DueRows, at: ColumnElement[int], *, early: int = 0) -> DueRows:
        return rows.where(ParkingSession.project_id == project_id, _OF_SESSIONS, at <= until + early)

    return reach


def of_parked(kind: str, at: Instant, reach: Reach, *, early: int = 0) -> DueRows:
    """Select what is due to sessions that run, at what a column says or so many microseconds before."""
    instant = type_coerce(at, BigInteger)
    rows = select(
        literal(kind).label("kind"),
        ParkingSession.id.label("subject_id"),
        ParkingSession.project_id.label("project_id"),
        type_coerce(instant - early, UtcInstant).label("at"),
    )
    return reach(rows.where(at.is_not(None), PARKED), instant, early=early)


def of_held(kind: str, at: Instant, reach: Reach) -> DueRows:
    """Select what is due by an instant of holds whose money a parked car's session has not taken yet."""
    rows = (
        select(
            literal(kind).label("kind"),
            Hold.id.label("subject_id"),
            ParkingSession.project_id.label("project_id"),
            type_coerce(at, UtcInstant).label("at"),
        )
        .join(ParkingSession, ParkingSession.id == Hold.session_id)
        # In these very words, so that both databases know the index of what is held for theirs.
        .where(at.is_not(None), literal_column("holds.status = 'requires_capture'"))
        .where(ParkingSession.status == "active")
    )
    return reach(rows, type_coerce(at, BigInteger))
