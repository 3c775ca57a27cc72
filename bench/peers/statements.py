"""The search, in SQL that SQLite and PostgreSQL take: rings over a covering index of bands of latitude."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from app.domain import positions
from app.domain.callers import LIVE_WORLD
from app.domain.positions import Ring

LOT_COLUMNS = (
    *("id", "name", "slug", "address", "city", "country", "lat", "lng", "type", "capacity", "amenities"),
    *("opening_hours", "time_zone", "currency", "tariff_id", "agent_access", "created_at", "updated_at"),
)

CONDITIONS: Mapping[str, str] = {
    "open_now": "lots.opening_hours IS NOT NULL",
    "available_now": "lot_availability.free > 0",
    "type": "lots.type = :type",
    "ev_charging": "lots.ev_charging_spaces > 0",
    "accessible": "lots.accessible_spaces > 0",
    "vehicle_height_cm": "(lots.max_height_cm IS NULL OR lots.max_height_cm >= :vehicle_height_cm)",
}
EVERYTHING = 2**31 - 1

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

_BOX = """
    SELECT id, (x - :x) * (x - :x) + (y - :y) * (y - :y) + (z - :z) * (z - :z) AS chord2
    FROM lots
    WHERE world_id = :world_id AND band IN ({bands}) AND lng BETWEEN :west_{span} AND :east_{span}
      AND deleted_at IS NULL
"""
_NEAREST = """
    SELECT id, chord2 FROM ({box}) AS box
    WHERE chord2 <= :chord2 AND chord2 > :seen
    ORDER BY chord2, id
    {limit}
"""
_SHOWN = """
    SELECT {columns}, lot_availability.free, lot_availability.updated_at AS counted_at, found.chord2,
      (SELECT clock_offset FROM projects WHERE projects.id = :world_id) AS clock_offset
    FROM ({nearest}) AS found
    {lookup}
    {where}
    ORDER BY found.chord2, found.id
    LIMIT :size
"""
_BY_KEY = """
    JOIN lots ON lots.id = found.id
    JOIN lot_availability ON lot_availability.lot_id = found.id
"""
# OFFSET 0 keeps PostgreSQL from turning two look-ups by key into hash joins over all lots.
_BY_KEY_ON_POSTGRESQL = """
    CROSS JOIN LATERAL (SELECT * FROM lots WHERE lots.id = found.id OFFSET 0) AS lots
    CROSS JOIN LATERAL (SELECT * FROM lot_availability WHERE lot_id = found.id OFFSET 0) AS lot_availability
"""


class Step(NamedTuple):
    """One ring: a statement with named parameters, and their values."""

    sql: str
    values: dict[str, Any]


def rings(
    lat: float, lng: float, *, radius_km: float, size: int, asked: Mapping[str, Any], dialect: str
) -> Iterator[Step]:
    """Give the statements to run one after the other until `size` lots are found."""
    vector = positions.unit_vector(lat, lng)
    common = {"x": vector.x, "y": vector.y, "z": vector.z, "world_id": LIVE_WORLD, "size": size, **asked}
    seen = -1.0
    for ring in positions.rings(lat, lng, radius_km=radius_km):
        statement = _statement(dialect, len(ring.box.spans), len(ring.box.bands), frozenset(asked))
        yield Step(statement, common | _edges(ring) | {"chord2": ring.chord2, "seen": seen})
        seen = ring.chord2


def instant(microseconds: int) -> datetime:
    """Read an instant as the schema keeps it."""
    return _EPOCH + timedelta(microseconds=microseconds)


@cache
def _statement(dialect: str, spans: int, bands: int, asked: frozenset[str]) -> str:
    words = ", ".join(f":band_{number}" for number in range(bands))
    box = " UNION ALL ".join(_BOX.format(bands=words, span=span) for span in range(spans))
    conditions = [CONDITIONS[name] for name in sorted(asked)]
    return _SHOWN.format(
        columns=", ".join(f"lots.{column}" for column in LOT_COLUMNS),
        nearest=_NEAREST.format(box=box, limit="" if asked else "LIMIT :size"),
        lookup=_BY_KEY_ON_POSTGRESQL if dialect == "postgresql" else _BY_KEY,
        where=f"WHERE {' AND '.join(conditions)}" if conditions else "",
    )


def _edges(ring: Ring) -> dict[str, float]:
    edges: dict[str, float] = {f"band_{number}": band for number, band in enumerate(ring.box.bands)}
    for span, (west, east) in enumerate(ring.box.spans):
        edges |= {f"west_{span}": west, f"east_{span}": east}
    return edges
