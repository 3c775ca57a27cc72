"""Lots as rows: what is derived from what an operator says, and the counter that belongs to each."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, insert, update
from sqlalchemy.orm import Session

from app.domain import positions, words
from app.domain.ids import uuid7
from app.domain.tariffs import Tariff
from app.models import Lot, LotAvailability
from app.models import Tariff as TariffRow

Columns = Mapping[str, Any]
"""Values by the names of columns of lots."""

DEFAULT_MAX_STAY_HOURS = 24

SAID_IN_WORDS = ("name", "address", "city")
"""The columns that an address is matched against."""

_lots: Table = cast(Table, Lot.__table__)
_counters: Table = cast(Table, LotAvailability.__table__)
_tariffs: Table = cast(Table, TariffRow.__table__)

_UNSAID: Columns = {
    "external_id": None,
    "address": None,
    "city": None,
    "country": None,
    "accessible_spaces": 0,
    "ev_charging_spaces": 0,
    "max_height_cm": None,
    "amenities": [],
    "opening_hours": None,
    "max_stay_hours": DEFAULT_MAX_STAY_HOURS,
    "tax_rate": None,
    "tariff_id": None,
    "agent_access": None,
    "deleted_at": None,
}


def derived(columns: Columns) -> dict[str, Any]:
    """Return what follows from a lot's name, address, city and position."""
    lat, lng = columns["lat"], columns["lng"]
    vector = positions.unit_vector(lat, lng)
    return {
        "slug": words.slug(columns["name"]),
        "search_text": words.folded(*(columns.get(column) for column in SAID_IN_WORDS)),
        "band": positions.band_of(lat),
        "x": vector.x,
        "y": vector.y,
        "z": vector.z,
    }


def add(
    db: Session, lots: Sequence[Columns], *, world_id: UUID, operator_id: UUID, at: datetime
) -> list[UUID]:
    """Add lots to a world, all spaces free but those `occupied_elsewhere`; return their ids."""
    if not lots:
        return []
    common = {"world_id": world_id, "operator_id": operator_id, "created_at": at, "updated_at": at}
    rows = [{**_UNSAID, **common, "id": uuid7(), **lot, **derived(lot)} for lot in lots]
    counters = [_counter(row, row.pop("occupied_elsewhere", 0), at=at) for row in rows]
    db.execute(insert(_lots), rows)
    db.execute(insert(_counters), counters)
    return [row["id"] for row in rows]


def change(db: Session, changes: Mapping[UUID, Columns], *, at: datetime) -> None:
    """Set columns of lots by the lots' ids, the same columns of each."""
    if not changes:
        return
    columns = next(iter(changes.values())).keys()
    new: dict[str, Any] = {column: bindparam(f"new_{column}") for column in columns}
    db.execute(
        update(_lots).where(_lots.c.id == bindparam("lot_id")).values(**new, updated_at=at),
        [
            {"lot_id": lot_id} | {f"new_{column}": value for column, value in values.items()}
            for lot_id, values in changes.items()
        ],
    )


def grow(db: Session, spaces: Mapping[UUID, int], *, at: datetime) -> None:
    """Give lots so many spaces more, or fewer, before their capacity says so; whoever is parked there stays.

    A change of either writes down the hour that ended. Who comes or leaves locks the counter first and that
    row after it, and the worker takes lots in the order of their ids: so must this, or they wait crosswise.
    """
    if not spaces:
        return
    more = _counters.c.free + bindparam("spaces")
    db.execute(
        update(_counters).where(_counters.c.lot_id == bindparam("of_lot")).values(free=more, updated_at=at),
        [{"of_lot": lot_id, "spaces": spaces[lot_id]} for lot_id in sorted(spaces)],
    )


def add_tariffs(
    db: Session, tariffs: Iterable[Tariff | None], *, operator_id: UUID, at: datetime
) -> Mapping[Tariff | None, UUID | None]:
    """Add price lists, each that differs once, and return their ids; no tariff has none."""
    ids = {tariff: None if tariff is None else uuid7() for tariff in tariffs}
    rows = [
        {
            "id": tariff_id,
            "operator_id": operator_id,
            "currency": tariff.currency,
            "rules": tariff.as_json(),
            "created_at": at,
        }
        for tariff, tariff_id in ids.items()
        if tariff is not None
    ]
    if rows:
        db.execute(insert(_tariffs), rows)
    return ids


def _counter(row: Columns, occupied_elsewhere: int, *, at: datetime) -> Columns:
    return {
        "lot_id": row["id"],
        "free": row["capacity"] - occupied_elsewhere,
        "occupied_elsewhere": occupied_elsewhere,
        "source": "reported" if occupied_elsewhere else "counted",
        "updated_at": at,
    }
