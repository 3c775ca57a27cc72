"""What the operations on an operator's lots answer, by the contract."""

from typing import Any

import pytest

from app.contract.document import Contract
from app.domain.callers import Caller
from app.domain.errors import BadRequest
from app.domain.idempotency import Once
from handlers import inventory
from tests.conftest import SetClock
from tests.factories import caller_of, make_project
from tests.handlers.contract import require_documented

pytestmark = pytest.mark.usefixtures("db")

FORD_PARK: dict[str, Any] = {
    "name": "Ford Park Lot",
    "lat": 39.6402,
    "lng": -106.3634,
    "time_zone": "America/Denver",
    "currency": "USD",
    "type": "surface",
    "capacity": 190,
}
CSV = "text/csv"
ONCE = Once("ford-park", "f" * 64)


@pytest.fixture
def caller(time: SetClock) -> Caller:
    return caller_of(make_project())


def test_a_lot_is_made_changed_and_deleted(caller: Caller) -> None:
    answer = inventory.create_lot(caller, FORD_PARK | {"external_id": "ford-park", "opening_hours": "24/7"})
    lot = require_documented("createLot", answer)["lot"]
    assert answer[1:] == (201, {"Location": f"/api/v1/lots/{lot['id']}"})
    assert (lot["external_id"], lot["agent_access"], lot["agent_bookable"]) == ("ford-park", "unset", False)
    assert "city" not in lot
    changed = inventory.update_lot(caller, lot["id"], {"external_id": None, "agent_access": "blocked"})
    shown = require_documented("updateLot", changed)["lot"]
    assert shown == {key: value for key, value in lot.items() if key != "external_id"} | {
        "agent_access": "blocked"
    }
    assert inventory.delete_lot(caller, lot["id"], ONCE) == (None, 204, {})
    assert inventory.delete_lot(caller, lot["id"], ONCE) == (None, 204, {"Idempotent-Replayed": "true"})


def test_what_is_shown_of_a_lot_is_changed_under_the_same_names(caller: Caller) -> None:
    named = Contract.read().document["components"]["schemas"]
    shown, changeable = named["OwnLot"]["properties"].keys(), named["LotChange"]["properties"].keys()
    assert changeable <= shown
    counts = {"accessible": 8, "ev_charging": 2}
    lot = require_documented("createLot", inventory.create_lot(caller, FORD_PARK | counts))["lot"]
    assert counts.items() <= lot.items()


def test_an_import_says_what_it_did(caller: Caller) -> None:
    table = b"""external_id,name,city,lat,lng,type,capacity,time_zone,currency,paid\x07,
ford-park,Ford Park Lot,,39.6402,-106.3634,surface,190,America/Denver,USD,yes,
red-sandstone,Red Sandstone Garage,Vail,39.6430,-106.4010,garage,many,America/Denver,USD,yes,
"""
    first, again = (inventory.import_lots(caller, table, CSV, dry_run=True, once=ONCE) for _ in range(2))
    assert require_documented("importLots", first) == {
        "import": {
            "created": 1,
            "updated": 0,
            "unchanged": 0,
            "error_count": 1,
            "errors": [
                {"line": 3, "field": "capacity", "reason": "is not a whole number from 1 to 1,000,000"}
            ],
            "warning_count": 1,
            "warnings": [{"line": 2, "field": "city", "reason": "no city"}],
            "ignored_columns": ["paid�"],
            "dry_run": True,
        }
    }
    assert again == (first[0], 200, {"Idempotent-Replayed": "true"})


@pytest.mark.parametrize("name", ["two_lots", "one_error"])
def test_the_contract_shows_what_becomes_of_its_files(caller: Caller, name: str) -> None:
    create, take = (documented(operation) for operation in ("createLot", "importLots"))
    ford_park = create["requestBody"]["content"]["application/json"]["examples"]["ford_park"]["value"]
    inventory.create_lot(caller, ford_park)
    table = take["requestBody"]["content"]["text/csv"]["examples"][name]["value"].encode()
    shown = take["responses"]["200"]["content"]["application/json"]["examples"][name]["value"]
    assert inventory.import_lots(caller, table, CSV)[0] == shown


def test_a_list_is_what_its_media_type_says_or_is_refused(caller: Caller) -> None:
    with pytest.raises(BadRequest) as refused:
        inventory.import_lots(caller, b"external_id,name", "application/geo+json")
    assert [detail.field for detail in refused.value.details] == ["body"]
    assert "sent as application/geo+json" in refused.value.message


def documented(operation_id: str) -> Any:
    """Return an operation as the contract writes it."""
    contract = Contract.read()
    return contract.at(contract.operations[operation_id].pointer)


def test_of_very_many_errors_the_first_are_listed(caller: Caller) -> None:
    head = b"external_id,name,lat,lng,type,capacity,time_zone,currency\n"
    rows = b"".join(b"%d,Lot,north,0,garage,1,UTC,USD\n" % number for number in range(1_100))
    done = require_documented("importLots", inventory.import_lots(caller, head + rows, CSV))["import"]
    assert (done["created"], done["error_count"], len(done["errors"])) == (0, 1_100, 1_000)
    assert done["errors"][-1]["line"] == 1_001
