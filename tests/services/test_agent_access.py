"""An operator lets agents into a lot or keeps them out; what runs goes on, what starts later obeys."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app import database
from app.domain.agent_access import AgentAccess
from app.domain.errors import AgentOptInRequired, IdempotencyKeyReused, NotFound, ParkGraphError
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from app.models import AuditEntry, Lot, LotAvailability, ParkingSession
from app.services import agent_access, audit, lots, operator_lots, session_starts
from app.services.idempotency import Claim
from tests.conftest import SetClock
from tests.factories import caller_of, make_lot, make_project
from tests.services.parking import end, extend, look_up, order, start
from tests.services.world import World, make_world

pytestmark = pytest.mark.usefixtures("db", "time")

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
EVE = NEW_YEAR - timedelta(microseconds=1)


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def choose(world: World, access: AgentAccess | None) -> bool:
    return agent_access.choose(world.caller, world.lot.id, access).value.agent_bookable


def entries(lot: Lot) -> list[AuditEntry]:
    with database.reading() as db:
        written = audit.entries(db, operator_id=lot.operator_id)
    return [entry for entry in written if entry.action == "agent_access.set"]


def sessions_and_spaces(world: World) -> tuple[int, int]:
    with database.reading() as db:
        sessions = db.scalar(select(func.count()).select_from(ParkingSession)) or 0
        return sessions, db.get_one(LotAvailability, world.lot.id).free


@pytest.mark.parametrize(("created_at", "by_age"), [(EVE, False), (NEW_YEAR, True)])
def test_the_operators_choice_holds_until_it_is_taken_back(created_at: datetime, by_age: bool) -> None:
    project = make_project()
    caller, lot = caller_of(project), make_lot(project=project, created_at=created_at)
    for access, bookable in (("allowed", True), ("blocked", False), (None, by_age)):
        told = agent_access.choose(caller, lot.id, access).value  # type: ignore[arg-type] # test sugar
        assert (told.chosen, told.agent_bookable, told.created_at) == (access, bookable, created_at)
        assert lots.get(caller, lot.id).agent_bookable is bookable


def test_a_lot_without_rates_stays_unbookable_whatever_is_chosen() -> None:
    project = make_project()
    lot = make_lot(project=project, rate=None)
    told = agent_access.choose(caller_of(project), lot.id, "allowed").value
    assert (told.chosen, told.agent_bookable) == ("allowed", False)


def test_sessions_that_run_can_be_read_extended_and_ended_after_agents_were_shut_out(
    world: World, time: SetClock
) -> None:
    facts = start(world, payment_method="pm_card_visa")
    assert not choose(world, "blocked")
    with pytest.raises(AgentOptInRequired):
        start(world, "CO-2222")
    assert look_up(world, facts)["status"] == "active"
    assert extend(world, facts)["status"] == "active"
    time.move(hours=4)
    assert end(world, facts)["subtotal"] == 24.0


def test_a_session_that_is_being_created_while_agents_are_shut_out_is_not(world: World) -> None:
    plan = session_starts.plan(world.caller, order(world))
    choose(world, "blocked")
    with pytest.raises(AgentOptInRequired):
        session_starts.open_session(world.caller, plan, uuid7(), Claim("nobody", None))
    assert sessions_and_spaces(world) == (0, 87)


def test_a_lot_that_is_deleted_under_a_session_being_created_takes_it_no_more(
    world: World, time: SetClock
) -> None:
    plan = session_starts.plan(world.caller, order(world))
    with database.transaction() as db:
        operator_lots.for_change(db, world.caller, world.lot.id).deleted_at = time.at
    with pytest.raises(NotFound):
        session_starts.open_session(world.caller, plan, uuid7(), Claim("nobody", None))
    assert sessions_and_spaces(world) == (0, 87)


def test_a_session_waits_for_a_choice_that_is_not_committed_yet(world: World) -> None:
    plan = session_starts.plan(world.caller, order(world))
    outcomes: list[str] = []

    def create() -> None:
        try:
            session_starts.open_session(world.caller, plan, uuid7(), Claim("nobody", None))
            outcomes.append("created")
        except ParkGraphError as refusal:
            outcomes.append(refusal.code)

    creating = threading.Thread(target=create)
    with database.transaction() as db:
        operator_lots.for_change(db, world.caller, world.lot.id).agent_access = "blocked"
        db.flush()
        creating.start()
        creating.join(timeout=0.3)  # long enough for one that does not wait
        assert outcomes == []
    creating.join()
    assert outcomes == ["AGENT_OPT_IN_REQUIRED"]
    assert sessions_and_spaces(world) == (0, 87)


def test_a_choice_is_a_line_in_the_log_and_the_same_one_again_is_not(time: SetClock) -> None:
    project = make_project()
    caller, lot = caller_of(project), make_lot(project=project)
    changed_at = time.at + timedelta(minutes=1)
    for access in ("blocked", "blocked", None):
        time.move(minutes=1)
        agent_access.choose(caller, lot.id, access)  # type: ignore[arg-type] # test sugar
    first, second = entries(lot)
    assert first.diff == {"agent_access": [None, "blocked"]}
    assert second.diff == {"agent_access": ["blocked", None]}
    assert (first.at, first.lot_id, first.subject_id) == (changed_at, lot.id, str(lot.id))
    assert lots.get(caller, lot.id).updated_at == time.at


def test_only_the_lots_operator_chooses() -> None:
    lot = make_lot(project=make_project(kind="live"))
    with pytest.raises(NotFound):
        agent_access.choose(caller_of(make_project(kind="live")), lot.id, "blocked")
    assert entries(lot) == []


def test_a_request_sent_twice_chooses_once() -> None:
    project = make_project()
    caller, lot = caller_of(project), make_lot(project=project)
    once = Once(key="no-agents", fingerprint="a" * 64)
    assert not agent_access.choose(caller, lot.id, "blocked", once=once).replayed
    agent_access.choose(caller, lot.id, "allowed")
    again = agent_access.choose(caller, lot.id, "blocked", once=once)
    assert (again.replayed, again.value.chosen) == (True, "allowed")
    assert len(entries(lot)) == 2
    with pytest.raises(IdempotencyKeyReused):
        agent_access.choose(caller, lot.id, None, once=Once(key="no-agents", fingerprint="b" * 64))
