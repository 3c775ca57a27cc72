"""What a stay costs is taken of its holds, of the card, or owed, on both databases."""

import pytest
from sqlalchemy import select

from app import database
from app.domain.errors import BadGateway
from app.gateways import processors
from app.models import Hold, PaymentOperation
from app.presenters.sessions import SessionFacts
from app.services import sessions
from stripe_sandbox import Fault
from tests.conftest import SetClock
from tests.services.parking import (
    CAPTURING,
    CREATING,
    KEY,
    at_the_processor,
    driver_authenticates,
    driver_authorises,
    end,
    extend,
    free_spaces,
    look_up,
    processor_meets,
    start,
    tell_of_everything,
    worker_goes_round,
)
from tests.services.world import World, make_world

CARD, CARD_THAT_CANNOT_GROW = "pm_card_visa", "pm_card_amex"


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def holds() -> list[tuple[str, str, int, int]]:
    with database.reading() as db:
        found = db.scalars(select(Hold).order_by(Hold.id))
        return [(hold.purpose, hold.status, hold.amount_minor, hold.captured_minor) for hold in found]


def operations() -> list[tuple[str, str]]:
    with database.reading() as db:
        made = db.scalars(select(PaymentOperation).order_by(PaymentOperation.id))
        return [(operation.kind, operation.state) for operation in made]


def test_the_oldest_hold_is_captured_first_and_what_is_left_let_go(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD_THAT_CANNOT_GROW)
    for _ in range(2):
        extend(world, facts)
    time.move(hours=5)
    ended = end(world, facts)
    assert (ended["subtotal"], ended["owner_payout"]) == (30.0, 27.0)
    assert ended["payment"] == {"status": "captured", "authorized": 37.5, "captured": 30.0}
    assert holds() == [
        ("stay", "succeeded", 2550, 2550),
        ("extension", "succeeded", 600, 450),
        ("extension", "canceled", 600, 0),
    ]
    assert world.books() == {"authorized": 3750, "captured": 3000, "fee": 300, "released": 750}


def test_a_card_that_lets_a_little_more_be_captured_is_asked_nothing_else(
    world: World, time: SetClock
) -> None:
    facts = start(world, payment_method=CARD)
    time.move(hours=4, minutes=48)  # 28.80, of which 25.50 are held
    assert end(world, facts)["payment"] == {"status": "captured", "authorized": 25.5, "captured": 28.8}
    assert holds() == [("stay", "succeeded", 2550, 2880)]
    assert world.books()["fee"] == 288


@pytest.mark.parametrize("card", [CARD, CARD_THAT_CANNOT_GROW])
def test_what_no_hold_covers_is_taken_from_the_card_that_was_kept(
    world: World, time: SetClock, card: str
) -> None:
    facts = start(world, payment_method=card)
    time.move(hours=9)
    ended = end(world, facts)
    assert ended["subtotal"] == 54.0
    assert ended["payment"]["status"] == "captured"  # type: ignore[index] # JSON
    assert ended["payment"]["captured"] == 54.0  # type: ignore[index] # JSON
    assert [purpose for purpose, *_ in holds()] == ["stay", "remainder"]
    assert world.books()["fee"] == 540


def test_a_card_that_asks_for_its_driver_leaves_the_rest_owed_until_the_driver_pays(
    world: World, time: SetClock
) -> None:
    world.driver_stays_away()
    facts = start(world)
    driver_authenticates(world, facts)
    time.move(hours=9)
    ended = end(world, facts)
    assert (ended["status"], ended["subtotal"]) == ("completed", 54.0)
    assert ended["payment"] == {"status": "past_due", "authorized": 25.5, "captured": 25.5}
    assert free_spaces(world.lot) == 87
    driver_authorises(world, sessions.get(world.caller, facts.session.id))
    tell_of_everything()
    worker_goes_round(time)
    assert look_up(world, facts)["payment"] == {"status": "captured", "authorized": 54.0, "captured": 54.0}
    assert [captured for *_, captured in holds()] == [2550, 2850]


def test_the_driver_is_asked_for_exactly_what_is_owed(world: World, time: SetClock) -> None:
    world.driver_stays_away()
    facts = start(world)
    time.move(minutes=9)
    assert end(world, facts)["payment"] == {"status": "past_due", "authorized": 0.0, "captured": 0.0}
    assert at_the_processor(world, facts).amount.minor == 90


def test_what_is_missing_but_too_little_to_be_charged_is_written_off(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD_THAT_CANNOT_GROW)
    time.move(hours=4, minutes=18)  # 25.80, of which 25.50 are held
    ended = end(world, facts)
    assert (ended["subtotal"], ended["owner_payout"]) == (25.5, 22.95)
    assert ended["payment"] == {"status": "captured", "authorized": 25.5, "captured": 25.5}
    assert sum(line["amount"] for line in ended["line_items"]) == pytest.approx(25.5)  # type: ignore[attr-defined] # JSON


def test_a_bad_gateway_between_two_captures_bills_not_a_second_more(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD_THAT_CANNOT_GROW)
    extend(world, facts)
    time.move(hours=5)
    processor_meets(Fault(path=CAPTURING, when="after", lost=True))
    with pytest.raises(BadGateway):
        end(world, facts, once=KEY)
    time.move(hours=1)
    ended = end(world, facts, once=KEY)
    assert (ended["subtotal"], ended["ended_at"]) == (30.0, "2026-11-22T23:30:00Z")
    assert [captured for *_, captured in holds()] == [2550, 450]


def test_the_worker_goes_through_all_that_is_left_of_an_end(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD_THAT_CANNOT_GROW)
    extend(world, facts)
    time.move(hours=9)
    processor_meets(Fault(path=CREATING))
    with pytest.raises(BadGateway):
        end(world, facts)
    assert look_up(world, facts)["status"] == "active"
    worker_goes_round(time, times=1)
    assert look_up(world, facts)["payment"] == {"status": "captured", "authorized": 54.0, "captured": 54.0}
    assert ("add_hold", "done") in operations()
    assert all(state == "done" for kind, state in operations() if kind != "raise_hold")


def test_the_operator_gets_its_part_of_all_that_was_taken_to_the_cent(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD_THAT_CANNOT_GROW)
    for _ in range(3):
        extend(world, facts)
    time.move(hours=6, minutes=59)
    ended = end(world, facts)
    assert (ended["subtotal"], ended["owner_payout"]) == (41.88, 37.69)
    assert world.books()["fee"] == 419


def test_a_hold_that_the_processor_let_go_leaves_the_stay_to_the_card(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD)
    give_back_at_the_processor(world, facts)
    assert look_up(world, facts)["payment"] == {"status": "failed", "authorized": 0.0}
    time.move(hours=4)
    assert end(world, facts)["payment"]["captured"] == 24.0  # type: ignore[index] # JSON
    assert [purpose for purpose, *_ in holds()] == ["stay", "remainder"]


def give_back_at_the_processor(world: World, facts: SessionFacts) -> None:
    payments = processors.card_payments_for("sandbox", world.project.id)
    intent = str(facts.holds[0].payment_intent_id)
    payments.release("elsewhere", payment_intent_id=intent, reason="fraudulent")
    tell_of_everything()
