"""Every kind of lot, shown alike over REST and through both dispatchers."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gate.client import Client
from gate.figures import Figures
from gate.world import World

PLACES = {"Vail": (39.64, -106.37), "Denver": (39.75, -104.99), "San Francisco": (37.78, -122.42)}


def lots_of(client: Client, world: World) -> Iterator[str]:
    """Give the id of every lot in the fuzzed world, those that refuse sessions included."""
    found = set(world.fuzzed.special_lots.values()) - {world.fuzzed.special_lots["deleted"]}
    for lat, lng in PLACES.values():
        query = {"lat": lat, "lng": lng, "radius_km": 50, "limit": 50}
        found |= {lot["id"] for lot in client.call("searchLots", query=query).json()["lots"]}
    yield from sorted(found)


def test_every_lot_is_shown_alike_by_every_door(client: Client, world: World, figures: Figures) -> None:
    key, shown = world.fuzzed.key, 0
    for lot_id in lots_of(client, world):
        path = {"lot_id": lot_id}
        assert client.call("getLot", key=key, path=path).json()["lot"]["id"] == lot_id
        for operation, action in (("getAvailability", "check_availability"), ("getRates", "get_rates")):
            answers = [
                client.call(operation, path=path),
                client.call(operation, key=key, path=path),
                client.act(action, key=key, **path),
                client.act(action, key=key, platform="realtime", **path),
            ]
            assert {answer.status_code for answer in answers} == {200}
            assert all(answer.json() == answers[0].json() for answer in answers)
        shown += 1
    figures.say("lots", f"{shown} lots of every kind, alike by REST and both dispatchers")


def test_a_closed_lot_says_so_and_an_unknown_one_says_nothing(client: Client, world: World) -> None:
    lots = world.fuzzed.special_lots
    closed, unknown = (
        client.call("getLot", path={"lot_id": lots[name]}).json()["lot"] for name in ("closed", "full")
    )
    assert closed["open_now"] is False
    assert "open_now" not in unknown
    assert "opening_hours" not in unknown


FILTERS: dict[str, tuple[Any, Callable[[dict[str, Any]], bool]]] = {
    "type": ("garage", lambda lot: lot["type"] == "garage"),
    "open_now": ("true", lambda lot: lot.get("open_now") is True),
    "available_now": ("true", lambda lot: lot["available"] > 0),
    "ev_charging": ("true", lambda lot: lot["ev_charging"] > 0),
    "accessible": ("true", lambda lot: lot["accessible"] > 0),
    "vehicle_height_cm": (200, lambda lot: lot.get("max_height_cm", 200) >= 200),
}


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_of_a_search_holds(client: Client, name: str) -> None:
    value, keeps = FILTERS[name]
    lat, lng = PLACES["Vail"]
    near = {"lat": lat, "lng": lng, "radius_km": 50, "limit": 50}
    every, some = (
        client.call("searchLots", query=query).json()["lots"] for query in (near, near | {name: value})
    )
    whole = {lot["id"]: client.call("getLot", path={"lot_id": lot["id"]}).json()["lot"] for lot in every}
    assert {lot["id"] for lot in some} == {lot_id for lot_id, lot in whole.items() if keeps(lot)}
    assert 0 < len(some) < len(every)
