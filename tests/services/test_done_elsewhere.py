"""What is done in the processor's own dashboard counts as what is done here, also while a car is parked."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app import database
from app.domain.errors import Conflict
from app.domain.money import Money
from app.gateways import processors
from app.gateways.card_payments import CardPayments, HoldSnapshot
from app.models import Hold, LedgerEntry
from app.presenters.sessions import SessionFacts
from app.services import due, ledger_verification, payments, refunds, settlement_subjects
from app.worker import sweeps
from tests.conftest import SetClock
from tests.services import hooks
from tests.services.parking import (
    at_the_processor,
    driver_authorises,
    end,
    intent_of,
    look_up,
    start,
    tell_of_everything,
)
from tests.services.world import World, make_world

pytestmark = pytest.mark.usefixtures("services")

CARD = "pm_card_visa"


@pytest.fixture
def world(time: SetClock) -> World:
    return make_world()


def dashboard(world: World) -> CardPayments:
    return processors.card_payments_for("sandbox", world.project.id)


def capture_elsewhere(world: World, facts: SessionFacts, minor: int) -> HoldSnapshot:
    """Take part of a session's hold in the dashboard, of which we hear by an event."""
    taken = Money(minor, "USD")
    return dashboard(world).capture(str(uuid4()), payment_intent_id=intent_of(facts), amount=taken, fee=None)


def refund_elsewhere(world: World, facts: SessionFacts, minor: int) -> None:
    """Give part of it back in the dashboard, of which we hear by an event."""
    dashboard(world).refund(
        str(uuid4()),
        payment_intent_id=intent_of(facts),
        amount=Money(minor, "USD"),
        reason="duplicate",
        mark="dashboard",
    )


def payment_of(shown: dict[str, Any]) -> tuple[object, object, object, object]:
    payment = shown["payment"]
    return payment["status"], payment["captured"], payment.get("refunded"), shown["owner_payout"]


def posted() -> dict[str, int]:
    """Return what each kind of posting came to in the operator's account."""
    sums = select(LedgerEntry.kind, func.sum(LedgerEntry.amount_minor)).group_by(LedgerEntry.kind)
    with database.reading() as db:
        found = db.execute(sums.where(LedgerEntry.account == "operator")).all()
        return {kind: int(minor) for kind, minor in found if minor}


def books_agree() -> bool:
    return ledger_verification.verify(report=print).findings == 0


def test_what_was_captured_elsewhere_is_not_taken_again(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD)
    time.move(hours=1)
    capture_elsewhere(world, facts, 600)
    tell_of_everything()
    assert payment_of(end(world, facts)) == ("captured", 6.0, None, 5.4)
    assert world.books()["captured"] == 600
    assert books_agree()


@pytest.mark.parametrize("is_heard_of", [True, False])
def test_a_session_of_which_something_was_captured_goes_on_past_its_grace_time(
    world: World, time: SetClock, is_heard_of: bool
) -> None:
    """Let a driver authorise, and the whole hold be captured elsewhere, before we hear of either."""
    world.driver_stays_away()
    facts = start(world)
    driver_authorises(world, facts)
    capture_elsewhere(world, facts, 2550)
    if is_heard_of:
        tell_of_everything()
    time.move(minutes=11)
    sweeps.run_due()
    shown = look_up(world, facts)
    assert (shown["status"], shown["payment"]["status"]) == ("active", "authorized")
    time.move(hours=3, minutes=49)
    assert payment_of(end(world, facts)) == ("captured", 25.5, None, 22.95)
    assert books_agree()


def test_what_is_owed_beyond_a_capture_elsewhere_is_asked_of_the_card(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD)
    capture_elsewhere(world, facts, 600)
    tell_of_everything()
    time.move(hours=4)
    assert payment_of(end(world, facts)) == ("captured", 24.0, None, 21.6)
    assert world.books()["captured"] == 2400
    assert books_agree()


def test_what_went_back_elsewhere_while_a_car_is_parked_is_counted(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD)
    capture_elsewhere(world, facts, 600)
    refund_elsewhere(world, facts, 200)
    tell_of_everything()
    shown: Any = look_up(world, facts)
    assert (shown["payment"]["status"], shown["payment"]["refunded"]) == ("authorized", 2.0)
    time.move(hours=4)
    assert payment_of(end(world, facts)) == ("partially_refunded", 24.0, 2.0, 19.8)
    assert posted()["refund"] == -200
    assert books_agree()


def test_what_a_bank_takes_while_a_car_is_parked_is_not_the_operators(world: World, time: SetClock) -> None:
    facts = start(world, payment_method="pm_card_createDispute")
    capture_elsewhere(world, facts, 600)
    tell_of_everything()
    time.move(hours=4)
    ended = end(world, facts)
    assert (ended["subtotal"], ended["owner_payout"]) == (24.0, 16.2)
    assert books_agree()


def test_what_is_taken_of_a_running_stay_goes_back_once_it_has_ended(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD)
    capture_elsewhere(world, facts, 600)
    tell_of_everything()
    with pytest.raises(Conflict, match="still runs"):
        refunds.create(world.caller, facts.session.id)
    time.move(hours=1)
    end(world, facts)
    refunds.create(world.caller, facts.session.id)
    assert payment_of(look_up(world, facts)) == ("refunded", 6.0, 6.0, 0.0)


def test_an_answer_from_before_a_refund_says_nothing_of_what_was_paid_out(
    world: World, time: SetClock
) -> None:
    facts = start(world, payment_method=CARD)
    time.move(hours=4)
    end(world, facts)
    older = at_the_processor(world, facts)
    refunds.create(world.caller, facts.session.id)
    before = posted()
    ids = facts.session.id, facts.holds[0].id
    with database.transaction() as db, settlement_subjects.changing(db, *ids) as subject:
        payments.note_hold(db, due.worker(), subject, older)
    assert posted() == before
    assert before.get("payout", 0) == 0  # it was all taken back


def test_nobody_is_told_that_a_payment_failed_whose_hold_is_renewed(world: World, time: SetClock) -> None:
    start(world, payment_method=CARD, duration_hours=1)
    with database.transaction() as db:
        db.scalars(select(Hold)).one().renew_at = time.at
    due.run_until(world.project.id, time.at)
    tell_of_everything()
    assert "payment.failed" not in [event_type for event_type, _ in hooks.told()]
