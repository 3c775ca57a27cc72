"""What falls due, in its order, on both databases."""

import pytest

from app.domain.errors import BadGateway
from app.services import due
from app.worker import sweeps
from stripe_sandbox import Fault
from tests.conftest import SetClock
from tests.services.parking import (
    CANCELING,
    CONFIRMING,
    at_the_processor,
    driver_authorises,
    look_up,
    pass_time,
    processor_meets,
    start,
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
