"""Money when the processor fails, is late, or knows more than we do, on both databases."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app import database
from app.domain.errors import BadGateway, Conflict, ParkGraphError, PaymentRequired
from app.domain.idempotency import Once
from app.gateways.card_payments import ProcessorRefused
from app.models import AuditEntry, Hold, ParkingSession, PaymentOperation
from app.services import availability, payment_operations, sessions
from app.worker import sweeps
from stripe_sandbox import Fault, InProcessClient
from tests.conftest import SetClock
from tests.factories import make_lot
from tests.services import hooks
from tests.services.parking import (
    CANCELING,
    CAPTURING,
    CONFIRMING,
    CREATING,
    KEY,
    RAISING,
    at_the_processor,
    driver_authenticates,
    driver_authorises,
    end,
    extend,
    free_spaces,
    look_up,
    order,
    processor_meets,
    start,
    tell_of_everything,
    wait_until_it_waits,
    worker_goes_round,
)
from tests.services.world import World, make_world

CARD, DECLINED_CARD = "pm_card_visa", "pm_card_visa_chargeDeclined"


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def pending_operations() -> int:
    with database.reading() as db:
        return db.scalar(select(func.count()).where(PaymentOperation.state == "pending")) or 0


def unknown_hold() -> None:
    """Let the processor know nothing of any hold of ours, as after a change of its account."""
    with database.transaction() as db:
        db.execute(update(Hold).values(payment_intent_id="pi_of_nobody"))


# What the processor knows before we do


def test_what_the_driver_authorised_unheard_of_is_captured_at_the_end(world: World, time: SetClock) -> None:
    world.driver_stays_away()
    facts = start(world)
    driver_authorises(world, facts)
    time.move(minutes=9)
    assert end(world, facts)["payment"] == {"status": "captured", "authorized": 25.5, "captured": 0.9}
    assert at_the_processor(world, facts).is_captured


def test_what_the_driver_authorises_after_the_end_pays_the_debt(world: World, time: SetClock) -> None:
    facts = start(world)
    processor_meets(Fault(path=CONFIRMING, when="before", lost=True))
    worker_goes_round(time, times=1)  # the simulated driver tries and fails
    time.move(minutes=8)
    assert end(world, facts)["payment"]["status"] == "past_due"  # type: ignore[index] # JSON
    worker_goes_round(time)
    worker_goes_round(time)
    assert look_up(world, facts)["payment"] == {"status": "captured", "authorized": 0.84, "captured": 0.84}
    assert pending_operations() == 0
    with database.reading() as db:
        actions = list(db.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
    assert actions[-2:] == ["session.end", "payment.captured"]


def test_an_authorisation_whose_answer_was_lost_leaves_no_hold_behind(world: World, time: SetClock) -> None:
    facts = start(world)
    processor_meets(Fault(path=CONFIRMING, when="after", lost=True))
    worker_goes_round(time, times=1)
    time.move(minutes=8)
    end(world, facts)
    worker_goes_round(time)
    assert at_the_processor(world, facts).is_captured
    assert look_up(world, facts)["payment"]["status"] == "captured"  # type: ignore[index] # JSON


def test_a_raise_whose_answer_was_lost_is_captured_from(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD)
    processor_meets(Fault(path=RAISING, when="after", lost=True))
    with pytest.raises(BadGateway):
        extend(world, facts)
    time.move(hours=5)
    payment = end(world, facts)["payment"]
    assert (payment["status"], payment["captured"]) == ("captured", 30.0)  # type: ignore[index] # JSON


# Failures that the processor remembers under a key


def test_a_capture_that_failed_for_ever_is_tried_under_another_key(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD)
    time.move(hours=4)
    processor_meets(Fault(path=CAPTURING, remembered=True), times=1)
    with pytest.raises(BadGateway):
        end(world, facts)
    assert look_up(world, facts)["status"] == "active"
    worker_goes_round(time, times=1)
    seen = look_up(world, facts)
    assert (seen["subtotal"], seen["payment"]["status"]) == (24.0, "captured")  # type: ignore[index] # JSON
    assert world.books()["captured"] == 2400


def test_a_release_that_failed_for_ever_is_tried_under_another_key(world: World) -> None:
    facts = start(world, payment_method=CARD)
    processor_meets(Fault(path=CANCELING, remembered=True), times=1)
    with pytest.raises(BadGateway):
        end(world, facts, once=KEY)
    assert end(world, facts, once=KEY)["payment"]["status"] == "released"  # type: ignore[index] # JSON
    assert at_the_processor(world, facts).is_canceled


def test_a_raise_that_failed_for_ever_extends_nothing_until_it_is_done(world: World) -> None:
    facts = start(world, payment_method=CARD)
    processor_meets(Fault(path=RAISING, remembered=True), times=1)
    with pytest.raises(BadGateway):
        extend(world, facts, once=KEY)
    assert look_up(world, facts)["planned_end_at"] == "2026-11-22T22:30:00Z"
    extended = extend(world, facts, once=KEY)
    assert extended["planned_end_at"] == "2026-11-22T23:30:00Z"
    assert extended["payment"] == {"status": "authorized", "authorized": 31.5}


def test_an_operation_that_is_asked_for_in_other_words_later_does_not_hang_for_ever(
    world: World, time: SetClock
) -> None:
    processor_meets(Fault(path=CREATING, when="after", lost=True))
    with pytest.raises(BadGateway):
        sessions.start(world.caller, order(world, payment_method=CARD), KEY)
    with database.transaction() as db:  # the fee belongs to what is asked
        db.execute(update(Hold).values(destination=None))
    worker_goes_round(time, times=1)
    started = sessions.start(world.caller, order(world, payment_method=CARD), KEY).value
    assert started.session.payment_status == "authorized"
    assert len(world.payment_intents()) == 1


# Refusals that the worker hears, and the same request after them


def test_a_start_that_nobody_can_ask_for_again_parks_no_car(world: World, time: SetClock) -> None:
    processor_meets(Fault(path=CREATING, when="after", lost=True))
    with pytest.raises(BadGateway):
        start(world, payment_method=CARD)
    worker_goes_round(time)
    tell_of_everything()
    worker_goes_round(time)
    with database.reading() as db:
        assert db.scalars(select(ParkingSession.status)).all() == ["failed"]
        assert db.scalars(select(Hold.status)).all() == ["canceled"]
    assert [event_type for event_type, _ in hooks.told()] == []
    assert free_spaces(world.lot) == 87
    assert start(world, payment_method=CARD).session.status == "active"


def test_a_card_that_the_worker_found_declined_is_told_to_the_same_request(
    world: World, time: SetClock
) -> None:
    def ask() -> None:
        sessions.start(world.caller, order(world, payment_method=DECLINED_CARD), KEY)

    processor_meets(Fault(path=CREATING))
    with pytest.raises(BadGateway):
        ask()
    worker_goes_round(time, times=1)
    for _ in range(2):
        with pytest.raises(PaymentRequired, match="declined") as refusal:
            ask()
        assert [detail.field for detail in refusal.value.details] == ["payment_method"]
    assert free_spaces(world.lot) == 87


def test_an_extension_that_the_worker_found_impossible_is_told_to_the_same_request(
    world: World, time: SetClock
) -> None:
    world.driver_stays_away()
    facts = start(world)
    driver_authenticates(world, facts)
    processor_meets(Fault(method="GET"))
    with pytest.raises(BadGateway):
        extend(world, facts, once=KEY)
    worker_goes_round(time, times=1)
    with pytest.raises(PaymentRequired):
        extend(world, facts, once=KEY)
    assert look_up(world, facts)["planned_end_at"] == "2026-11-22T22:30:00Z"


def test_each_extension_is_told_of_its_own_end(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD)
    processor_meets(Fault(path=RAISING, when="after", lost=True))
    with pytest.raises(BadGateway):
        extend(world, facts, once=KEY)
    worker_goes_round(time, times=1)
    with database.transaction() as db:
        db.execute(update(Hold).values(payment_intent_id="pi_of_nobody"))
    with pytest.raises(ProcessorRefused):
        extend(world, facts, once=Once("another", "e" * 64))
    assert extend(world, facts, once=KEY)["planned_end_at"] == "2026-11-22T23:30:00Z"


def test_an_extension_that_the_end_overtook_is_told_so(world: World) -> None:
    facts = start(world, payment_method=CARD)
    processor_meets(Fault(path=RAISING))
    with pytest.raises(BadGateway):
        extend(world, facts, once=KEY)
    end(world, facts)
    with pytest.raises(Conflict, match="was ended"):
        extend(world, facts, once=KEY)


@pytest.mark.parametrize("hours", [0, 4])
def test_a_session_ends_although_the_processor_wants_to_hear_nothing_of_its_hold(
    world: World, time: SetClock, hours: int
) -> None:
    facts = start(world, payment_method=CARD)
    unknown_hold()
    time.move(hours=hours)
    with pytest.raises(ProcessorRefused):
        end(world, facts)
    assert look_up(world, facts)["status"] == "completed"
    assert free_spaces(world.lot) == 87
    assert start(world, lot=make_lot(project=world.project)).session.status == "active"


# Time and money


def test_the_time_that_the_processor_takes_to_make_a_hold_is_not_the_drivers(
    world: World, time: SetClock
) -> None:
    world.driver_stays_away()
    processor_meets(Fault(path=CREATING))
    with pytest.raises(BadGateway):
        sessions.start(world.caller, order(world), KEY)
    time.move(minutes=20)
    worker_goes_round(time, times=1)
    facts = sessions.start(world.caller, order(world), KEY).value
    assert facts.session.status == "active"
    time.move(minutes=11)
    worker_goes_round(time, times=1)
    assert look_up(world, facts)["status"] == "expired"


def test_a_stay_never_ends_before_it_began(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD)
    time.move(seconds=-60)  # another server, whose clock is behind
    ended = end(world, facts)
    assert (ended["ended_at"], ended["duration_hours"]) == (ended["started_at"], 0.0)


@pytest.mark.parametrize(("rate", "subtotal"), [("6.003", 24.01), ("6.004", 24.02)])
def test_what_is_due_is_what_the_currency_can_be_charged_in(
    world: World, time: SetClock, rate: str, subtotal: float
) -> None:
    lot = make_lot(project=world.project, rate=rate, currency="KWD")
    facts = start(world, lot=lot, payment_method=CARD)
    time.move(hours=4)
    ended = end(world, facts)
    assert ended["subtotal"] == subtotal
    assert ended["payment"]["status"] == "captured"  # type: ignore[index] # JSON
    assert ended["payment"]["captured"] == subtotal  # type: ignore[index] # JSON


# Two at once


def answers_wait(monkeypatch: pytest.MonkeyPatch, path: str) -> tuple[threading.Event, threading.Event]:
    """Hold back what the processor answers on a path: tell that it answered, and wait for leave to go on."""
    answered, go_on = threading.Event(), threading.Event()
    send: Callable[..., Any] = InProcessClient.request

    def request(self: InProcessClient, method: str, url: str, *more: Any, **options: Any) -> Any:
        answer = send(self, method, url, *more, **options)
        if url.endswith(path):
            answered.set()
            assert go_on.wait(10)
        return answer

    monkeypatch.setattr(InProcessClient, "request", request)
    return answered, go_on


def test_what_waited_for_a_session_finds_its_hold_as_it_is_by_then(
    world: World, time: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = start(world)
    confirmed, go_on = answers_wait(monkeypatch, "/confirm")
    time.move(seconds=31)
    driver = threading.Thread(target=sweeps.run_due)
    driver.start()
    assert confirmed.wait(10)
    with database.transaction() as db:  # as the capture at the session's end does
        session = db.get_one(ParkingSession, facts.session.id, with_for_update=True)
        go_on.set()
        wait_until_it_waits(driver)
        session.status, session.payment_status = "completed", "captured"
        hold = db.scalars(select(Hold)).one()
        hold.status, hold.authorized_minor, hold.captured_minor = "succeeded", 2550, 84
    driver.join()
    with database.reading() as db:
        assert db.scalars(select(Hold.status)).all() == ["succeeded"]
    assert pending_operations() == 0


def test_an_end_and_the_outcome_of_an_extension_wait_for_each_other_in_one_order(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = start(world, payment_method=CARD)
    raised, go_on = answers_wait(monkeypatch, "/increment_authorization")
    outcomes: list[object] = []

    def prolong() -> None:
        try:
            outcomes.append(extend(world, facts))
        except ParkGraphError as refusal:
            outcomes.append(refusal)

    extension = threading.Thread(target=prolong)
    extension.start()
    assert raised.wait(10)
    with database.transaction() as db:  # as the end of the session does
        db.get_one(ParkingSession, facts.session.id, with_for_update=True)
        go_on.set()
        wait_until_it_waits(extension)
        payment_operations.give_up(db, facts.session.id, "raise_hold")
    extension.join()
    (outcome,) = outcomes
    assert isinstance(outcome, Conflict)
    assert outcome.message == "The session was ended before this was settled."


def test_nothing_of_all_that_moves_a_counter_astray(world: World, time: SetClock) -> None:
    processor_meets(Fault(path=CREATING))
    with pytest.raises(BadGateway):
        start(world, "CO-1", payment_method=DECLINED_CARD)
    facts = start(world, "CO-2", payment_method=CARD)
    time.move(hours=1)
    processor_meets(Fault(path=CAPTURING, when="after", lost=True))
    with pytest.raises(BadGateway):
        end(world, facts)
    worker_goes_round(time)
    with database.reading() as db:
        assert availability.drift(db) == []
    assert free_spaces(world.lot) == 87
