"""Bounding boxes as RFC 7946 writes them: west, south, east, north.

A west beyond the east goes across the antimeridian.
"""

from collections.abc import Sequence

from app.domain.positions import Box

LngLat = tuple[float, float]
"""A position as GeoJSON writes it: longitude first."""

_ORDINATES = ("west", "south", "east", "north")
_MOST = {"west": 180.0, "south": 90.0, "east": 180.0, "north": 90.0}
_SEAM = 180.0

WHOLE_WORLD = Box(south=-90.0, north=90.0, spans=((-_SEAM, _SEAM),))


def parse(text: str) -> Box:
    """Read `west,south,east,north` in degrees; raise ValueError, in words for whoever sent it."""
    parts = text.split(",")
    if len(parts) != len(_ORDINATES):
        raise ValueError("must be four numbers: west,south,east,north")
    west, south, east, north = (_degrees(name, part) for name, part in zip(_ORDINATES, parts, strict=True))
    if south > north:
        raise ValueError("has its south north of its north")
    return Box(south=south, north=north, spans=_spans(west, east))


def extent(positions: Sequence[LngLat], box: Box) -> list[float] | None:
    """Return the smallest bounding box of what was found in a box; None of nothing.

    It goes across the antimeridian only where the box does and there is something on both sides (RFC 7946
    section 5.2).
    """
    if not positions:
        return None
    lngs = [lng for lng, _ in positions]
    lats = [lat for _, lat in positions]
    western = [lng for lng in lngs if lng >= box.spans[0][0]] if len(box.spans) > 1 else lngs
    eastern = [lng for lng in lngs if lng < box.spans[0][0]] if len(box.spans) > 1 else []
    west = min(western or eastern)
    east = max(eastern or western)
    return [west, min(lats), east, max(lats)]


def _degrees(name: str, text: str) -> float:
    try:
        degrees = float(text)
    except ValueError:
        raise ValueError(f"has a {name} that is not a number") from None
    if not abs(degrees) <= _MOST[name]:
        raise ValueError(f"has a {name} outside -{_MOST[name]:g} to {_MOST[name]:g}")
    return degrees


def _spans(west: float, east: float) -> tuple[LngLat, ...]:
    """Return the spans of longitude; 180 and -180 are one meridian, whichever way a lot writes it."""
    if west > east:
        return ((west, _SEAM), (-_SEAM, east))
    if (west, east) == (-_SEAM, _SEAM):
        return ((west, east),)
    if east == _SEAM:
        return ((west, east), (-_SEAM, -_SEAM))
    if west == -_SEAM:
        return ((_SEAM, _SEAM), (west, east))
    return ((west, east),)
