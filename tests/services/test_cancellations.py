"""A session that is ended in its tariff's first minutes costs nothing; on both databases."""

from typing import Any

import pytest

from app.domain.prices import Prices
from app.presenters.sessions import SessionFacts
from app.services import quotes, rates, receipts
from app.services.quotes import Wish
from tests.conftest import SetClock
from tests.services.parking import end, start
from tests.services.world import World, make_world

CANCELLABLE = {"rate": 6, "flat_fee": 2, "minimum_charge": 3, "free_cancellation_minutes": 10}


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    made = make_world()
    rates.change(made.caller, made.lot.id, Prices.read(CANCELLABLE))
    return made


def park(world: World, **wishes: object) -> SessionFacts:
    return start(world, **{"payment_method": "pm_card_visa"} | wishes)


def ended(world: World, facts: SessionFacts) -> dict[str, Any]:
    return end(world, facts)


def test_who_leaves_in_time_pays_nothing_and_the_hold_is_released(world: World, time: SetClock) -> None:
    facts = park(world)
    time.move(minutes=10)
    shown = ended(world, facts)
    assert (shown["subtotal"], shown["owner_payout"], shown["line_items"]) == (0.0, 0.0, [])
    assert shown["payment"] == {"status": "released", "authorized": 27.5, "captured": 0.0}
    assert world.books() == {"authorized": 2750, "captured": 0, "fee": 0, "released": 2750}


def test_a_minute_later_all_of_the_stay_is_due(world: World, time: SetClock) -> None:
    facts = park(world)
    time.move(minutes=11)
    assert ended(world, facts)["subtotal"] == 3.08


def test_a_quoted_stay_is_cancelled_too_and_its_minutes_count_from_its_own_start(
    world: World, time: SetClock
) -> None:
    quote = quotes.create(world.caller, world.lot.id, Wish()).value.quote
    time.move(minutes=9)
    facts = park(world, quote_id=quote.id)
    time.move(minutes=9)
    assert str(receipts.find(world.caller, facts.session.receipt_token).price_so_far) == "0.00 USD"
    shown = ended(world, facts)
    assert (shown["subtotal"], shown["payment"]["status"]) == (0.0, "released")


def test_a_quoted_stay_that_is_not_cancelled_in_time_costs_what_was_quoted(
    world: World, time: SetClock
) -> None:
    made = quotes.create(world.caller, world.lot.id, Wish()).value
    assert made.free_cancellation_minutes == 10
    facts = park(world, quote_id=made.quote.id)
    time.move(minutes=11)
    assert ended(world, facts)["subtotal"] == made.quote.total_minor / 100 == 26.0


def test_a_session_keeps_the_minutes_that_it_began_under(world: World, time: SetClock) -> None:
    facts = park(world)
    rates.change(world.caller, world.lot.id, Prices.read({"rate": 6}))
    later = park(world, plate="CO-2")
    time.move(minutes=6)
    assert (ended(world, facts)["subtotal"], ended(world, later)["subtotal"]) == (0.0, 0.6)


def test_nobody_who_did_not_pay_owes_anything_for_a_stay_that_is_cancelled(
    world: World, time: SetClock
) -> None:
    world.driver_stays_away()
    facts = park(world, payment_method=None)
    time.move(minutes=5)
    assert ended(world, facts)["payment"]["status"] == "released"
