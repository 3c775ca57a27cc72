"""Free spaces: one counter per lot, taken and given back in the transaction of whatever needs the space.

The counter is what `capacity - running sessions - occupied elsewhere` would be if it were counted each time;
`drift` compares the two. It may be negative, when an operator reports more cars than there are spaces.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Table,
    bindparam,
    case,
    exists,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.dml import ReturningUpdate

from app import database, queries
from app.domain import clock
from app.domain import sessions as rules
from app.domain.agent_access import AgentAccess
from app.domain.callers import Caller
from app.domain.errors import BadRequest, Detail, LotFull
from app.domain.idempotency import Once
from app.models import Lot, LotAvailability, ParkingSession, Project
from app.models.base import microseconds
from app.presenters.availability import AvailabilityFacts
from app.services import audit, events, idempotency, lot_search, operator_lots, worlds
from app.services.idempotency import Answer, Claim

_counters: Table = cast(Table, LotAvailability.__table__)
_FREE = _counters.c.free
_ELSEWHERE = _counters.c.occupied_elsewhere


class Count(NamedTuple):
    """What a counter says after it was changed."""

    free: int
    occupied_elsewhere: int


class Taken(NamedTuple):
    """What is left after a space was taken, and what the lot's operator says of agents by then."""

    free: int
    agent_access: AgentAccess | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Drift:
    """A lot whose counter says something else than its sessions do."""

    lot_id: UUID
    free: int
    expected: int


def get(caller: Caller, lot_id: UUID) -> AvailabilityFacts:
    """Count the free spaces of a lot; raise NotFound."""
    with queries.reading() as read:
        found = lot_search.one(read, worlds.of(caller), lot_id)
    return AvailabilityFacts(
        lot_id=found.id,
        available=max(found.free, 0),
        capacity=found.capacity,
        open_now=lot_search.open_now(found),
        updated_at=found.counted_at,
        source=found.source,
    )


def report(
    caller: Caller,
    lot_id: UUID,
    *,
    occupied: int | None = None,
    occupied_elsewhere: int | None = None,
    once: Once | None = None,
) -> Answer[AvailabilityFacts]:
    """Take over what the operator counted: all cars (`occupied`), or those that are not ours.

    Every report stands in the audit log, also one that says what the last one did: that a count still holds
    is news, and `updated_at` tells it. Raise BadRequest for none or both of the figures, NotFound for a lot
    that is not the operator's.
    """
    said = _one_figure({"occupied": occupied, "occupied_elsewhere": occupied_elsewhere})

    def work(claim: Claim) -> AvailabilityFacts:
        with database.transaction() as db:
            claim.settle(db, lot_id)
            lot = operator_lots.for_report(db, caller, lot_id)
            before = db.scalar(_ELSEWHERE_BEFORE, {"of_lot": lot_id})
            left = _reported(db, lot_id, _elsewhere(lot_id, said))
            audit.append(
                db,
                caller,
                "occupancy.report",
                operator_id=lot.operator_id,
                subject=("lot", lot_id),
                lot_id=lot_id,
                diff={"said": said, "occupied_elsewhere": left.occupied_elsewhere, "free": left.free},
            )
            if left.occupied_elsewhere != before:
                events.of_occupancy(db, lot, free=left.free, occupied_elsewhere=left.occupied_elsewhere)
        return get(caller, lot_id)

    return idempotency.perform(caller, once, work=work, again=lambda _: get(caller, lot_id))


def take(db: Session, lot_id: UUID) -> Taken:
    """Take a space; raise LotFull where there is none, or no such lot any more.

    The last statement of a transaction: whoever wants the lot's next space waits from here to the commit.
    """
    taken = queries.execute(database.connection_of(db), _TAKE, _of(lot_id))
    if not taken:
        raise LotFull
    return Taken(*taken[0])


def release(db: Session, lot_id: UUID) -> int:
    """Give a space back and return how many are free; the last statement of a transaction, as `take` is."""
    (left,) = queries.execute(database.connection_of(db), _RELEASE, _of(lot_id))
    return Count(*left).free


