"""A stay that outlasts its hold is paid for all the same, on both databases."""

import pytest
from sqlalchemy import select

from app import database
from app.domain.errors import BadGateway, PaymentRequired
from app.models import Hold
from app.presenters.sessions import SessionFacts
from app.services import due, sessions
from stripe_sandbox import Fault
from tests.conftest import SetClock
from tests.factories import make_lot
from tests.services.parking import (
    CAPTURING,
    driver_authenticates,
    end,
    extend,
    look_up,
    pass_time,
    processor_meets,
    start,
    worker_goes_round,
)
from tests.services.world import World, make_world

DAY = 24 * 3600
CARD = "pm_card_visa"


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def park(world: World, hours: int, **wishes: object) -> SessionFacts:
    lot = make_lot(project=world.project, rate="1.00", max_stay_hours=1_000)
    return start(world, lot=lot, duration_hours=hours, **wishes)


def holds() -> list[tuple[str, str, int, int]]:
    with database.reading() as db:
        found = db.scalars(select(Hold).order_by(Hold.id))
        return [(hold.purpose, hold.status, hold.amount_minor, hold.captured_minor) for hold in found]


def test_before_the_issuer_lets_go_what_is_due_is_taken_and_the_rest_held_anew(
    world: World, time: SetClock
) -> None:
    facts = park(world, hours=240, payment_method=CARD)
    pass_time(world, time, 7 * DAY)
    taken = 156_00  # 7 days less 12 hours, at a dollar an hour
    assert holds() == [
        ("stay", "succeeded", 240_25, taken),
        ("renewal", "requires_capture", 240_25 - taken, 0),
    ]
    assert look_up(world, facts)["payment"] == {"status": "authorized", "authorized": 240.25}
    pass_time(world, time, 3 * DAY)
    ended = end(world, facts)
    assert (ended["subtotal"], ended["payment"]["captured"]) == (240.0, 240.0)  # type: ignore[index] # JSON
    assert world.books()["fee"] == 24_00


def test_a_stay_that_costs_nothing_so_far_is_held_for_anew(world: World, time: SetClock) -> None:
    facts = park(world, hours=1, payment_method=CARD)
    with database.transaction() as db:
        db.scalars(select(Hold)).one().renew_at = facts.session.started_at
    due.run_until(world.project.id, time.at)
    assert [(purpose, status) for purpose, status, *_ in holds()] == [
        ("stay", "canceled"),
        ("renewal", "requires_capture"),
    ]
    assert look_up(world, facts)["payment"] == {"status": "authorized", "authorized": 1.25}


def test_a_card_that_asks_for_its_driver_pays_so_far_and_waits(world: World, time: SetClock) -> None:
    world.driver_stays_away()
    facts = park(world, hours=240)
    driver_authenticates(world, facts)
    pass_time(world, time, 7 * DAY)
    assert look_up(world, facts)["payment"] == {
        "status": "authorized",
        "authorized": 156.0,
        "underauthorised": True,
    }
    pass_time(world, time, 3 * DAY)
    ended = end(world, facts)
    assert ended["payment"] == {"status": "past_due", "authorized": 240.25, "captured": 156.0}
    assert holds()[1][:3] == ("renewal", "requires_payment_method", 84_00)


def test_what_is_owed_is_asked_for_by_one_hold_and_taken_once(world: World, time: SetClock) -> None:
    """An extension waits for the driver, and then so does the hold in the place of the first."""
    world.driver_stays_away()
    facts = park(world, hours=240)
    driver_authenticates(world, facts)
    with pytest.raises(PaymentRequired):
        extend(world, facts, hours=24)
    pass_time(world, time, 10 * DAY)
    assert end(world, facts)["payment"]["status"] == "past_due"  # type: ignore[index] # JSON
    assert [(purpose, status) for purpose, status, *_ in holds()] == [
        ("stay", "succeeded"),
        ("extension", "canceled"),
        ("renewal", "requires_payment_method"),
    ]
    driver_authenticates(world, sessions.get(world.caller, facts.session.id))
    worker_goes_round(time)
    assert look_up(world, facts)["payment"]["captured"] == 240.0  # type: ignore[index] # JSON
    assert world.books()["captured"] == 240_00


def test_a_hold_is_renewed_once_however_often_the_processor_fails(world: World, time: SetClock) -> None:
    park(world, hours=240, payment_method=CARD)
    processor_meets(Fault(path=CAPTURING, when="after", lost=True))
    with pytest.raises(BadGateway):
        pass_time(world, time, 7 * DAY)
    worker_goes_round(time)
    pass_time(world, time, DAY)
    assert [purpose for purpose, *_ in holds()] == ["stay", "renewal"]
    assert holds()[0][3] == 156_00


def test_a_renewal_that_the_processor_refuses_is_not_asked_for_again_and_again(
    world: World, time: SetClock
) -> None:
    facts = park(world, hours=240, payment_method=CARD)
    processor_meets(Fault(path=CAPTURING, status=400), times=1)
    pass_time(world, time, int(6.6 * DAY))
    worker_goes_round(time, times=3)
    assert [purpose for purpose, *_ in holds()] == ["stay", "renewal"]
    assert look_up(world, facts)["payment"]["status"] == "authorized"  # type: ignore[index] # JSON


def test_a_renewed_hold_is_renewed_again(world: World, time: SetClock) -> None:
    facts = park(world, hours=480, payment_method=CARD)
    pass_time(world, time, 20 * DAY)
    assert [purpose for purpose, *_ in holds()] == ["stay", "renewal", "renewal", "renewal"]
    assert end(world, facts)["payment"]["captured"] == 480.0  # type: ignore[index] # JSON
