"""Lots as an operator writes them, far from where the gate's drivers look for theirs."""

import json
from typing import Any

CSV = {"Content-Type": "text/csv"}
GEOJSON = {"Content-Type": "application/geo+json"}

_COLUMNS = (
    "external_id",
    "name",
    "lat",
    "lng",
    "type",
    "capacity",
    "time_zone",
    "currency",
    "city",
    "colour",
)


def new_lot(external_id: str, **facts: Any) -> dict[str, Any]:
    """Write a lot as createLot takes it."""
    return {
        "external_id": external_id,
        "name": f"Lot {external_id}",
        "lat": -41.2866,
        "lng": 174.7756,
        "type": "garage",
        "capacity": 20,
        "time_zone": "Pacific/Auckland",
        "currency": "NZD",
    } | facts


def table_of(*external_ids: str, **facts: Any) -> bytes:
    """Write lots as a CSV, the column of their colour among them."""
    lots = [new_lot(external_id, **facts) for external_id in external_ids]
    rows = [",".join(str(lot.get(column, "")) for column in _COLUMNS) for lot in lots]
    return "\n".join([",".join(_COLUMNS), *rows, ""]).encode()


def collection_of(*external_ids: str) -> bytes:
    """Write lots as GeoJSON."""
    features = []
    for external_id in external_ids:
        lot = new_lot(external_id, city="Wellington")
        point = {"type": "Point", "coordinates": [lot.pop("lng"), lot.pop("lat")]}
        features.append({"type": "Feature", "geometry": point, "properties": lot})
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()
