"""What falls due, in its order, on both databases."""

import pytest
from sqlalchemy import select

from app import database
from app.domain.errors import BadGateway
from app.gateways import processors
from app.models import Event
from app.presenters.sessions import SessionFacts
from app.services import due
from app.worker import sweeps
from stripe_sandbox import Fault
from tests.conftest import SetClock
from tests.services.parking import (
    CANCELING,
    CONFIRMING,
    at_the_processor,
    driver_authorises,
    free_spaces,
    intent_of,
    look_up,
    pass_time,
    processor_meets,
    start,
    tell_of_everything,
    worker_goes_round,
)
from tests.services.world import World, make_world


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def payment_status(world: World, facts: object) -> object:
    return look_up(world, facts)["payment"]["status"]  # type: ignore[arg-type,index] # JSON


def test_a_session_does_not_expire_while_its_driver_is_authorising(world: World, time: SetClock) -> None:
    facts = start(world)
    processor_meets(Fault(path=CONFIRMING, lost=True), times=6)
    time.move(minutes=11)
    sweeps.run_due()
    assert look_up(world, facts)["status"] == "active"
    worker_goes_round(time)
    assert payment_status(world, facts) == "authorized"


def test_a_clock_does_not_run_past_an_authorisation_that_hangs(world: World, time: SetClock) -> None:
    facts = start(world)
    processor_meets(Fault(path=CONFIRMING, lost=True))
    with pytest.raises(BadGateway):
        pass_time(world, time, 3600)
    pass_time(world, time, 3600)
    assert payment_status(world, facts) == "authorized"


def test_the_processor_is_asked_before_a_session_expires(world: World, time: SetClock) -> None:
    world.driver_stays_away()
    facts = start(world)
    driver_authorises(world, facts)
    worker_goes_round(time, times=22)
    assert payment_status(world, facts) == "authorized"


def test_a_hold_that_expired_unpaid_is_released_once_the_processor_is_back(
    world: World, time: SetClock
) -> None:
    world.driver_stays_away()
    facts = start(world)
    processor_meets(Fault(path=CANCELING))
    time.move(minutes=11)
    sweeps.run_due()
    assert look_up(world, facts)["status"] == "expired"
    assert at_the_processor(world, facts).is_open
    worker_goes_round(time)
    assert at_the_processor(world, facts).is_canceled


def cancel_in_the_dashboard(world: World, facts: SessionFacts) -> None:
    payments = processors.card_payments_for("sandbox", world.project.id)
    payments.release("dashboard", payment_intent_id=intent_of(facts), reason="fraudulent")


@pytest.mark.parametrize("is_heard_of", [True, False])
def test_a_session_whose_hold_was_cancelled_in_the_dashboard_expires_as_any_other(
    world: World, time: SetClock, is_heard_of: bool
) -> None:
    world.driver_stays_away()
    facts = start(world)
    cancel_in_the_dashboard(world, facts)
    if is_heard_of:
        tell_of_everything()
        assert payment_status(world, facts) == "failed"
    pass_time(world, time, 11 * 60)
    assert look_up(world, facts)["status"] == "expired"
    assert payment_status(world, facts) == "released"
    assert free_spaces(world.lot) == 87
    assert not due.due_now()
    assert "session.expired" in told()


def told() -> list[str]:
    with database.reading() as db:
        return list(db.scalars(select(Event.type).order_by(Event.id)))


def test_a_session_whose_hold_was_cancelled_after_it_was_authorised_goes_on(
    world: World, time: SetClock
) -> None:
    facts = start(world, payment_method="pm_card_visa")
    cancel_in_the_dashboard(world, facts)
    tell_of_everything()
    pass_time(world, time, 11 * 60)
    assert look_up(world, facts)["status"] == "active"
    assert payment_status(world, facts) == "failed"


def test_what_is_due_is_listed_in_parts_one_after_the_other(
    world: World, time: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.driver_stays_away()
    monkeypatch.setattr(due, "BATCH", 3)
    for number in range(7):  # all at the same instant
        start(world, f"CO-{number}")
    time.move(minutes=11)
    parts = [due.due_now()]
    while parts[-1]:
        parts.append(due.due_now(after=parts[-1][-1]))
    assert [len(part) for part in parts] == [3, 3, 1, 0]
    assert len({item.subject_id for part in parts for item in part}) == 7
