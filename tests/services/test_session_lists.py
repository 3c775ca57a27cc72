"""Lists of sessions: who sees which, in pages that stay right, by lot, status, time and plate."""

from datetime import timedelta
from uuid import UUID

import pytest

from app import database
from app.domain.callers import Caller
from app.models import Operator
from app.presenters.pages import Page
from app.presenters.sessions import SessionFacts, present
from app.services import session_lists, sessions
from app.services.timelines import Window
from tests.conftest import EVENING, SetClock
from tests.factories import caller_of, make_lot, make_operator, make_project
from tests.services.parking import end, start
from tests.services.session_rows import make_sessions
from tests.services.world import World, make_world
from tests.statements import statements_seen


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def ids(page: Page[SessionFacts]) -> list[UUID]:
    return [facts.session.id for facts in page.entries]


def listed(caller: Caller, *, limit: int = 20, **wanted: object) -> list[UUID]:
    return ids(session_lists.page(caller, Window(limit=limit), **wanted))  # type: ignore[arg-type] # test sugar


def every_page(caller: Caller, limit: int) -> list[UUID]:
    """Turn the pages of a list up to the last one."""
    found: list[UUID] = []
    cursor = None
    while True:
        window = Window.read(limit=limit, after=None, before=None, cursor=cursor)
        page = session_lists.page(caller, window)
        found += ids(page)
        cursor = page.next_cursor
        if cursor is None:
            return found
        assert len(page.entries) == limit


def test_the_newest_session_comes_first_as_looking_it_up_shows_it(world: World, time: SetClock) -> None:
    first = start(world, "CO-7891")
    time.move(minutes=5)
    second = start(world, "CO-7892")
    page = session_lists.page(world.caller, Window(limit=20))
    assert ids(page) == [second.session.id, first.session.id]
    assert [present(facts) for facts in page.entries] == [
        present(sessions.get(world.caller, session_id)) for session_id in ids(page)
    ]
    assert page.next_cursor is None


def test_pages_stay_right_while_sessions_are_added(world: World, time: SetClock) -> None:
    made = make_sessions(world.lot, world.caller, 7, apart=timedelta(0))
    first = session_lists.page(world.caller, Window(limit=3))
    time.move(hours=1)
    make_sessions(world.lot, world.caller, 4, plate="NEW-{}", started_at=time.at)
    window = Window.read(limit=100, after=None, before=None, cursor=first.next_cursor)
    rest = ids(session_lists.page(world.caller, window))
    assert ids(first) + rest == sorted(made, reverse=True)


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_pages_hold_every_session_once(world: World, limit: int) -> None:
    made = make_sessions(world.lot, world.caller, 7)
    assert every_page(world.caller, limit) == made[::-1]


def test_a_sandbox_sees_its_own_world_only(world: World) -> None:
    mine = start(world)
    stranger = make_world()
    sibling = make_project(operator=make_operator(), kind="live")
    same_operator = caller_of(make_project(operator=operator_of(world), kind="live"))
    assert listed(world.caller) == [mine.session.id]
    for caller in (stranger.caller, caller_of(sibling), same_operator):
        assert listed(caller) == []
        assert ids(session_lists.search(caller, "CO-7891", Window(limit=20))) == []


def operator_of(world: World) -> Operator:
    with database.reading() as db:
        return db.get_one(Operator, world.project.operator_id)


class LiveWorld:
    """An operator with a lot, another company that makes sessions in it, and a stranger."""

    def __init__(self) -> None:
        operator = make_operator(name="Vail Parking")
        self.run_by = caller_of(make_project(operator=operator, kind="live"))
        self.made_by = caller_of(make_project(kind="live"))
        self.stranger = caller_of(make_project(kind="live"))
        self.lot = make_lot(operator=operator)
        self.other_lot = make_lot(operator=operator)


@pytest.fixture
def live(services: None, time: SetClock) -> LiveWorld:
    return LiveWorld()


def test_maker_and_operator_see_a_live_session_and_nobody_else_does(live: LiveWorld) -> None:
    [session] = make_sessions(live.lot, live.made_by, 1)
    for caller in (live.made_by, live.run_by):
        assert listed(caller) == listed(caller, lot_id=live.lot.id) == [session]
        assert ids(session_lists.search(caller, "co 7891 0", Window(limit=20))) == [session]
    assert listed(live.stranger) == listed(live.stranger, lot_id=live.lot.id) == []
    assert ids(session_lists.search(live.stranger, "CO-7891-0", Window(limit=20))) == []


