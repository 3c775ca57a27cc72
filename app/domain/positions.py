"""Where lots are, and how far: right at the poles and at the antimeridian, without trigonometry in SQL.

A lot stores its unit vector. The squared chord between two unit vectors grows exactly with the distance over
the ground, so the database sorts by three subtractions and multiplications; only answers are turned into km.
"""

from collections.abc import Iterator
from math import asin, ceil, cos, degrees, floor, pi, radians, sin, sqrt
from typing import NamedTuple

EARTH_RADIUS_KM = 6371.0088
"""Mean radius (IUGG)."""

BANDS_PER_DEGREE = 50
"""A band is a strip of 0.02 degrees of latitude, 2.2 km high."""

FIRST_RING_KM = 0.4
RING_GROWTH = 3

DETOUR = 1.3
WALKING_METRES_PER_MINUTE = 80

_POLE = 90.0
_ANTIMERIDIAN = 180.0
_FULL_TURN = 360.0

# A box is drawn a hair too large, so that rounding never leaves out a lot on its edge.
_SLACK = 1.0000001
_SLACK_DEGREES = 1e-9


class Vector(NamedTuple):
    """A place as a point on the unit sphere."""

    x: float
    y: float
    z: float

    def chord2_to(self, other: "Vector") -> float:
        """Return the squared chord to another place, from 0 (here) to 4 (the other end of the world)."""
        return (self.x - other.x) ** 2 + (self.y - other.y) ** 2 + (self.z - other.z) ** 2


class Box(NamedTuple):
    """Degrees within which everything in a circle lies; two spans of longitude across the antimeridian."""

    south: float
    north: float
    spans: tuple[tuple[float, float], ...]
    """(west, east), west never beyond east."""

    @property
    def bands(self) -> range:
        """Return the bands of latitude that the box touches, from south to north."""
        return range(band_of(self.south), band_of(self.north) + 1)


class Ring(NamedTuple):
    """One step of a search: look within this circle first, go on only if too little was found."""

    radius_km: float
    chord2: float
    box: Box


def unit_vector(lat: float, lng: float) -> Vector:
    """Return the unit vector of a position in degrees."""
    phi, theta = radians(lat), radians(lng)
    return Vector(x=cos(phi) * cos(theta), y=cos(phi) * sin(theta), z=sin(phi))


def band_of(lat: float) -> int:
    """Return the band of latitude in which a position lies."""
    return floor(lat * BANDS_PER_DEGREE)


def chord2_of(distance_km: float) -> float:
    """Return the squared chord that spans a distance over the ground."""
    half_angle = min(distance_km / EARTH_RADIUS_KM, pi) / 2
    return 4 * sin(half_angle) ** 2


def distance_km(chord2: float) -> float:
    """Return the distance over the ground that a squared chord spans."""
    return 2 * EARTH_RADIUS_KM * asin(min(sqrt(chord2) / 2, 1.0))


def box_around(lat: float, lng: float, *, radius_km: float) -> Box:
    """Draw the box of a circle: whole circles of latitude near a pole, two spans across the antimeridian."""
    reach = degrees(radius_km / EARTH_RADIUS_KM) * _SLACK + _SLACK_DEGREES
    south, north = max(lat - reach, -_POLE), min(lat + reach, _POLE)
    return Box(south=south, north=north, spans=_spans(lat, lng, radius_km=radius_km, reach=reach))


def rings(lat: float, lng: float, *, radius_km: float, first_km: float = 0.0) -> Iterator[Ring]:
    """Widen by threes up to the radius, so that near lots are found without touching far ones.

    The first ring is 0.4 km wide, unless a wider one is known to be needed.
    """
    ring_km = max(first_km, FIRST_RING_KM)
    while ring_km < radius_km:
        yield _ring(lat, lng, radius_km=ring_km)
        ring_km *= RING_GROWTH
    yield _ring(lat, lng, radius_km=radius_km)


def walking_minutes(distance: float) -> int:
    """Return the minutes on foot for a distance in km: 1.3 times as far at 80 m a minute, rounded up."""
    minutes = distance * 1000 * DETOUR / WALKING_METRES_PER_MINUTE
    return ceil(round(minutes, 6))


def _ring(lat: float, lng: float, *, radius_km: float) -> Ring:
    return Ring(radius_km, chord2_of(radius_km), box_around(lat, lng, radius_km=radius_km))


def _spans(lat: float, lng: float, *, radius_km: float, reach: float) -> tuple[tuple[float, float], ...]:
    everywhere = ((-_ANTIMERIDIAN, _ANTIMERIDIAN),)
    if abs(lat) + reach >= _POLE:
        return everywhere
    widest = sin(radius_km / EARTH_RADIUS_KM) / cos(radians(lat))
    if widest >= 1:
        return everywhere
    half = degrees(asin(widest)) * _SLACK + _SLACK_DEGREES
    west, east = lng - half, lng + half
    if west < -_ANTIMERIDIAN:
        return ((west + _FULL_TURN, _ANTIMERIDIAN), (-_ANTIMERIDIAN, east))
    if east > _ANTIMERIDIAN:
        return ((west, _ANTIMERIDIAN), (-_ANTIMERIDIAN, east - _FULL_TURN))
    return ((west, east),)
