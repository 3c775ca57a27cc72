"""What getAvailability answers, by the contract."""

import pytest

from app.domain.errors import NotFound
from app.domain.ids import uuid7
from handlers import availability
from tests.factories import anyone, caller_of, make_lot, make_project
from tests.handlers.contract import require_documented

pytestmark = pytest.mark.usefixtures("db", "time")


@pytest.mark.parametrize("hours", ["24/7", None])
def test_free_spaces_keep_the_contracts_word(hours: str | None) -> None:
    project = make_project()
    lot = make_lot(project=project, capacity=120, free=87, opening_hours=hours)
    answer = require_documented(
        "getAvailability", availability.get_availability(caller_of(project), str(lot.id))
    )
    shown = answer["availability"]
    assert (shown["lot_id"], shown["available"], shown["capacity"]) == (str(lot.id), 87, 120)
    assert shown.get("open_now") is (None if hours is None else True)


def test_an_unknown_lot_is_not_found() -> None:
    with pytest.raises(NotFound):
        availability.get_availability(anyone(), str(uuid7()))


@pytest.mark.parametrize(("body", "left"), [({"occupied": 33}, 87), ({"occupied_elsewhere": 130}, 0)])
def test_report_occupancy_answers_as_get_availability_does(body: dict[str, int], left: int) -> None:
    project = make_project()
    caller, lot = caller_of(project), make_lot(project=project, capacity=120)
    answer = availability.report_occupancy(caller, str(lot.id), body)
    shown = require_documented("reportOccupancy", answer)["availability"]
    assert (shown["available"], shown["source"]) == (left, "reported")
    assert shown == availability.get_availability(caller, str(lot.id))["availability"]
    assert answer[1:] == (200, {})
