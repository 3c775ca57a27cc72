"""Lots on a map: a page of them as a GeoJSON FeatureCollection (RFC 7946)."""

from dataclasses import dataclass
from typing import Any

from app.domain import map_boxes
from app.domain.positions import Box
from app.presenters.lots import LotFacts, summary
from app.presenters.pages import Page


@dataclass(frozen=True, slots=True)
class LotMap:
    """A page of the lots within a box."""

    box: Box
    lots: Page[LotFacts]


def present(lot_map: LotMap) -> dict[str, Any]:
    """Return the page as a FeatureCollection; `bbox` is left out where there is nothing to enclose."""
    lots = lot_map.lots
    shown: dict[str, Any] = {
        "type": "FeatureCollection",
        "features": [_feature(lot) for lot in lots.entries],
    }
    if bbox := map_boxes.extent([(lot.lng, lot.lat) for lot in lots.entries], lot_map.box):
        shown["bbox"] = bbox
    return shown if lots.next_cursor is None else shown | {"next_cursor": lots.next_cursor}


def _feature(lot: LotFacts) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": str(lot.id),
        "geometry": {"type": "Point", "coordinates": [lot.lng, lot.lat]},
        "properties": summary(lot),
    }
