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


Keeps = Callable[[dict[str, Any]], bool]

TYPES = ("garage", "surface", "p_and_r", "street_paid")
FILTERS: dict[str, tuple[Any, Keeps]] = {
    "open_now": (True, lambda lot: lot.get("open_now") is True),
    "available_now": (True, lambda lot: lot["available"] > 0),
    "ev_charging": (True, lambda lot: lot["ev_charging"] > 0),
    "accessible": (True, lambda lot: lot["accessible"] > 0),
    "vehicle_height_cm": (200, lambda lot: lot.get("max_height_cm", 200) >= 200),
}
SWITCHES = [name for name, (value, _) in FILTERS.items() if value is True]


def searches(client: Client, key: str, parameters: dict[str, Any]) -> list[set[str]]:
    """Search over REST and through both dispatchers; return the ids that each found."""
    answers = [
        client.call("searchLots", key=key, query=parameters),
        client.act("search_parking", key=key, **parameters),
        client.act("search_parking", key=key, platform="copilot", **parameters),
    ]
    return [{lot["id"] for lot in answer.json()["lots"]} for answer in answers]


def require_kept(client: Client, world: World, name: str, value: Any, keeps: Keeps) -> None:
    """Search all places with a filter; every door has to keep the right lots, some but not all."""
    key, kept, left = world.fuzzed.key, 0, 0
    for lat, lng in PLACES.values():
        near = {"lat": lat, "lng": lng, "radius_km": 50, "limit": 50}
        every, *_ = searches(client, key, near)
        whole = {id: client.call("getLot", key=key, path={"lot_id": id}).json()["lot"] for id in every}
        wanted = {id for id, lot in whole.items() if keeps(lot)}
        assert searches(client, key, near | {name: value}) == [wanted] * 3
        kept, left = kept + len(wanted), left + len(every - wanted)
    assert kept
    assert left


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_of_a_search_holds_at_every_door(client: Client, world: World, name: str) -> None:
    value, keeps = FILTERS[name]
    require_kept(client, world, name, value, keeps)


@pytest.mark.parametrize("kind", TYPES)
def test_a_search_finds_each_type_of_lot_at_every_door(client: Client, world: World, kind: str) -> None:
    require_kept(client, world, "type", kind, lambda lot: bool(lot["type"] == kind))


@pytest.mark.parametrize("name", SWITCHES)
def test_a_filter_that_is_off_leaves_nothing_out(client: Client, world: World, name: str) -> None:
    lat, lng = PLACES["Vail"]
    near = {"lat": lat, "lng": lng, "radius_km": 50, "limit": 50}
    every = searches(client, world.fuzzed.key, near)
    assert every[0]
    assert searches(client, world.fuzzed.key, near | {name: False}) == every


def test_a_search_where_nothing_is_finds_nothing(client: Client, world: World) -> None:
    assert searches(client, world.fuzzed.key, {"lat": 0.0, "lng": -30.0}) == [set()] * 3


def test_a_search_tells_by_every_door_which_lots_are_shut(client: Client, world: World) -> None:
    key, named = world.fuzzed.key, {"address": "Closed Lot"}
    for answer in (
        client.call("searchLots", key=key, query=named),
        client.act("search_parking", key=key, **named),
        client.act("search_parking", key=key, platform="gemini", **named),
    ):
        assert False in {lot.get("open_now") for lot in answer.json()["lots"]}
