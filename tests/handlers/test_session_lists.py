"""What listSessions and searchSessions answer, by the contract."""

import pytest
from sqlalchemy import update

from app import database
from app.domain import clock
from app.models import Person
from handlers import sessions
from tests.conftest import SetClock
from tests.handlers.contract import require_documented
from tests.services.parking import end, start
from tests.services.world import World, make_world


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def parked(world: World, time: SetClock, times: int) -> list[str]:
    """Park a car again and again, for a minute each time; return the sessions' ids, oldest first."""
    made = []
    for _ in range(times):
        facts = start(world, "CO-7891", payment_method="pm_card_visa")
        time.move(minutes=1)
        end(world, facts)
        made.append(str(facts.session.id))
    return made


def test_sessions_are_listed_as_they_are_looked_up(world: World, time: SetClock) -> None:
    running, ended = start(world), start(world, "CO-7892", payment_method="pm_card_visa")
    time.move(hours=4)
    end(world, ended)
    page = require_documented("listSessions", sessions.list_sessions(world.caller))
    assert page == {
        "data": [
            sessions.get_session(world.caller, str(facts.session.id))["session"] for facts in (ended, running)
        ]
    }


def test_an_erased_plate_is_shown_as_erased(world: World) -> None:
    session_id = str(start(world).session.id)
    with database.transaction() as db:
        gone = {"normalised": None, "shown": None, "erased_at": clock.now()}
        db.execute(update(Person).where(Person.kind == "plate").values(gone))
    shown = require_documented("getSession", sessions.get_session(world.caller, session_id))["session"]
    assert shown["plate"] == "erased"
    [listed] = require_documented("listSessions", sessions.list_sessions(world.caller))["data"]
    assert listed == shown


def test_pages_and_filters_are_read_as_they_are_written(world: World, time: SetClock) -> None:
    made = parked(world, time, 4)
    wanted = {
        "lot_id": str(world.lot.id).upper(),
        "status": "completed",
        "started_after": "2026-11-22T18:31:00Z",
        "started_before": "2026-11-22T18:32:00.000001Z",
    }
    first = require_documented("listSessions", sessions.list_sessions(world.caller, limit=1, **wanted))
    cursor = first["next_cursor"]
    last = require_documented("listSessions", sessions.list_sessions(world.caller, cursor=cursor, **wanted))
    assert [entry["id"] for entry in first["data"] + last["data"]] == made[2:0:-1]
    assert "next_cursor" not in last


def test_a_plate_is_searched_in_a_window_and_in_pages(world: World, time: SetClock) -> None:
    made = parked(world, time, 3)
    first = require_documented("searchSessions", sessions.search_sessions(world.caller, "co7891", limit=1))
    rest = sessions.search_sessions(
        world.caller, "CO 7891", cursor=first["next_cursor"], started_after="2026-11-22T18:31:00Z"
    )
    assert [entry["id"] for entry in first["data"]] == made[2:]
    assert [entry["id"] for entry in require_documented("searchSessions", rest)["data"]] == [made[1]]
    assert {entry["plate"] for entry in first["data"]} == {"CO-7891"}
