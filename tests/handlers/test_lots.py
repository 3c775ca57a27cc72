"""What searchLots, getLot and listLotsGeoJson answer, by the contract and by others' reading of GeoJSON."""

import inspect
from datetime import datetime
from pathlib import Path
from typing import Any

import geojson
import orjson
import pytest

from app.contract.document import Contract
from app.domain.callers import Caller
from app.domain.errors import BadRequest, NotFound
from app.domain.ids import uuid7
from app.services import lot_fields, lot_imports
from handlers import lots
from tests.conftest import SetClock
from tests.factories import anyone, caller_of, make_lot, make_project
from tests.handlers.contract import require_documented

pytestmark = pytest.mark.usefixtures("db")

VILLAGE: dict[str, Any] = {"lat": 39.6403, "lng": -106.3742}
LIFTHOUSE = (39.6412, -106.3739)
NETHERLANDS = Path(__file__).parents[1] / "data" / "lots-netherlands.csv"


@pytest.fixture
def driver(time: SetClock) -> Caller:
    """Call as a project with two lots: one that everything is known of, and one that little is."""
    project = make_project()
    make_lot(
        project=project,
        name="Lionshead Public Parking",
        at=(39.6436, -106.3866),
        address="395 East Lionshead Circle",
        city="Vail",
        country="US",
        opening_hours="24/7",
        max_height_cm=210,
        accessible_spaces=6,
        ev_charging_spaces=4,
        amenities=["covered", "ev_charging"],
        tax_rate="4.9",
    )
    make_lot(project=project, name="Bare", at=LIFTHOUSE, rate=None, type="surface", created_at=time.at)
    return caller_of(project)


def found(caller: Caller, **asked: Any) -> list[dict[str, Any]]:
    answer = require_documented("searchLots", lots.search_lots(caller, **asked))
    return list(answer["lots"])


def test_a_search_keeps_the_contracts_word_for_full_and_for_bare_lots(driver: Caller) -> None:
    near = found(driver, **VILLAGE, radius_km=1.5, limit=5)
    assert [lot["name"] for lot in near] == ["Bare", "Lionshead Public Parking"]
    assert near[1]["walking_minutes"] == 19
    assert "rate" not in near[0]
    assert found(driver, address="lionshead")[0].keys().isdisjoint({"distance_km", "walking_minutes"})
    assert found(driver, address="Atlantis") == []


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"open_now": True}, ["Lionshead Public Parking"]),
        ({"available_now": True}, ["Bare", "Lionshead Public Parking"]),
        ({"type": "surface"}, ["Bare"]),
        ({"ev_charging": True}, ["Lionshead Public Parking"]),
        ({"accessible": True}, ["Lionshead Public Parking"]),
        ({"vehicle_height_cm": 211}, ["Bare"]),
        ({"limit": 1}, ["Bare"]),
        ({"radius_km": 0.2}, ["Bare"]),
    ],
)
def test_every_parameter_of_the_contract_does_what_it_says(
    driver: Caller, asked: dict[str, Any], names: list[str]
) -> None:
    assert [lot["name"] for lot in found(driver, **VILLAGE, **asked)] == names


def test_the_handler_takes_the_contracts_parameters_with_its_defaults() -> None:
    schemas = Contract.read().document["components"]["schemas"]
    documented = schemas["SearchParkingParameters"]["properties"]
    taken = inspect.signature(lots.search_lots).parameters
    assert set(documented) - {"end_user_id"} == set(taken) - {"user"}
    for name, schema in documented.items():
        told = schemas[schema["$ref"].rsplit("/", 1)[1]].get("default") if "$ref" in schema else None
        if told is not None:
            assert taken[name].default == told


def test_half_a_position_is_refused(driver: Caller) -> None:
    with pytest.raises(BadRequest) as refusal:
        lots.search_lots(driver, lat=39.6)
    assert [detail.field for detail in refusal.value.details] == ["lng"]


