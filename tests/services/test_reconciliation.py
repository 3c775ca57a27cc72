"""Holds compared with the processor: events that never came are made up for, on both databases."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from app import database
from app.domain import clock
from app.domain.errors import BadGateway
from app.domain.money import Money
from app.gateways import processors
from app.models import AuditEntry, Hold
from app.services import due, reconciliation, reconciliation_turns
from app.services.reconciliation import Difference
from app.worker import reconciling
from stripe_sandbox import Fault
from tests.conftest import SetClock
from tests.services.parking import (
    CAPTURING,
    TRIES,
    driver_authorises,
    end,
    in_parallel,
    intent_of,
    look_up,
    pass_time,
    processor_meets,
    start,
    worker_goes_round,
)
from tests.services.world import World, make_world

CARD = "pm_card_visa"
LOOKING = r"/v1/payment_intents/pi_.*"


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def everything() -> Sequence[Difference]:
    """Compare all there is, as the command does."""
    listed = reconciliation_turns.everything(since=clock.now() - timedelta(days=1))
    found = (reconciliation.compare(due.worker(), each) for each in listed)
    return [each for each in found if each]


def fetches_fail(*, times: int) -> None:
    processor_meets(Fault(method="GET", path=LOOKING), times=times)


def test_an_authorisation_of_which_no_event_told_is_learned_within_a_quarter_of_an_hour(
    world: World, time: SetClock
) -> None:
    world.driver_stays_away()
    facts = start(world)
    driver_authorises(world, facts)
    time.move(minutes=9)
    assert reconciling.compare_holds() == 0
    time.move(minutes=6)
    assert reconciling.compare_holds() == 1
    assert look_up(world, facts)["payment"] == {"status": "authorized", "authorized": 25.5}


def test_a_debt_that_was_authorised_after_the_end_is_taken(world: World, time: SetClock) -> None:
    world.driver_stays_away()
    facts = start(world)
    pass_time(world, time, 540)
    assert end(world, facts)["payment"]["status"] == "past_due"  # type: ignore[index] # JSON
    driver_authorises(world, facts)
    time.move(minutes=16)
    assert reconciling.compare_holds() == 1
    worker_goes_round(time)
    ended = look_up(world, facts)
    assert ended["payment"]["status"] == "captured"  # type: ignore[index] # JSON
    assert world.books()["captured"] == round(float(str(ended["subtotal"])) * 100)


def test_each_hold_is_compared_once_in_a_quarter_of_an_hour(
    world: World, time: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    start(world, payment_method=CARD)
    time.move(minutes=16)
    assert reconciling.compare_holds() == 0
    fetches_fail(times=TRIES)
    time.move(minutes=14)
    assert reconciling.compare_holds() == 0
    assert "are left" not in caplog.text
    time.move(minutes=1)
    assert reconciling.compare_holds() == 0
    assert "holds of sandbox projects are left" in caplog.text


def test_a_processor_that_does_not_answer_is_asked_once_and_again_next_time(
    world: World, time: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    world.driver_stays_away()
    several = [start(world, f"CO-{number}") for number in range(3)]
    for facts in several:
        driver_authorises(world, facts)
    time.move(minutes=16)
    fetches_fail(times=TRIES)
    assert reconciling.compare_holds() == 0
    assert caplog.text.count("are left") == 1
    assert reconciling.compare_holds() == 2
    time.move(minutes=15)
    assert reconciling.compare_holds() == 1


def test_a_debt_that_nobody_pays_is_asked_for_less_and_less(world: World, time: SetClock) -> None:
    world.driver_stays_away()
    facts = start(world)
    pass_time(world, time, 540)
    end(world, facts)
    time.move(hours=24)
    reconciling.compare_holds()
    driver_authorises(world, facts)
    time.move(hours=3)
    assert reconciling.compare_holds() == 0
    time.move(hours=1)
    assert reconciling.compare_holds() == 1


def test_what_an_operation_of_ours_is_about_to_change_is_left_to_it(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD)
    pass_time(world, time, 3600)
    processor_meets(Fault(path=CAPTURING, when="after"))
    with pytest.raises(BadGateway):
        end(world, facts)
    assert everything() == []
    worker_goes_round(time)
    assert everything() == []
    assert look_up(world, facts)["payment"]["status"] == "captured"  # type: ignore[index] # JSON


def test_money_that_went_back_untold_is_mended(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD)
    pass_time(world, time, 3600)
    end(world, facts)
    payments = processors.card_payments_for("sandbox", world.project.id)
    given_back = Money.from_major("2.00", "USD")
    payments.refund(
        str(uuid4()),
        payment_intent_id=intent_of(facts),
        amount=given_back,
        reason="requested_by_customer",
        mark="a person at a screen",
    )
    [found] = everything()
    assert (found.session_id, found.is_mended) == (facts.session.id, True)
    assert (str(found.ours), str(found.theirs)) == (
        "succeeded captured=600",
        "succeeded captured=600 refunded=200",
    )
    assert everything() == []
    assert look_up(world, facts)["payment"]["status"] == "partially_refunded"  # type: ignore[index] # JSON


def test_what_cannot_be_mended_is_reported(world: World, caplog: pytest.LogCaptureFixture) -> None:
    facts = start(world, payment_method=CARD)
    with database.transaction() as db:
        lost = update(Hold).where(Hold.session_id == facts.session.id)
        db.execute(lost.values(payment_intent_id="pi_of_nobody"))
    [found] = everything()
    assert (found.payment_intent_id, found.theirs, found.is_mended) == ("pi_of_nobody", None, False)
    assert "the processor says that there is none" in caplog.text


def test_two_workers_compare_each_hold_once(world: World, time: SetClock) -> None:
    world.driver_stays_away()
    several = [start(world, f"CO-{number}") for number in range(6)]
    for facts in several:
        driver_authorises(world, facts)
    time.move(minutes=16)
    found, refusals = in_parallel(2, reconciling.compare_holds)
    assert (sum(found), refusals) == (6, [])
    with database.reading() as db:
        told = select(func.count()).where(AuditEntry.action == "payment.authorized")
        assert db.scalar(told) == 6
