"""How far apart lots stand where searches looked before.

A guess for the first ring of the next search nearby: it saves statements, and never changes what is found.
"""

from math import floor, sqrt
from typing import NamedTuple
from uuid import UUID

CELLS_PER_DEGREE = 20
MOST_REMEMBERED = 20_000
TIMES_ENOUGH = 2.0
"""Lots to expect in a first ring, for each one wanted: one lot too few costs another statement."""


class Neighbourhood(NamedTuple):
    """A few kilometres of a world, and the filters that were asked for there."""

    world_id: UUID
    row: int
    column: int
    asked: frozenset[str]


_remembered: dict[Neighbourhood, float] = {}
"""The kilometres that one lot has to itself, squared, over pi."""


def neighbourhood(world_id: UUID, lat: float, lng: float, asked: frozenset[str]) -> Neighbourhood:
    """Return the neighbourhood of a position."""
    return Neighbourhood(world_id, floor(lat * CELLS_PER_DEGREE), floor(lng * CELLS_PER_DEGREE), asked)


def reach_km(place: Neighbourhood, wanted: int) -> float:
    """Return the radius that should hold as many lots as are wanted; 0 where nobody looked yet."""
    return sqrt(_remembered.get(place, 0.0) * wanted * TIMES_ENOUGH)


def note(place: Neighbourhood, found: int, *, looked_km: float) -> None:
    """Remember how many lots a search found within which distance."""
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[place] = looked_km**2 / max(found, 1)


def forget() -> None:
    """Forget everything, as a new process has."""
    _remembered.clear()
