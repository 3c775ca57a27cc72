"""Lots: find them, look at one, put them on a map."""

from typing import Any
from uuid import UUID

from app.domain.callers import Caller
from app.presenters import answers, lot_maps
from app.presenters import lots as show
from app.services import lots
from app.services.lot_search import Filters

MAP_HOLDS_SECONDS = 60
"""For how long a map may be shown as it was."""


def search_lots(
    user: Caller,
    *,
    lat: float | None = None,
    lng: float | None = None,
    address: str | None = None,
    radius_km: float = lots.DEFAULT_RADIUS_KM,
    limit: int = lots.DEFAULT_LIMIT,
    open_now: bool = False,
    available_now: bool = False,
    type: str | None = None,
    ev_charging: bool = False,
    accessible: bool = False,
    vehicle_height_cm: int | None = None,
) -> dict[str, Any]:
    """Find lots near a place."""
    filters = Filters(
        open_now=open_now,
        available_now=available_now,
        type=type,
        ev_charging=ev_charging,
        accessible=accessible,
        vehicle_height_cm=vehicle_height_cm,
    )
    found = lots.search(
        user, lat=lat, lng=lng, address=address, radius_km=radius_km, limit=limit, filters=filters
    )
    return {"lots": [show.summary(lot) for lot in found]}


def get_lot(user: Caller, lot_id: str) -> dict[str, Any]:
    """Look at one lot."""
    return {"lot": show.details(lots.get(user, UUID(lot_id)))}


def list_lots_geo_json(
    user: Caller, bbox: str | None = None, limit: int = lots.DEFAULT_MAP_LIMIT, cursor: str | None = None
) -> answers.Response:
    """Put the lots within a box on a map, page by page."""
    found = lots.on_map(user, bbox=bbox, limit=limit, cursor=None if cursor is None else UUID(cursor))
    headers = answers.cached_for(user, seconds=MAP_HOLDS_SECONDS)
    if following := found.lots.next_cursor:
        headers |= answers.next_page("/api/v1/lots.geojson", bbox=bbox, limit=limit, cursor=following)
    return lot_maps.present(found), 200, headers
