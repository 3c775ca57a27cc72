"""Rows of what is due: its kind, its subject, whose project that is, and since when."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, literal, literal_column, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute

from app.models import Hold, ParkingSession
from app.models.base import UtcInstant
from app.models.sessions import PARKED

DueRows = Select[str, UUID, UUID, datetime]


def of_parked(
    kind: str, at: InstrumentedAttribute[datetime | None] | InstrumentedAttribute[datetime]
) -> DueRows:
    """Select what is due to sessions that run, where a column of theirs says when."""
    return select(
        literal(kind).label("kind"),
        ParkingSession.id.label("subject_id"),
        ParkingSession.project_id.label("project_id"),
        type_coerce(at, UtcInstant).label("at"),
    ).where(at.is_not(None), PARKED)


def of_held(kind: str, at: InstrumentedAttribute[datetime | None]) -> DueRows:
    """Select what is due by an instant of holds whose money a parked car's session has not taken yet."""
    return (
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
