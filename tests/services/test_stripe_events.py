"""Events of the processor, told once, twice, late or out of order, on both databases."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from app import database
from app.domain.errors import BadRequest
from app.gateways import processors
from app.gateways.card_payments import HoldSnapshot
from app.gateways.embedded_processor import PendingEvent
from app.gateways.stripe_events import TYPES
from app.models import AuditEntry, Hold, ParkingSession, StripeEvent
from app.presenters.sessions import SessionFacts
from app.services import due, payment_operations, payments, sessions, settlement_subjects, stripe_events
from app.services.session_starts import Order
from app.settings import Settings
from tests.conftest import SetClock
from tests.factories import anyone, caller_of, make_lot, make_project
from tests.services.parking import at_the_processor, driver_authorises, end, extend, look_up, start
from tests.services.world import World, make_world

CARD = "pm_card_visa"
AUTHORISED = {"status": "authorized", "authorized": 25.5}


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def events() -> Sequence[PendingEvent]:
    return processors.embedded().pending_events()


def tell(*told: PendingEvent) -> None:
    for event in told:
        stripe_events.receive(anyone(), event.payload, event.signature)


def tell_late(facts: SessionFacts, snapshot: HoldSnapshot) -> None:
    """Apply what was asked of the processor before something newer was written down."""
    ids = facts.session.id, facts.holds[0].id
    with database.transaction() as db, settlement_subjects.changing(db, *ids) as subject:
        payments.note_hold(db, due.worker(), subject, snapshot)


def authorised_by_the_driver(world: World) -> SessionFacts:
    world.driver_stays_away()
    facts = start(world)
    driver_authorises(world, facts)
    return facts


def test_what_the_driver_authorised_on_a_device_is_learned_from_the_event(world: World) -> None:
    facts = authorised_by_the_driver(world)
    tell(*events())
    assert look_up(world, facts)["payment"] == AUTHORISED


def test_an_event_is_applied_once_in_the_name_of_stripe(world: World) -> None:
    authorised_by_the_driver(world)
    for _ in range(2):
        tell(*reversed(events()))
    with database.reading() as db:
        payment = AuditEntry.action == "payment.authorized"
        assert db.scalars(select(AuditEntry.actor_type).where(payment)).all() == ["stripe"]
        assert db.scalar(select(func.count()).select_from(StripeEvent)) == len(events())


def test_what_the_processor_is_to_tell_is_what_is_looked_at() -> None:
    assert set(TYPES) == set(stripe_events._APPLY)


def test_the_embedded_processor_tells_nothing_else(world: World) -> None:
    end(world, authorised_by_the_driver(world))
    told = [event.type for event in events()]
    assert told
    assert set(told) <= set(TYPES)


def test_an_event_of_a_payment_that_nobody_knows_is_taken_and_changes_nothing(world: World) -> None:
    payments_elsewhere = processors.card_payments_for("sandbox", world.project.id)
    payments_elsewhere.create_hold(
        "of-somebody-else",
        session_id="not-ours",
        installation="elsewhere",
        amount=at_the_processor(world, start(world)).amount,
        destination=None,
        fee=None,
        payment_method=CARD,
    )
    tell(*events())
    with database.reading() as db:
        assert db.scalars(select(ParkingSession.payment_status)).all() == ["requires_authorization"]


@pytest.mark.parametrize(
    "live",
    [{"payments_live": "stripe-live", "stripe_live_secret": "sk_live_synthetic"}, {"payments_live": "off"}],
)
def test_an_event_of_another_processor_than_the_payments_is_not_believed(
    services: None, settings: Settings, live: dict[str, str]
) -> None:
    processors.configure(replace(settings, payments_live="embedded"))
    driver = caller_of(make_project(kind="live"))
    order = Order(lot_id=make_lot().id, plate="CO-7891", payment_method=CARD)
    sessions.start(driver, order)
    told = next(told for told in events() if b"payment_intent.amount_capturable_updated" in told.payload)
    processors.configure(replace(settings, **live))  # type: ignore[arg-type] # test sugar
    with pytest.raises(BadRequest) as refusal:
        tell(told)
    assert [detail.field for detail in refusal.value.details] == ["livemode"]


def test_what_is_older_than_what_is_known_says_nothing(world: World, time: SetClock) -> None:
    facts = authorised_by_the_driver(world)
    tell(*events())
    held = at_the_processor(world, facts)
    tell_late(facts, replace(held, status="requires_payment_method", capture_before=None))
    with database.reading() as db:
        hold = db.get_one(Hold, facts.holds[0].id)
    assert (hold.status, hold.capture_before) == ("requires_capture", held.capture_before)


def test_an_older_amount_does_not_shrink_a_hold_that_was_raised(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD)
    before = at_the_processor(world, facts)
    extend(world, facts)
    tell_late(facts, before)
    assert look_up(world, facts)["payment"] == {"status": "authorized", "authorized": 31.5}
    time.move(hours=5)
    assert end(world, facts)["payment"] == {"status": "captured", "authorized": 31.5, "captured": 30.0}


def test_a_hold_that_was_captured_is_not_held_again(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD)
    before = at_the_processor(world, facts)
    time.move(hours=1)
    ended = end(world, facts)
    tell_late(facts, before)
    assert look_up(world, facts) == ended
    with database.reading() as db:
        assert payment_operations.pending(db, facts.session.id, "capture", "release") is None


def test_a_debt_is_paid_as_soon_as_the_driver_authorises_it(world: World, time: SetClock) -> None:
    world.driver_stays_away()
    facts = start(world)
    time.move(minutes=9)
    end(world, facts)
    driver_authorises(world, facts)
    tell(*events())
    tell(*events())
    with database.reading() as db:
        capture = payment_operations.pending(db, facts.session.id, "capture")
    assert capture is not None
    time.move(seconds=31)
    assert due.finish_operation(due.worker(), capture)
    assert look_up(world, facts)["payment"] == {"status": "captured", "authorized": 0.9, "captured": 0.9}
