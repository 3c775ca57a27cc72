"""How often a payment operation is tried whose outcome stays unknown, and by whom, on both databases."""

import logging
from datetime import datetime
from itertools import pairwise

import pytest
from sqlalchemy import select, update

from app import database
from app.domain import clock
from app.domain.errors import BadGateway
from app.gateways.card_payments import HoldSnapshot
from app.models import PaymentOperation
from app.services import payment_calls, payment_operations, sessions
from app.services.payment_calls import Task
from app.worker import sweeps
from tests.conftest import SetClock
from tests.services.parking import KEY, order, pass_time
from tests.services.world import World, make_world


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


class Outage:
    """A processor that is down until it is told to come back, and when it was called."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_over = False
        self.called_at: list[datetime] = []
        self._call = payment_calls.call
        monkeypatch.setattr(payment_calls, "call", self)

    def __call__(self, task: Task) -> HoldSnapshot:
        self.called_at.append(clock.now())
        if self.is_over:
            return self._call(task)
        raise BadGateway("The payment processor did not answer. Try again.")

    def seconds_between(self) -> list[float]:
        return [(later - earlier).total_seconds() for earlier, later in pairwise(self.called_at)]


@pytest.fixture
def outage(world: World, monkeypatch: pytest.MonkeyPatch) -> Outage:
    """Let a session begin while the processor is down."""
    begun = Outage(monkeypatch)
    with pytest.raises(BadGateway):
        begin(world)
    return begun


def begin(world: World) -> str:
    return sessions.start(
        world.caller, order(world, payment_method="pm_card_visa"), once=KEY
    ).value.session.status


def the_operation() -> PaymentOperation:
    with database.reading() as db:
        return db.scalars(select(PaymentOperation)).one()


def worker_goes_on(time: SetClock, *, seconds: int) -> None:
    for _ in range(seconds):
        time.move(seconds=1)
        sweeps.finish_operations()


def test_the_worker_tries_soon_and_then_after_twice_as_long_each_time(outage: Outage, time: SetClock) -> None:
    worker_goes_on(time, seconds=70)
    assert outage.seconds_between() == [1, 2, 4, 8, 16, 32]


@pytest.mark.parametrize("attempts", [12, 63, 1_000_000])
def test_the_worker_tries_each_hour_for_ever(outage: Outage, time: SetClock, attempts: int) -> None:
    with database.transaction() as db:
        db.execute(update(PaymentOperation).values(attempts=attempts))
    time.move(seconds=3599)
    assert not payment_operations.in_turn(limit=1)
    assert not payment_operations.take_in_turn(the_operation().id)
    time.move(seconds=1)
    outage.is_over = True
    assert sweeps.finish_operations() == 1


def test_whoever_asked_may_try_again_at_once(world: World, outage: Outage, time: SetClock) -> None:
    worker_goes_on(time, seconds=40)
    for _ in range(2):
        with pytest.raises(BadGateway):
            begin(world)
    outage.is_over = True
    assert begin(world) == "active"


def test_who_asks_again_and_again_does_not_make_the_worker_wait_for_longer(
    world: World, outage: Outage, time: SetClock
) -> None:
    for _ in range(20):
        with pytest.raises(BadGateway):
            begin(world)
    outage.is_over = True
    worker_goes_on(time, seconds=1)
    assert the_operation().state == "done"


def test_of_two_workers_that_saw_an_operation_one_tries(outage: Outage, time: SetClock) -> None:
    time.move(seconds=1)
    seen = payment_operations.in_turn(limit=1) * 2
    assert [payment_operations.take_in_turn(operation_id) for operation_id in seen] == [True, False]
    assert not payment_operations.take(seen[0])


def test_a_second_worker_does_not_try_what_has_just_failed(
    outage: Outage, time: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    time.move(seconds=1)
    seen = payment_operations.in_turn(limit=1)
    sweeps.finish_operations()
    monkeypatch.setattr(payment_operations, "in_turn", lambda *, limit: seen)
    sweeps.finish_operations()
    assert outage.seconds_between() == [1]


def test_a_sandboxs_clock_does_not_wait_for_the_workers_turn(
    world: World, outage: Outage, time: SetClock
) -> None:
    worker_goes_on(time, seconds=40)
    with pytest.raises(BadGateway):
        pass_time(world, time, 60)
    outage.is_over = True
    pass_time(world, time, 60)
    assert the_operation().state == "done"


def test_an_operation_that_is_open_for_an_hour_is_reported_once(
    outage: Outage, time: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    time.move(minutes=59)
    assert sweeps.report_overdue() == 0
    time.move(minutes=1)
    assert sweeps.report_overdue() == 1
    assert sweeps.report_overdue() == 0
    (record,) = (each for each in caplog.records if each.levelno == logging.ERROR)
    reported = the_operation()
    assert record.getMessage() == (
        f"payment operation {reported.id} (create_hold of session {reported.session_id}) has been open"
        " since 2026-11-22T18:30:00+00:00; the worker tried it 0 times"
    )


def test_an_operation_that_was_settled_is_not_reported(outage: Outage, time: SetClock) -> None:
    outage.is_over = True
    worker_goes_on(time, seconds=1)
    time.move(hours=2)
    assert sweeps.report_overdue() == 0
