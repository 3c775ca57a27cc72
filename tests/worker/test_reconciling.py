"""What goes wrong with one hold, or one account, keeps no other from being compared, on both databases."""

import logging
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app import database
from app.domain import clock
from app.domain.callers import Caller
from app.domain.errors import Conflict, ServiceUnavailable
from app.models import LookBack
from app.services import reconciliation, stray_payments
from app.services.reconciliation import Difference
from app.services.reconciliation_turns import Compared
from app.services.stray_payments import Account, Stray
from app.worker import reconciling
from stripe_sandbox import Fault
from tests.conftest import SetClock
from tests.services.parking import CANCELING, TRIES, driver_authorises, processor_meets, start
from tests.services.test_captured_comparisons import park
from tests.services.test_stray_payments import kept, payments, stray
from tests.services.world import World, make_world


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


@pytest.fixture
def waiting(world: World, time: SetClock) -> World:
    """Let three holds be due of whose authorisation no event told."""
    world.driver_stays_away()
    for number in range(3):
        driver_authorises(world, start(world, f"CO-{number}"))
    time.move(minutes=16)
    return world


def first_fails(failure: Callable[[], Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    compare, failures = reconciliation.compare, iter([failure()])

    def failing(caller: Caller, compared: Compared) -> Difference | None:
        if error := next(failures, None):
            raise error
        return compare(caller, compared)

    monkeypatch.setattr(reconciliation, "compare", failing)


def test_a_comparison_that_fails_in_an_unforeseen_way_keeps_no_other_waiting(
    waiting: World, time: SetClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first_fails(lambda: KeyError("of a row that is not as it should be"), monkeypatch)
    assert reconciling.compare_holds() == 2
    assert "KeyError" in caplog.text
    time.move(minutes=14)
    assert reconciling.compare_holds() == 0
    time.move(minutes=1)
    assert reconciling.compare_holds() == 1


def test_a_project_whose_payments_are_off_keeps_no_other_waiting(
    waiting: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first_fails(lambda: Conflict("Payments are off for live projects on this server."), monkeypatch)
    with caplog.at_level(logging.WARNING, logger="parkgraph.worker"):
        assert reconciling.compare_holds() == 2
    assert "Payments are off" in caplog.text


def test_what_the_processor_will_not_say_of_one_hold_is_no_reason_to_leave_the_others(
    world: World, time: SetClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        park(world, time, "pm_card_createDispute")
    processor_meets(Fault(method="GET", path=r"/v1/disputes", status=400), times=1)
    time.move(minutes=16)
    with caplog.at_level(logging.WARNING, logger="parkgraph.worker"):
        assert reconciling.compare_holds() == 1
    assert "is left" in caplog.text
    time.move(minutes=16)
    assert reconciling.compare_holds() == 1


def test_a_round_of_comparing_is_over_where_the_database_is_away(
    waiting: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_fails(lambda: ServiceUnavailable("The database does not answer."), monkeypatch)
    with pytest.raises(ServiceUnavailable):
        reconciling.compare_holds()


def test_a_stray_that_the_processor_will_not_release_is_reported_and_the_look_goes_on(
    world: World, time: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        stray(payments(world))
    time.move(hours=2)
    processor_meets(Fault(path=CANCELING, status=400), times=1)
    assert reconciling.look_for_strays() == 1
    assert "can't be released" in caplog.text
    assert list(kept().values()) == ["released"]
    with database.reading() as db:
        [seen] = db.scalars(select(LookBack.seen_until))
    assert seen == clock.now() - stray_payments.SAFE_AGE


def test_an_account_that_cannot_be_looked_at_keeps_no_other_waiting(
    world: World, time: SetClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = make_world()
    for each in (world, other):
        stray(payments(each))
    time.move(hours=2)
    look_back, failures = stray_payments.look_back, iter([KeyError("of an account")])

    def failing(account: Account) -> list[Stray] | None:
        if error := next(failures, None):
            raise error
        return look_back(account)

    monkeypatch.setattr(stray_payments, "look_back", failing)
    assert reconciling.look_for_strays() == 1
    assert "KeyError" in caplog.text
    assert reconciling.look_for_strays() == 1


def test_a_processor_that_is_away_is_asked_for_one_account_only(
    world: World, time: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    other = make_world()
    for each in (world, other):
        stray(payments(each))
    time.move(hours=2)
    processor_meets(Fault(method="GET", path=r"/v1/payment_intents"), times=TRIES)
    assert reconciling.look_for_strays() == 0
    assert caplog.text.count("are left") == 1
    assert reconciling.look_for_strays() == 1
