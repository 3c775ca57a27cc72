"""How a longer stay is held for: raised, added, or left to the driver, on both databases."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from app import database
from app.domain.errors import BadGateway, Conflict, PaymentRequired
from app.domain.idempotency import Once
from app.gateways.card_payments import HoldSnapshot
from app.models import Event, Hold, PaymentOperation
from app.presenters.sessions import SessionFacts
from app.services import due, payment_calls, sessions
from app.services.payment_calls import Task
from app.worker import sweeps
from stripe_sandbox import Fault
from tests.conftest import SetClock
from tests.services.parking import (
    CREATING,
    KEY,
    RAISING,
    driver_authenticates,
    end,
    extend,
    look_up,
    pass_time,
    processor_meets,
    start,
    worker_goes_round,
)
from tests.services.world import World, make_world

CARD, CARD_THAT_CANNOT_GROW = "pm_card_visa", "pm_card_amex"
AS_PLANNED, AN_HOUR_MORE, TWO_MORE = "2026-11-22T22:30:00Z", "2026-11-22T23:30:00Z", "2026-11-23T00:30:00Z"


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


@pytest.fixture
def asking(world: World) -> SessionFacts:
    """Start a session whose driver authenticated, and would have to again."""
    world.driver_stays_away()
    facts = start(world)
    driver_authenticates(world, facts)
    return facts


def holds() -> list[tuple[str, str, int]]:
    with database.reading() as db:
        found = db.scalars(select(Hold).order_by(Hold.id))
        return [(hold.purpose, hold.status, hold.amount_minor) for hold in found]


def told() -> list[str]:
    with database.reading() as db:
        return list(db.scalars(select(Event.type).order_by(Event.id)))


def test_a_hold_that_cannot_grow_gets_another_one_beside_it(world: World) -> None:
    facts = start(world, payment_method=CARD_THAT_CANNOT_GROW)
    extended = extend(world, facts)
    assert extended["planned_end_at"] == AN_HOUR_MORE
    assert extended["payment"] == {"status": "authorized", "authorized": 31.5}
    assert holds() == [("stay", "requires_capture", 2550), ("extension", "requires_capture", 600)]
    assert told()[-1] == "session.extended"


def test_the_simulated_drivers_card_is_kept_for_another_hold(world: World, time: SetClock) -> None:
    facts = start(world)
    pass_time(world, time, 31)
    extended = extend(world, facts)
    assert extended["payment"] == {"status": "authorized", "authorized": 31.5}


def test_further_extensions_cost_no_more_than_is_missing(world: World) -> None:
    facts = start(world, payment_method=CARD_THAT_CANNOT_GROW)
    for _ in range(3):
        extended = extend(world, facts)
    assert extended["payment"] == {"status": "authorized", "authorized": 43.5}
    assert [amount for _, _, amount in holds()] == [2550, 600, 600, 600]


def test_a_card_that_asks_for_its_driver_leaves_the_stay_as_it_is_planned(
    world: World, asking: SessionFacts
) -> None:
    with pytest.raises(PaymentRequired, match=asking.receipt_url):
        extend(world, asking)
    seen = look_up(world, asking)
    assert seen["planned_end_at"] == AS_PLANNED
    assert seen["payment"] == {"status": "authorized", "authorized": 25.5, "underauthorised": True}
    assert holds()[1] == ("extension", "requires_payment_method", 600)
    assert "session.extended" not in told()


def test_the_stay_is_prolonged_as_soon_as_the_driver_authorises(world: World, asking: SessionFacts) -> None:
    with pytest.raises(PaymentRequired):
        extend(world, asking)
    driver_authenticates(world, sessions.get(world.caller, asking.session.id))
    seen = look_up(world, asking)
    assert seen["planned_end_at"] == AN_HOUR_MORE
    assert seen["payment"] == {"status": "authorized", "authorized": 31.5}
    assert told().count("session.extended") == 1


@pytest.mark.parametrize(("hours", "minor", "until"), [((1, 2), 1200, TWO_MORE), ((2, 1), 600, AN_HOUR_MORE)])
def test_another_extension_meanwhile_takes_the_place_of_the_one_that_waits(
    world: World, asking: SessionFacts, hours: tuple[int, int], minor: int, until: str
) -> None:
    for each in hours:
        with pytest.raises(PaymentRequired):
            extend(world, asking, hours=each)
    assert holds() == [("stay", "requires_capture", 2550), ("extension", "requires_payment_method", minor)]
    driver_authenticates(world, sessions.get(world.caller, asking.session.id))
    assert look_up(world, asking)["planned_end_at"] == until
    assert holds()[1] == ("extension", "requires_capture", minor)


def test_a_stay_past_its_planned_end_is_extended_beyond_now(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD, duration_hours=1)
    time.move(hours=3)
    with pytest.raises(Conflict, match="2 hours past its planned end"):
        extend(world, facts, hours=2)
    assert extend(world, facts, hours=5)["planned_end_at"] == TWO_MORE


def test_the_same_request_hears_the_same_of_it(world: World, asking: SessionFacts, time: SetClock) -> None:
    for _ in range(2):
        with pytest.raises(PaymentRequired, match="prolonged as soon as"):
            extend(world, asking, once=KEY)
    assert len(holds()) == 2
    with pytest.raises(PaymentRequired):
        extend(world, asking, once=Once("another", "e" * 64))
    assert len(holds()) == 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_processor_that_fails_while_it_makes_another_hold_makes_one(
    world: World, time: SetClock, when: str
) -> None:
    facts = start(world, payment_method=CARD_THAT_CANNOT_GROW)
    processor_meets(Fault(path=CREATING, when=when, lost=True))  # type: ignore[arg-type] # one of the two words
    with pytest.raises(BadGateway):
        extend(world, facts, once=KEY)
    assert look_up(world, facts)["planned_end_at"] == AS_PLANNED
    worker_goes_round(time, times=1)
    assert extend(world, facts, once=KEY)["planned_end_at"] == AN_HOUR_MORE
    assert holds() == [("stay", "requires_capture", 2550), ("extension", "requires_capture", 600)]


def test_an_end_that_overtakes_another_hold_settles_it_too(world: World, time: SetClock) -> None:
    facts = start(world, payment_method=CARD_THAT_CANNOT_GROW)
    processor_meets(Fault(path=CREATING, when="after", lost=True))
    with pytest.raises(BadGateway):
        extend(world, facts, once=KEY)
    time.move(hours=1)
    assert end(world, facts)["payment"] == {"status": "captured", "authorized": 31.5, "captured": 6.0}
    assert [status for _, status, _ in holds()] == ["succeeded", "canceled"]


def test_a_raise_that_the_bank_declines_is_tried_with_another_hold(world: World) -> None:
    facts = start(world, payment_method=CARD)
    processor_meets(Fault(path=RAISING, when="before", status=402), times=1)
    assert extend(world, facts)["payment"] == {"status": "authorized", "authorized": 31.5}
    assert [purpose for purpose, _, _ in holds()] == ["stay", "extension"]


def let_it_expire_before_the_answer(
    monkeypatch: pytest.MonkeyPatch, time: SetClock, *, then: Callable[[], None] = lambda: None
) -> None:
    """Let the grace time end after the processor has changed the hold and before we hear of it."""
    ask = payment_calls.call

    def answer_late(task: Task) -> HoldSnapshot:
        snapshot = ask(task)
        if task.kind == "raise_hold":
            time.move(minutes=11)
            sweeps.run_due()
            then()
        return snapshot

    monkeypatch.setattr(payment_calls, "call", answer_late)


def forget_that_it_was_given_up() -> None:
    """Leave the extension waiting, as a session that expired under an earlier version may have."""
    with database.transaction() as db:
        ours = PaymentOperation.kind == "raise_hold"
        db.execute(update(PaymentOperation).where(ours).values(state="pending", error=None, finished_at=None))


@pytest.mark.parametrize("then", [lambda: None, forget_that_it_was_given_up], ids=["given up", "waiting"])
def test_an_extension_that_the_end_of_the_grace_time_overtakes_asks_the_driver_for_nothing(
    world: World, time: SetClock, monkeypatch: pytest.MonkeyPatch, then: Callable[[], None]
) -> None:
    world.driver_stays_away()
    facts = start(world)
    let_it_expire_before_the_answer(monkeypatch, time, then=then)
    for _ in range(2):
        with pytest.raises(Conflict, match="was ended before this was settled"):
            extend(world, facts, once=KEY)
    seen = look_up(world, facts)
    assert (seen["status"], seen["planned_end_at"]) == ("expired", AS_PLANNED)
    with database.reading() as db:
        (hold,) = db.scalars(select(Hold))
        assert (hold.status, hold.extends_to) == ("canceled", None)
        assert "pending" not in set(db.scalars(select(PaymentOperation.state)))


def test_what_nobody_authorised_is_let_go_at_the_end(
    world: World, asking: SessionFacts, time: SetClock
) -> None:
    with pytest.raises(PaymentRequired):
        extend(world, asking)
    time.move(hours=2)
    assert end(world, asking)["payment"] == {"status": "captured", "authorized": 25.5, "captured": 12.0}
    assert [status for _, status, _ in holds()] == ["succeeded", "canceled"]


def test_the_worker_asks_for_nothing_more_meanwhile(
    world: World, asking: SessionFacts, time: SetClock
) -> None:
    with pytest.raises(PaymentRequired):
        extend(world, asking)
    time.move(hours=1)
    sweeps.finish_operations()
    due.run_until(world.project.id, time.at)
    assert len(holds()) == 2
