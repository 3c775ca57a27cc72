"""Occupancy by the hour, kept for ever: what each hour ended with, as far as that is known.

A row is written for an hour in which something moved. While nothing moves, the last row goes on to hold.
The first change after an hour writes the row itself, by a trigger: afterwards nobody could know it. What is
left for the worker are lots that stand still since then.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Row, Select, and_, func, literal, select, type_coerce

from app import database
from app.domain import clock
from app.models import Lot, LotAvailability, OccupancyHour, Project
from app.models.base import UtcInstant, microseconds
from app.services import rows
from app.services.projects import MICROSECOND

SETTLED_AFTER = timedelta(minutes=2)
"""A change that was made in the last second of an hour may still be on its way into the database."""
BATCH = 500

_HOUR = timedelta(hours=1) // MICROSECOND


def end_hours() -> int:
    """Write the hours that ended since the lots' last changes; return how many were written."""
    written, last = 0, None
    while ended := _ended(after=last):
        with database.transaction() as db:
            rows.add_all_unless_there(db, OccupancyHour, [dict(hour._mapping) for hour in ended])
        written += len(ended)
        last = ended[-1].lot_id
    return written


def _ended(*, after: UUID | None) -> Sequence[Row[UUID, datetime, int, int, str]]:
    """Find standing lots whose last change lies in an hour that ended in their world and has no row."""
    hour_at = _hour(type_coerce(LotAvailability.updated_at, BigInteger))
    ahead = func.coalesce(Project.clock_offset, 0)
    settled = literal(microseconds(clock.now() - SETTLED_AFTER), BigInteger) + ahead
    known = and_(OccupancyHour.lot_id == Lot.id, type_coerce(OccupancyHour.hour_at, BigInteger) == hour_at)
    wanted = (
        _facts(hour_at)
        .join(LotAvailability, LotAvailability.lot_id == Lot.id)
        .outerjoin(Project, Project.id == Lot.world_id)
        .outerjoin(OccupancyHour, known)
        .where(Lot.deleted_at.is_(None), OccupancyHour.lot_id.is_(None), hour_at + _HOUR <= settled)
    )
    if after is not None:
        wanted = wanted.where(Lot.id > after)
    with database.reading() as db:
        return db.execute(wanted.order_by(Lot.id).limit(BATCH)).all()


def _facts(hour_at: ColumnElement[int]) -> Select[UUID, datetime, int, int, str]:
    return select(
        Lot.id.label("lot_id"),
        type_coerce(hour_at, UtcInstant).label("hour_at"),
        Lot.capacity,
        (Lot.capacity - LotAvailability.free).label("occupied"),
        LotAvailability.source,
    )


def _hour(at: ColumnElement[int]) -> ColumnElement[int]:
    """Cut an instant to the beginning of its hour."""
    return at - at % _HOUR
