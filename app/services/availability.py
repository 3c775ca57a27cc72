"""Free spaces: one counter per lot, taken and given back in the transaction of whatever needs the space.

The counter is what `capacity - running sessions - occupied elsewhere` would be if it were counted each time;
`drift` compares the two. It may be negative, when an operator reports more cars than there are spaces.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, literal, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from app import database
from app.domain import clock
from app.domain.callers import Caller
from app.domain.errors import LotFull
from app.models import Lot, LotAvailability, ParkingSession, Project
from app.models.base import microseconds
from app.presenters.availability import AvailabilityFacts
from app.services import lot_search, worlds

TAKING_A_SPACE = ("starting", "active")
"""The statuses of a session that holds a space; it is given back as soon as the end is asked for."""

_FREE = LotAvailability.free
_ELSEWHERE = LotAvailability.occupied_elsewhere


@dataclass(frozen=True, slots=True)
class Drift:
    """A lot whose counter says something else than its sessions do."""

    lot_id: UUID
    free: int
    expected: int


def get(caller: Caller, lot_id: UUID) -> AvailabilityFacts:
    """Count the free spaces of a lot; raise NotFound."""
    with database.reading() as db:
        found = lot_search.one(db, worlds.of(caller), lot_id)
        return AvailabilityFacts(
            lot_id=found.id,
            available=max(found.free, 0),
            capacity=found.capacity,
            open_now=lot_search.open_now(found),
            updated_at=found.counted_at,
            source=found.source,
        )


def is_full(db: Session, lot_id: UUID) -> bool:
    """Tell whether a lot has no space just now; only `take` decides who gets one."""
    free = db.scalar(select(_FREE).where(LotAvailability.lot_id == lot_id))
    return free is None or free <= 0


def take(db: Session, lot_id: UUID) -> int:
    """Take a space and return how many are left; raise LotFull where there is none.

    The last statement of a transaction: whoever wants the lot's next space waits from here to the commit.
    """
    left = db.scalar(_changed(lot_id, free=_FREE - 1).where(_FREE > 0))
    if left is None:
        raise LotFull
    return left


def release(db: Session, lot_id: UUID) -> int:
    """Give a space back and return how many are free; the last statement of a transaction, as `take` is."""
    return db.scalars(_changed(lot_id, free=_FREE + 1)).one()


def report_elsewhere(db: Session, lot_id: UUID, cars: int) -> int:
    """Note how many spaces cars take that are not ours, and return how many are free."""
    return _reported(db, lot_id, literal(cars))


def report_all(db: Session, lot_id: UUID, cars: int) -> int:
    """Note how many cars stand in the lot, ours among them, and return how many spaces are free."""
    capacity = select(Lot.capacity).where(Lot.id == lot_id).scalar_subquery()
    others = literal(cars) - (capacity - _FREE - _ELSEWHERE)
    return _reported(db, lot_id, case((others > 0, others), else_=0))


def drifted() -> list[Drift]:
    """Compare every counter with its lot's sessions; what comes back is a mistake of ours."""
    with database.reading() as db:
        return drift(db)


def drift(db: Session) -> list[Drift]:
    """Find the lots whose counter differs from what their sessions say; none, unless something is broken."""
    holding = (
        select(ParkingSession.lot_id, func.count().label("sessions"))
        .where(ParkingSession.status.in_(TAKING_A_SPACE))
        .group_by(ParkingSession.lot_id)
        .subquery("holding")
    )
    expected = Lot.capacity - func.coalesce(holding.c.sessions, 0) - _ELSEWHERE
    differing = (
        select(Lot.id, _FREE.label("free"), expected.label("expected"))
        .join(LotAvailability, LotAvailability.lot_id == Lot.id)
        .outerjoin(holding, holding.c.lot_id == Lot.id)
        .where(expected != _FREE)
        .order_by(Lot.id)
    )
    return [Drift(row.id, row.free, row.expected) for row in db.execute(differing)]


def _reported(db: Session, lot_id: UUID, elsewhere: ColumnElement[int]) -> int:
    free = _FREE + _ELSEWHERE - elsewhere
    return db.scalars(_changed(lot_id, free=free, occupied_elsewhere=elsewhere, source="reported")).one()


def _changed(lot_id: UUID, **values: Any) -> ReturningUpdate[int]:
    changed = update(LotAvailability).where(LotAvailability.lot_id == lot_id)
    return (
        changed.values(updated_at=_now_at(lot_id), **values)
        .returning(_FREE)
        .execution_options(synchronize_session=False)
    )


def _now_at(lot_id: UUID) -> ColumnElement[int]:
    """Tell the time of the lot's world within the statement: a sandbox's clock may run ahead."""
    ahead = select(Project.clock_offset).join(Lot, Lot.world_id == Project.id).where(Lot.id == lot_id)
    return literal(microseconds(clock.now())) + func.coalesce(ahead.scalar_subquery(), 0)
