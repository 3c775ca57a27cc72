"""Search for lots near a position: raw SQL, as the ORM has no lateral join and no union of boxes."""

import json
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection

from app.domain import positions
from app.domain.agent_access import may_agents_book
from app.domain.tariffs import Tariff
from app.services import opening_hours
from bench.peers import statements
from bench.peers.django_ninja import models
from bench.peers.fastapi_sqlalchemy.schemas import Search

_NAME = re.compile(r":(\w+)")

tariffs: dict[UUID, Tariff] = {}
"""A tariff's row never changes."""


def search(wanted: Search) -> list[dict[str, Any]]:
    found = _near(wanted)
    missing = {lot["tariff_id"] for lot in found if lot["tariff_id"]} - tariffs.keys()
    for tariff in models.Tariff.objects.filter(id__in=missing) if missing else ():
        tariffs[tariff.id] = Tariff.from_json(tariff.rules)
    now = datetime.now(UTC)
    shown = [_summary(lot, now + timedelta(microseconds=lot["clock_offset"] or 0)) for lot in found]
    if wanted.open_now:
        shown = [lot for lot in shown if lot.get("open_now")]
    return shown[: wanted.limit]


def _near(wanted: Search) -> list[dict[str, Any]]:
    asked = wanted.model_dump(include=set(statements.CONDITIONS), exclude_defaults=True)
    size = statements.EVERYTHING if wanted.open_now else wanted.limit
    found: list[dict[str, Any]] = []
    assert wanted.lat is not None
    assert wanted.lng is not None
    with connection.cursor() as cursor:
        for step in statements.rings(
            wanted.lat,
            wanted.lng,
            radius_km=wanted.radius_km,
            size=size,
            asked=asked,
            dialect=connection.vendor,
        ):
            cursor.execute(_in_djangos_words(step.sql), _as_kept(step.values))
            names = [column[0] for column in cursor.description]
            found += [_row(names, values) for values in cursor.fetchall()]
            if len(found) >= size:
                break
    return found


@cache
def _in_djangos_words(sql: str) -> str:
    return _NAME.sub(r"%(\1)s", sql)


def _as_kept(values: dict[str, Any]) -> dict[str, Any]:
    return values | {"world_id": values["world_id"].hex} if connection.vendor == "sqlite" else values


def _row(names: list[str], values: tuple[Any, ...]) -> dict[str, Any]:
    row = dict(zip(names, values, strict=True))
    for name in ("id", "tariff_id"):
        row[name] = UUID(row[name]) if isinstance(row[name], str) else row[name]
    if isinstance(row["amenities"], str):
        row["amenities"] = json.loads(row["amenities"])
    return row


def _summary(lot: dict[str, Any], now: datetime) -> dict[str, Any]:
    tariff = tariffs.get(lot["tariff_id"])
    distance_km = round(positions.distance_km(lot["chord2"]), 3)
    created_at = statements.instant(lot["created_at"])
    updated_at = statements.instant(max(lot["updated_at"], lot["counted_at"]))
    shown = {
        "id": str(lot["id"]),
        "distance_km": distance_km,
        "walking_minutes": positions.walking_minutes(distance_km),
        "rate": None if tariff is None else tariff.rate_at(now).to_major(),
        "available": max(lot["free"], 0),
        "open_now": opening_hours.is_open(
            lot["opening_hours"], lot["time_zone"], now, country=lot["country"]
        ),
        "agent_bookable": tariff is not None and may_agents_book(lot["agent_access"], created_at),
        "updated_at": updated_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    as_they_are = (
        "name",
        "slug",
        "address",
        "city",
        "lat",
        "lng",
        "currency",
        "capacity",
        "type",
        "amenities",
    )
    return {**shown, **{name: lot[name] for name in as_they_are}}
