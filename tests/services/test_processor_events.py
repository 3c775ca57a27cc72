"""The embedded processor's outbox, carried to our own door."""

import logging

import pytest

from app.gateways import processors
from app.services import processor_events
from app.settings import Settings
from tests.conftest import SetClock
from tests.services.parking import start
from tests.services.world import World, make_world


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def test_what_was_taken_is_sent_no_more(world: World) -> None:
    start(world, payment_method="pm_card_visa")
    waiting = len(processors.embedded().pending_events())
    assert processor_events.deliver(lambda payload, signature: True) == waiting > 0
    assert processor_events.deliver(lambda payload, signature: True) == 0


def test_what_was_not_taken_comes_again_later(world: World, time: SetClock) -> None:
    start(world, payment_method="pm_card_visa")
    assert processor_events.deliver(lambda payload, signature: False) == 0
    assert processors.embedded().pending_events() == []
    time.move(minutes=1)
    assert processor_events.deliver(lambda payload, signature: True) == 1


def test_an_event_that_cannot_be_sent_keeps_none_behind_it_from_its_turn(
    world: World, time: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    for plate in ("CO-1111", "CO-2222"):
        start(world, plate, payment_method="pm_card_visa")
    first, *others = (event.payload for event in processors.embedded().pending_events())

    def send(payload: bytes, signature: str) -> bool:
        if payload == first:
            raise TimeoutError
        return True

    with caplog.at_level(logging.ERROR):
        assert processor_events.deliver(send) == len(others) > 0
    assert "payment_intent.amount_capturable_updated" in caplog.text
    time.move(minutes=1)
    assert [event.payload for event in processors.embedded().pending_events()] == [first]


def test_where_all_payments_go_through_stripe_there_is_nothing_to_carry(
    world: World, settings: Settings
) -> None:
    processors.close()
    test_mode = {"payments_sandbox": "stripe-test", "stripe_test_secret": "sk_test_synthetic"}
    processors.configure(Settings(home=settings.home, **test_mode))  # type: ignore[arg-type] # test sugar
    assert processor_events.deliver(lambda payload, signature: True) == 0
