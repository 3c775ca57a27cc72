"""What the worker does when something of it goes wrong, on both databases."""

import logging

import pytest
from sqlalchemy import select, update

from app import database
from app.domain.callers import Caller
from app.domain.errors import BadGateway, GivenUp, ServiceUnavailable
from app.models import Hold, LotAvailability, PaymentOperation
from app.services import due
from app.worker import sweeps
from stripe_sandbox import Fault
from tests.conftest import SetClock
from tests.services.parking import CREATING, look_up, processor_meets, start
from tests.services.world import World, make_world


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def test_what_cannot_be_done_keeps_nothing_behind_it_from_its_turn(
    world: World, time: SetClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(due, "BATCH", 2)
    world.driver_stays_away()
    parked = [start(world, f"CO-{number}") for number in range(4)]
    lost = [facts.session.id for facts in parked[:3]]
    with database.transaction() as db:
        for number, session_id in enumerate(lost):
            unknown = {"payment_intent_id": f"pi_of_nobody_{number}"}
            db.execute(update(Hold).where(Hold.session_id == session_id).values(**unknown))
    time.move(minutes=11)
    with caplog.at_level(logging.WARNING, logger="parkgraph.worker"):
        assert sweeps.run_due() == 1
    assert look_up(world, parked[3])["status"] == "expired"
    assert sum(record.name == "parkgraph.worker" for record in caplog.records) == 3


def test_an_operation_that_fails_in_an_unforeseen_way_keeps_no_other_waiting(
    world: World, time: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    for plate in ("CO-1", "CO-2"):
        processor_meets(Fault(path=CREATING))
        with pytest.raises(BadGateway):
            start(world, plate)
        time.move(seconds=1)
    with database.transaction() as db:
        oldest = select(PaymentOperation.id).order_by(PaymentOperation.id).limit(1).scalar_subquery()
        db.execute(update(PaymentOperation).where(PaymentOperation.id == oldest).values(params={}))
    time.move(seconds=31)
    assert sweeps.finish_operations() == 1
    assert "KeyError" in caplog.text


def test_a_round_is_over_where_the_database_is_away(
    world: World, time: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.driver_stays_away()
    for plate in ("CO-1", "CO-2"):
        start(world, plate)
    time.move(minutes=11)
    tried: list[due.Due] = []

    def away(_: Caller, item: due.Due) -> bool:
        tried.append(item)
        raise ServiceUnavailable("The database does not answer. Try again shortly.")

    monkeypatch.setattr(due, "run", away)
    with pytest.raises(ServiceUnavailable):
        sweeps.run_due()
    assert len(tried) == 1


def test_what_the_database_gave_up_for_another_is_left_and_the_others_have_their_turn(
    world: World, time: SetClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.driver_stays_away()
    for plate in ("CO-1", "CO-2"):
        start(world, plate)
    time.move(minutes=11)
    carry_out, tried = due.run, list[due.Due]()

    def given_up_once(caller: Caller, item: due.Due) -> bool:
        tried.append(item)
        if len(tried) == 1:
            raise GivenUp("The database is busy. Try again shortly.")
        return carry_out(caller, item)

    monkeypatch.setattr(due, "run", given_up_once)
    assert sweeps.run_due() == 1
    assert len(tried) == 2
    assert "left for the next round" in caplog.text


def test_a_counter_that_differs_from_its_sessions_is_reported(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    start(world, "CO-7891")
    assert sweeps.report_drift() == 0
    with database.transaction() as db:
        db.execute(update(LotAvailability).where(LotAvailability.lot_id == world.lot.id).values(free=80))
    assert sweeps.report_drift() == 1
    assert f"lot {world.lot.id} counts 80 free spaces instead of 86" in caplog.text
