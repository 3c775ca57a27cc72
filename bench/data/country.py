"""A synthetic country: towns of very different sizes, most lots in the largest, some along the roads.

Seeded, so that every run and every machine parks in the same places. Nothing in it is real.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SEED = 1404

SOUTH, NORTH, WEST, EAST = 38.0, 46.0, -112.0, -98.0
TOWNS = 600
COUNTRYSIDE = 0.05
"""The part of all lots that stands in no town."""

_KINDS = ("garage", "surface", "p_and_r", "street_paid")
_HOURS = ("24/7", "24/7", "24/7", "Mo-Fr 07:00-22:00; Sa 08:00-20:00", None)
_AMENITIES: tuple[list[str], ...] = ([], ["covered"], ["covered", "elevator"], ["ev_charging", "cctv"])
_DEGREES_PER_KM = 1 / 111.0
_LARGEST_TOWN_KM = 9.0


@dataclass(frozen=True, slots=True)
class Town:
    """A place with many lots around its middle."""

    name: str
    lat: float
    lng: float
    weight: float
    spread_km: float


def towns() -> list[Town]:
    """Return the country's towns, the largest first: the n-th has an n-th of the first one's lots."""
    chance = random.Random(SEED)
    return [
        Town(
            name=f"Synthetic Town {rank}",
            lat=chance.uniform(SOUTH, NORTH),
            lng=chance.uniform(WEST, EAST),
            weight=1 / rank,
            spread_km=max(0.6, _LARGEST_TOWN_KM / rank**0.4),
        )
        for rank in range(1, TOWNS + 1)
    ]


def lots(number: int, *, tariff_ids: list[Any]) -> Iterator[dict[str, Any]]:
    """Give the columns of so many lots; the first ones of a longer list are those of a shorter one."""
    chance = random.Random(SEED + 1)
    places = towns()
    weights = [town.weight for town in places]
    for index in range(number):
        town = chance.choices(places, weights)[0]
        outside = chance.random() < COUNTRYSIDE
        lat, lng = _anywhere(chance) if outside else _in_town(chance, town)
        capacity = chance.randrange(10, 800)
        yield {
            "external_id": f"synthetic-{index}",
            "name": f"Synthetic Lot {index}",
            "address": f"{chance.randrange(1, 900)} Synthetic Street",
            "city": None if outside else town.name,
            "country": "US",
            "lat": lat,
            "lng": lng,
            "type": chance.choice(_KINDS),
            "capacity": capacity,
            "occupied_elsewhere": chance.randrange(0, capacity),
            "accessible_spaces": chance.randrange(0, 6),
            "ev_charging_spaces": chance.choice((0, 0, 4, 12)),
            "max_height_cm": chance.choice((None, 190, 210, 250)),
            "amenities": chance.choice(_AMENITIES),
            "opening_hours": chance.choice(_HOURS),
            "time_zone": "America/Denver",
            "currency": "USD",
            "tariff_id": chance.choice(tariff_ids),
            "agent_access": "allowed",
        }


def _in_town(chance: random.Random, town: Town) -> tuple[float, float]:
    spread = town.spread_km * _DEGREES_PER_KM
    return chance.gauss(town.lat, spread), chance.gauss(town.lng, spread * 1.3)


def _anywhere(chance: random.Random) -> tuple[float, float]:
    return chance.uniform(SOUTH, NORTH), chance.uniform(WEST, EAST)