def test_what_a_project_made_and_what_its_operator_runs_are_one_list(live: LiveWorld) -> None:
    theirs = make_sessions(live.lot, live.made_by, 2, started_at=EVENING)
    own = make_sessions(live.lot, live.run_by, 2, started_at=EVENING + timedelta(seconds=30), plate="OWN-{}")
    elsewhere = make_lot()
    away = make_sessions(elsewhere, live.run_by, 1, started_at=EVENING - timedelta(hours=1), plate="AWAY-{}")
    expected = [own[1], theirs[1], own[0], theirs[0], *away]
    assert every_page(live.run_by, 2) == every_page(live.run_by, 3) == expected


def test_the_clients_secret_is_for_the_maker_alone(live: LiveWorld) -> None:
    make_sessions(live.lot, live.made_by, 1)
    shows = [
        session_lists.page(caller, Window(limit=1)).entries[0].shows_secret
        for caller in (live.made_by, live.run_by)
    ]
    assert shows == [True, False]


def test_a_lot_is_picked_out(live: LiveWorld) -> None:
    here = make_sessions(live.lot, live.made_by, 2)
    there = make_sessions(live.other_lot, live.made_by, 1, plate="THERE-{}")
    for caller in (live.made_by, live.run_by):
        assert listed(caller, lot_id=live.lot.id) == here[::-1]
        assert listed(caller, lot_id=live.other_lot.id) == there


def test_a_status_is_picked_out_and_what_never_started_does_not_exist(live: LiveWorld) -> None:
    made = {
        status: make_sessions(live.lot, live.made_by, 1, status=status, plate=f"{status}-{{}}")
        for status in ("starting", "active", "ending", "completed", "expired", "failed")
    }
    assert set(listed(live.made_by, status="active")) == {*made["active"], *made["ending"]}
    assert listed(live.made_by, status="completed") == made["completed"]
    assert listed(live.made_by, status="expired") == made["expired"]
    assert len(listed(live.made_by)) == 4


def test_windows_of_time_tile(live: LiveWorld) -> None:
    made = make_sessions(live.lot, live.made_by, 4, apart=timedelta(hours=1))
    middle = EVENING + timedelta(hours=2)
    before = session_lists.page(live.made_by, Window(limit=20, before=middle))
    after = session_lists.page(live.made_by, Window(limit=20, after=middle))
    assert ids(before) == made[1::-1]
    assert ids(after) == made[:1:-1]
    of_plate = session_lists.search(live.made_by, "CO-7891-3", Window(limit=20, after=middle))
    assert ids(of_plate) == made[3:]


@pytest.mark.parametrize("written", ["CO-7891", "co 7891", "Co‑78.91", "co7891"])
def test_plates_compare_normalised(world: World, written: str) -> None:
    parked = start(world, "CO-7891")
    start(world, "CO-7892")
    assert ids(session_lists.search(world.caller, written, Window(limit=20))) == [parked.session.id]


def test_a_plate_is_found_in_the_lots_of_every_operator(live: LiveWorld) -> None:
    here = make_sessions(live.lot, live.made_by, 1, plate="CO-7891")
    there = make_sessions(
        make_lot(), live.made_by, 1, plate="co 7891", started_at=EVENING + timedelta(hours=1)
    )
    assert ids(session_lists.search(live.made_by, "CO-7891", Window(limit=20))) == there + here
    assert ids(session_lists.search(live.run_by, "CO-7891", Window(limit=20))) == here


def test_what_is_asked_for_a_plate_does_not_grow_with_the_sandboxes_that_know_it(live: LiveWorld) -> None:
    def asked() -> list[int]:
        with statements_seen() as seen:
            session_lists.search(live.made_by, "CO-7891", Window(limit=20))
        return [len(statement) for statement in seen]

    make_sessions(live.lot, live.made_by, 1, plate="CO-7891")
    asked()  # and remember what parking there costs
    few = asked()
    for _ in range(5):
        sandbox = make_project()
        make_sessions(make_lot(project=sandbox), caller_of(sandbox), 1, plate="CO-7891")
    assert asked() == few


def test_an_ended_session_is_listed_with_what_it_cost(world: World, time: SetClock) -> None:
    facts = start(world, payment_method="pm_card_visa")
    time.move(hours=4)
    end(world, facts)
    [shown] = session_lists.page(world.caller, Window(limit=1), status="completed").entries
    assert present(shown)["subtotal"] == 24.0