def drifted() -> list[Drift]:
    """Compare every counter with its lot's sessions; what comes back is a mistake of ours."""
    with database.reading() as db:
        return drift(db)


def drift(db: Session) -> list[Drift]:
    """Find the lots whose counter differs from what their sessions say; none, unless something is broken."""
    holding = (
        select(ParkingSession.lot_id, func.count().label("sessions"))
        .where(ParkingSession.status.in_(rules.IN_THE_LOT))
        .group_by(ParkingSession.lot_id)
        .subquery("holding")
    )
    expected = Lot.capacity - func.coalesce(holding.c.sessions, 0) - _ELSEWHERE
    differing = (
        select(Lot.id, _FREE.label("free"), expected.label("expected"))
        .join(_counters, _counters.c.lot_id == Lot.id)
        .outerjoin(holding, holding.c.lot_id == Lot.id)
        .where(expected != _FREE)
        .order_by(Lot.id)
    )
    return [Drift(row.id, row.free, row.expected) for row in db.execute(differing)]


def _one_figure(figures: Mapping[str, int | None]) -> Mapping[str, int]:
    given = {field: cars for field, cars in figures.items() if cars is not None}
    if len(given) == 1:
        return given
    message = f"Send {' or '.join(figures)}{', not both' if given else ''}."
    first = next(iter(figures))
    raise BadRequest(f"{first}: {message}", details=[Detail(field, message) for field in figures])


def _elsewhere(lot_id: UUID, said: Mapping[str, int]) -> ColumnElement[int]:
    ((field, cars),) = said.items()
    return _not_ours(lot_id, cars) if field == "occupied" else literal(cars)


def _not_ours(lot_id: UUID, cars: int) -> ColumnElement[int]:
    """Tell how many of the cars in a lot have no running session, within the statement that counts them."""
    capacity = select(Lot.capacity).where(Lot.id == lot_id).scalar_subquery()
    others = literal(cars) - (capacity - _FREE - _ELSEWHERE)
    return case((others > 0, others), else_=0)


def _reported(db: Session, lot_id: UUID, elsewhere: ColumnElement[int]) -> Count:
    free = _FREE + _ELSEWHERE - elsewhere
    changed = _changed(free=free, occupied_elsewhere=elsewhere, source="reported")
    return Count(*db.execute(changed, _of(lot_id)).one())


def _of(lot_id: UUID) -> dict[str, Any]:
    return {"of_lot": lot_id, "real_time": microseconds(clock.now())}


def _changed(**values: Any) -> ReturningUpdate[int, int]:
    changed = update(_counters).where(_counters.c.lot_id == bindparam("of_lot"))
    return changed.values(updated_at=_now_there(), **values).returning(_FREE, _ELSEWHERE)


def _of_lot(column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    found = select(column).where(Lot.id == bindparam("of_lot"))
    return found.scalar_subquery().label(column.key)


def _now_there() -> ColumnElement[int]:
    """Tell the time of the lot's world within the statement: a sandbox's clock may run ahead."""
    ahead = select(Project.clock_offset).join(Lot, Lot.world_id == Project.id)
    offset = ahead.where(Lot.id == bindparam("of_lot")).scalar_subquery()
    return bindparam("real_time", type_=BigInteger) + func.coalesce(offset, 0)


_STANDS = exists().where(Lot.id == bindparam("of_lot"), Lot.deleted_at.is_(None))
_TAKE = (
    update(_counters)
    .where(_counters.c.lot_id == bindparam("of_lot"), _FREE > 0, _STANDS)
    .values(free=_FREE - 1, updated_at=_now_there())
    .returning(_FREE, _of_lot(Lot.agent_access), _of_lot(Lot.created_at))
)
_RELEASE = _changed(free=_FREE + 1)
_ELSEWHERE_BEFORE = select(_ELSEWHERE).where(_counters.c.lot_id == bindparam("of_lot")).with_for_update()
