"""Payments at the processor that are nobody's here: released or reported, once, on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, update

from app import database
from app.domain import clock
from app.domain.callers import LIVE_WORLD
from app.domain.money import Money
from app.gateways import processors
from app.gateways.card_payments import CardPayments, HoldSnapshot
from app.models import Hold, LookBack, PaymentOperation, Project, StrayPayment
from app.services import installation, stray_payments
from app.services.stray_payments import SAFE_AGE
from app.settings import Settings
from app.worker import reconciling
from stripe_sandbox import Fault
from tests.conftest import SetClock
from tests.installation import configure
from tests.services.parking import TRIES, extend, in_parallel, intent_of, pass_time, processor_meets, start
from tests.services.world import World, make_world

CARD = "pm_card_visa"
TEN = Money.from_major("10.00", "USD")


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def payments(world: World) -> CardPayments:
    return processors.card_payments_for("sandbox", world.project.id)


def stray(
    gateway: CardPayments, *, made_by: str | None = None, payment_method: str | None = CARD
) -> HoldSnapshot:
    """Make a hold under our mark of which no row tells."""
    return gateway.create_hold(
        str(uuid4()),
        session_id=str(uuid4()),
        installation=made_by or str(installation.identity()),
        amount=TEN,
        destination=None,
        fee=None,
        payment_method=payment_method,
    )


def captured(gateway: CardPayments) -> HoldSnapshot:
    held = stray(gateway)
    return gateway.capture(str(uuid4()), payment_intent_id=held.payment_intent_id, amount=TEN, fee=None)


def kept() -> dict[str, str]:
    """Return the state of every stray that was written down."""
    with database.reading() as db:
        return {row.payment_intent_id: row.state for row in db.scalars(select(StrayPayment))}


def test_money_held_for_nobody_is_released_once_it_is_older_than_an_hour(
    world: World, time: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    facts = start(world, payment_method=CARD)
    held = stray(payments(world))
    time.move(minutes=30)
    assert reconciling.look_for_strays() == 0
    time.move(minutes=61)
    assert reconciling.look_for_strays() == 1
    assert payments(world).fetch(held.payment_intent_id).status == "canceled"
    assert payments(world).fetch(intent_of(facts)).status == "requires_capture"
    assert kept() == {held.payment_intent_id: "released"}
    assert f"payment {held.payment_intent_id} of no session of ours, 10.00 USD: released" in caplog.text


def test_money_taken_for_nobody_is_reported_until_it_is_given_back(
    world: World, time: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    taken = captured(payments(world))
    time.move(hours=2)
    assert reconciling.look_for_strays() == 1
    assert stray_payments.report_standing() == 1
    assert "give it back at the processor" in caplog.text
    [standing] = stray_payments.standing()
    assert not stray_payments.ask_again(standing)
    payments(world).refund(
        str(uuid4()),
        payment_intent_id=taken.payment_intent_id,
        amount=TEN,
        reason="duplicate",
        mark="a person at a screen",
    )
    assert stray_payments.ask_again(standing)
    assert stray_payments.report_standing() == 0
    assert kept() == {taken.payment_intent_id: "refunded"}


def test_an_intent_that_holds_nothing_is_cancelled_without_a_word(
    world: World, time: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    left = stray(payments(world), payment_method=None)
    time.move(hours=2)
    assert reconciling.look_for_strays() == 1
    assert payments(world).fetch(left.payment_intent_id).status == "canceled"
    assert kept() == {}
    assert "of no session of ours" not in caplog.text


def test_what_does_not_carry_our_mark_is_left_alone(world: World, time: SetClock) -> None:
    with database.transaction() as db:
        db.execute(delete(LookBack))
    own = processors.card_payments_for("sandbox", world.project.id)
    made = own._client.v1.payment_intents.create(  # type: ignore[attr-defined] # another product's payment
        {"amount": 1000, "currency": "usd", "capture_method": "manual"}
    )
    time.move(hours=2)
    assert reconciling.look_for_strays() == 0
    assert own.fetch(made.id).status == "requires_payment_method"


def test_what_another_installation_made_in_the_same_account_is_its_own_affair(
    world: World, time: SetClock
) -> None:
    theirs = stray(payments(world), made_by=str(uuid4()))
    time.move(hours=2)
    assert reconciling.look_for_strays() == 0
    assert payments(world).fetch(theirs.payment_intent_id).status == "requires_capture"


def test_every_hold_of_ours_says_which_installation_made_it(world: World, time: SetClock) -> None:
    facts = start(world, payment_method="pm_card_amex")
    extend(world, facts)  # for which this card gives another hold
    made = payments(world).made_between(clock.now() - SAFE_AGE, clock.now() + SAFE_AGE).made
    assert [each.installation for each in made] == [str(installation.identity())] * 2


def test_what_an_operation_of_ours_still_waits_for_is_no_stray(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD)
    with database.transaction() as db:  # as if the answer to the call had never come
        db.execute(update(Hold).values(payment_intent_id=None))
        db.execute(update(PaymentOperation).values(state="pending"))
    time.move(hours=2)
    assert reconciling.look_for_strays() == 0
    assert payments(world).fetch(intent_of(facts)).status == "requires_capture"


def test_a_sandbox_is_looked_at_in_its_own_time(world: World, time: SetClock) -> None:
    assert reconciling.look_for_strays() == 0
    held = stray(payments(world))
    pass_time(world, time, 3 * 24 * 3600)
    time.move(minutes=61)
    assert reconciling.look_for_strays() == 1
    assert payments(world).fetch(held.payment_intent_id).status == "canceled"


def test_every_page_is_looked_at(world: World, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.gateways.stripe_card_payments._PAGE", 2)
    made = [stray(payments(world)) for _ in range(5)]
    time.move(hours=2)
    assert reconciling.look_for_strays() == 5
    assert kept().keys() == {each.payment_intent_id for each in made}


def test_a_look_that_was_broken_off_begins_again_where_it_began(world: World, time: SetClock) -> None:
    stray(payments(world))
    time.move(hours=2)
    processor_meets(Fault(method="GET", path=r"/v1/payment_intents"), times=TRIES)
    assert reconciling.look_for_strays() == 0
    assert reconciling.look_for_strays() == 0  # the one who broke off has it for five minutes
    time.move(minutes=6)
    assert reconciling.look_for_strays() == 1


def test_two_workers_see_to_a_stray_once(
    world: World, time: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    stray(payments(world))
    time.move(hours=2)
    found, refusals = in_parallel(2, reconciling.look_for_strays)
    assert (sorted(found), refusals) == ([0, 1], [])
    assert caplog.text.count("of no session of ours") == 1


def test_an_account_is_looked_at_once_an_hour(world: World, time: SetClock) -> None:
    assert [each.world_id for each in stray_payments.accounts(due_by=clock.now())] == [world.project.id]
    reconciling.look_for_strays()
    time.move(minutes=59)
    assert stray_payments.accounts(due_by=clock.now()) == []
    time.move(minutes=1)
    assert [each.world_id for each in stray_payments.accounts(due_by=clock.now())] == [world.project.id]


@pytest.fixture
def live(settings: Settings, db: None, time: SetClock) -> Iterator[CardPayments]:
    """Let live projects pay at the embedded processor, too."""
    configure(replace(settings, payments_live="embedded"))
    yield processors.card_payments_for("live", LIVE_WORLD)
    processors.close()


def test_the_account_of_all_live_projects_is_looked_at_as_one(live: CardPayments, time: SetClock) -> None:
    held = stray(live)
    time.move(hours=2)
    assert reconciling.look_for_strays() == 1
    assert live.fetch(held.payment_intent_id).status == "canceled"
    with database.reading() as db:
        assert db.scalars(select(Project.id)).all() == []
        assert db.scalars(select(LookBack.world_id)).all() == [LIVE_WORLD]
