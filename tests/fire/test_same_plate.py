"""One car, asked in by two projects at the same moment and written in two ways, parks once."""

from functools import partial

from app import database
from app.models import LotAvailability
from tests.factories import make_lot, make_operator
from tests.fire.town import make_keys, make_live_project
from tests.fire.wire import Call, at_one_barrier, play
from tests.profiles import pick
from tests.servers import Server

CARS = pick(short=50, full=500)


def create(lot_id: str, plate: str, key: str) -> Call:
    order = {"lot_id": lot_id, "plate": plate, "payment_method": "pm_card_visa"}
    return lambda connection: connection.post("/api/v1/sessions", order, key=key)


def test_two_projects_ask_for_one_plate_and_get_one_session(server: Server) -> None:
    lot = make_lot(operator=make_operator(), capacity=2 * CARS)
    keys = [make_keys(make_live_project(), number=1)[0] for _ in range(2)]
    plates = [spelling for car in range(CARS) for spelling in (f"CO-{7000 + car}", f"co {7000 + car}")]

    calls = [create(str(lot.id), plate, keys[at % 2]) for at, plate in enumerate(plates)]
    answers = play(partial(at_one_barrier, server.port, calls))

    for first, second in zip(answers[::2], answers[1::2], strict=True):
        won, lost = sorted([first, second], key=lambda answer: answer.status)
        assert (won.status, lost.status) == (201, 409)
        assert [detail["field"] for detail in lost.body["error"]["details"]] == ["plate"]
        assert won.body["session"]["id"] not in str(lost.body)
    with database.reading() as db:
        assert db.get_one(LotAvailability, lot.id).free == CARS
