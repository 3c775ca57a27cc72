"""Search for lots near a position."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Double, Row, TextClause, Uuid, bindparam, column, select, text
from sqlalchemy.orm import Session

from app.domain import positions
from app.domain.agent_access import may_agents_book
from app.domain.tariffs import Tariff
from app.models import Lot, LotAvailability
from app.models import Tariff as TariffRow
from app.services import opening_hours
from bench.peers import statements
from bench.peers.fastapi_sqlalchemy.schemas import LotSummary, Search

tariffs: dict[UUID, Tariff] = {}
"""A tariff's row never changes."""


def search(db: Session, wanted: Search) -> list[LotSummary]:
    found = list(_near(db, wanted))
    _read_tariffs(db, {lot.tariff_id for lot in found if lot.tariff_id is not None} - tariffs.keys())
    now = datetime.now(UTC)
    shown = [_summary(lot, now + timedelta(microseconds=lot.clock_offset or 0)) for lot in found]
    if wanted.open_now:
        shown = [lot for lot in shown if lot.open_now]
    return shown[: wanted.limit]


def _near(db: Session, wanted: Search) -> Iterator[Row[Any]]:
    assert wanted.lat is not None
    assert wanted.lng is not None
    asked = wanted.model_dump(include=set(statements.CONDITIONS), exclude_defaults=True)
    size, found = statements.EVERYTHING if wanted.open_now else wanted.limit, 0
    for step in statements.rings(
        wanted.lat,
        wanted.lng,
        radius_km=wanted.radius_km,
        size=size,
        asked=asked,
        dialect=db.get_bind().dialect.name,
    ):
        rows = db.execute(_typed(step.sql), step.values).all()
        yield from rows
        found += len(rows)
        if found >= size:
            return


@cache
def _typed(sql: str) -> TextClause:
    lots = [Lot.__table__.c[name] for name in statements.LOT_COLUMNS]
    counters = [LotAvailability.__table__.c.free, LotAvailability.__table__.c.updated_at.label("counted_at")]
    rest = [column("chord2", Double), column("clock_offset", BigInteger)]
    return text(sql).bindparams(bindparam("world_id", type_=Uuid())).columns(*lots, *counters, *rest)  # type: ignore[return-value] # a select of text


def _read_tariffs(db: Session, missing: set[UUID]) -> None:
    if missing:
        rows = db.execute(select(TariffRow.id, TariffRow.rules).where(TariffRow.id.in_(missing)))
        tariffs.update({row.id: Tariff.from_json(row.rules) for row in rows})


def _summary(lot: Row[Any], now: datetime) -> LotSummary:
    tariff = tariffs.get(lot.tariff_id)
    distance_km = round(positions.distance_km(lot.chord2), 3)
    return LotSummary(
        id=str(lot.id),
        name=lot.name,
        slug=lot.slug,
        address=lot.address,
        city=lot.city,
        lat=lot.lat,
        lng=lot.lng,
        distance_km=distance_km,
        walking_minutes=positions.walking_minutes(distance_km),
        rate=None if tariff is None else tariff.rate_at(now).to_major(),
        currency=lot.currency,
        available=max(lot.free, 0),
        capacity=lot.capacity,
        type=lot.type,
        amenities=lot.amenities,
        open_now=opening_hours.is_open(lot.opening_hours, lot.time_zone, now, country=lot.country),
        agent_bookable=tariff is not None and may_agents_book(lot.agent_access, lot.created_at),
        updated_at=max(lot.updated_at, lot.counted_at).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
