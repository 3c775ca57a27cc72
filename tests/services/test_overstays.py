"""A stay runs on after its planned end, and ends by itself after its lot's longest; on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app import database
from app.domain.errors import Conflict
from app.models import AuditEntry, Lot, ParkingSession, Project
from app.presenters.sessions import SessionFacts
from app.services import due, receipts
from app.worker import sweeps
from stripe_sandbox import Fault
from tests.conftest import EVENING, SetClock
from tests.factories import make_lot
from tests.services import hooks, post
from tests.services.parking import (
    CAPTURING,
    end,
    extend,
    free_spaces,
    look_up,
    pass_time,
    processor_meets,
    start,
    worker_goes_round,
)
from tests.services.world import World, make_world

SIX_HOURS = 6 * 3600
BY_ITSELF = {
    "status": "completed",
    "ended_at": "2026-11-23T00:30:00Z",
    "duration_hours": 6.0,
    "subtotal": 36.0,
}


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


@pytest.fixture
def lot(world: World) -> Lot:
    """Make a lot in which nobody stays longer than six hours."""
    return make_lot(project=world.project, capacity=5, max_stay_hours=6)


def park(world: World, lot: Lot, **wishes: object) -> SessionFacts:
    card = {"payment_method": "pm_card_visa", "email": "driver@example.com"}
    return start(world, lot=lot, **card | wishes)


def figures(world: World, facts: SessionFacts) -> dict[str, object]:
    seen = look_up(world, facts)
    return {name: seen.get(name) for name in BY_ITSELF}


def endings() -> list[dict[str, object]]:
    with database.reading() as db:
        wanted = select(AuditEntry.diff).where(AuditEntry.action == "session.end").order_by(AuditEntry.id)
        return list(db.scalars(wanted))


def test_a_stay_runs_on_after_its_planned_end_and_ends_by_itself_after_the_longest(
    world: World, lot: Lot, time: SetClock
) -> None:
    facts = park(world, lot)
    pass_time(world, time, SIX_HOURS - 1)
    assert look_up(world, facts)["status"] == "active"
    assert free_spaces(lot) == 4
    pass_time(world, time, 86_400)
    assert figures(world, facts) == BY_ITSELF
    assert free_spaces(lot) == 5
    assert [diff.get("ended_by") for diff in endings()] == [[None, "longest_stay"]]


def test_everybody_is_told_of_it_before_and_after(world: World, lot: Lot, time: SetClock) -> None:
    park(world, lot)
    pass_time(world, time, SIX_HOURS)
    told = [event.type for event in hooks.events() if event.type.startswith("session.")]
    assert told == ["session.created", "session.expiring", "session.expiring", "session.ended"]
    session = next(data["session"] for kind, data in hooks.told() if kind == "session.ended")
    assert session["ended_at"] == session["latest_end_at"] == BY_ITSELF["ended_at"]
    assert post.kinds() == ["planned_end", "longest_stay", "ended_at_longest"]
    with post.post_office() as office:
        post.send()
    assert "It costs 36.00 USD." in office.letters[-1].text


def test_the_worker_may_come_late_and_the_stay_is_no_longer_for_it(
    world: World, lot: Lot, time: SetClock
) -> None:
    facts = park(world, lot, email=None)
    time.move(hours=9)
    worker_goes_round(time)
    assert figures(world, facts) == BY_ITSELF
    assert sweeps.run_due() == 0


def test_a_driver_who_ends_it_after_the_longest_stay_before_the_worker_came_pays_no_more(
    world: World, lot: Lot, time: SetClock
) -> None:
    facts = park(world, lot)
    time.move(hours=9)
    end(world, facts)
    assert figures(world, facts) == BY_ITSELF
    assert post.kinds() == []  # whoever ended it knows


def test_a_receipt_counts_no_time_beyond_the_longest_stay(world: World, lot: Lot, time: SetClock) -> None:
    facts = park(world, lot)
    time.move(hours=9)
    receipt = receipts.find(world.caller, facts.session.receipt_token)
    assert str(receipt.price_so_far) == "36.00 USD"


def test_a_stay_may_be_extended_to_its_longest_and_not_beyond(world: World, lot: Lot, time: SetClock) -> None:
    facts = park(world, lot)
    with pytest.raises(Conflict, match="The longest stay in this lot is 6 hours; 2 are left") as refusal:
        extend(world, facts, hours=3)
    assert refusal.value.details[0].field == "extend_hours"
    assert extend(world, facts, hours=2)["planned_end_at"] == BY_ITSELF["ended_at"]
    pass_time(world, time, SIX_HOURS)
    assert figures(world, facts) == BY_ITSELF
    assert post.kinds() == ["planned_end", "ended_at_longest"]


def test_the_longest_stay_is_the_one_of_when_the_stay_began(world: World, lot: Lot, time: SetClock) -> None:
    facts = park(world, lot)
    for hours in (1, 300):
        with database.transaction() as db:
            db.execute(update(Lot).where(Lot.id == lot.id).values(max_stay_hours=hours))
        pass_time(world, time, 3 * 3600)
    assert figures(world, facts) == BY_ITSELF


def test_a_stay_that_outlasts_its_hold_is_paid_all_the_same(world: World, time: SetClock) -> None:
    lot = make_lot(project=world.project, max_stay_hours=300)
    facts = park(world, lot, duration_hours=1)
    pass_time(world, time, 301 * 3600)  # the hold runs out after a week
    seen = look_up(world, facts)
    assert (seen["status"], seen["duration_hours"]) == ("completed", 300.0)
    payment: Any = seen["payment"]
    assert (payment["status"], payment["captured"]) == ("captured", seen["subtotal"])


def test_what_the_processor_did_not_hear_of_is_finished_later_and_for_the_same_stay(
    world: World, lot: Lot, time: SetClock
) -> None:
    facts = park(world, lot)
    time.move(hours=6)
    processor_meets(Fault(path=CAPTURING))
    sweeps.run_due()
    assert look_up(world, facts)["status"] == "active"
    assert free_spaces(lot) == 5
    worker_goes_round(time)
    assert figures(world, facts) == BY_ITSELF
    assert post.kinds().count("ended_at_longest") == 1


def test_two_workers_end_it_once(world: World, lot: Lot, time: SetClock) -> None:
    park(world, lot, email=None)
    time.move(hours=6)
    [*_, item] = [item for item in due.due_now() if item.kind == "end"]
    for _ in range(2):
        due.run(due.worker(), item)
    assert len(endings()) == 1
    assert free_spaces(lot) == 5


def test_it_is_ended_at_the_very_instant_on_the_way_of_a_sandbox_s_clock(
    world: World, lot: Lot, time: SetClock
) -> None:
    facts = park(world, lot)
    pass_time(world, time, 30 * 86_400)
    with database.reading() as db:
        session = db.get_one(ParkingSession, facts.session.id)
        project = db.get_one(Project, world.project.id)
    assert session.ended_at == session.latest_end_at == EVENING + timedelta(hours=6)
    assert project.clock_offset == 30 * 86_400 * 1_000_000