def test_one_lot_keeps_the_contracts_word(driver: Caller) -> None:
    for name in ("lionshead", "bare"):
        lot_id = found(driver, address=name)[0]["id"]
        lot = require_documented("getLot", lots.get_lot(driver, lot_id))["lot"]
        assert lot["id"] == lot_id
        assert datetime.fromisoformat(lot["created_at"]).tzinfo is not None


def test_an_unknown_lot_is_not_found(driver: Caller) -> None:
    with pytest.raises(NotFound):
        lots.get_lot(driver, str(uuid7()))


def test_every_real_lot_that_was_imported_keeps_the_contracts_word(time: SetClock) -> None:
    project = make_project()
    caller = caller_of(project)
    lot_imports.run(caller, NETHERLANDS, world_id=project.id, operator_id=project.operator_id)
    for city in ("Assen", "Utrecht", "Amsterdam", "Groningen", "Zuid Holland"):
        for lot in found(caller, address=city, limit=50):
            require_documented("getLot", lots.get_lot(caller, lot["id"]))


def test_what_an_import_takes_is_what_the_contract_can_show() -> None:
    schemas = Contract.read().document["components"]["schemas"]
    assert list(lot_fields.TYPES) == schemas["LotType"]["enum"]


def on_map(caller: Caller, **asked: Any) -> tuple[dict[str, Any], dict[str, str]]:
    answer = lots.list_lots_geo_json(caller, **asked)
    return require_documented("listLotsGeoJson", answer), answer[2]


def test_a_map_shows_each_lot_as_a_search_by_address_does(driver: Caller) -> None:
    shown, _ = on_map(driver, bbox="-107,39,-106,40")
    by_name = {
        lot["id"]: lot
        for name in ("Lionshead", "Bare")
        for lot in lots.search_lots(driver, address=name)["lots"]
    }
    assert {feature["id"]: feature["properties"] for feature in shown["features"]} == by_name
    assert shown["bbox"] == [-106.3866, 39.6412, -106.3739, 39.6436]
    for feature in shown["features"]:
        lot = by_name[feature["id"]]
        assert feature["geometry"]["coordinates"] == [lot["lng"], lot["lat"]]


def test_a_map_is_geojson_by_somebody_elses_reading() -> None:
    project = make_project()
    for place in (
        (-17.7134, 178.065),
        (-16.8, -179.98),
        (0.0, 180.0),
        (0.0, -180.0),
        (90.0, 0.0),
        (-90.0, 9.5),
    ):
        make_lot(project=project, at=place, name="Synthetic Lot of Łódź 東京")
    for bbox, number in ((None, 6), ("177,-20,-178,1", 4), ("5,5,6,6", 0)):
        shown, _ = on_map(caller_of(project), bbox=bbox)
        read = geojson.loads(orjson.dumps(shown).decode())
        assert isinstance(read, geojson.FeatureCollection)
        assert (read.is_valid, read.errors(), len(read.features)) == (True, [], number)
        assert all(isinstance(feature.geometry, geojson.Point) for feature in read.features)


def test_a_map_goes_on_where_its_link_leads(driver: Caller) -> None:
    first, headers = on_map(driver, bbox="-107,39,-106,40", limit=1)
    cursor = first["next_cursor"]
    query = f"bbox=-107%2C39%2C-106%2C40&limit=1&cursor={cursor}"
    assert headers["Link"] == f'</api/v1/lots.geojson?{query}>; rel="next"'
    last, headers = on_map(driver, bbox="-107,39,-106,40", limit=1, cursor=cursor)
    assert "next_cursor" not in last
    assert "Link" not in headers
    assert first["features"] != last["features"]


def test_what_a_key_sees_is_kept_by_nobody_else(driver: Caller) -> None:
    for caller, audience in ((driver, "private"), (anyone(), "public")):
        _, headers = on_map(caller)
        assert headers == {"Cache-Control": f"{audience}, max-age=60", "Vary": "Authorization"}
