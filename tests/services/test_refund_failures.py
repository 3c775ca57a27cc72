"""A refund that came to nothing after all is undone, once, whatever else is told meanwhile."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app import database
from app.domain.errors import BadGateway
from app.domain.money import Money
from app.gateways import processors
from app.gateways.card_payments import HoldSnapshot
from app.models import AuditEntry, LedgerEntry, StripeEvent
from app.presenters.refunds import present
from app.presenters.sessions import SessionFacts
from app.services import ledger_verification, payment_calls, refunds, stripe_events
from app.services.payment_calls import Task
from stripe_sandbox import Fault
from tests.conftest import SetClock
from tests.factories import anyone
from tests.services import hooks
from tests.services.parking import (
    end,
    intent_of,
    look_up,
    pass_time,
    processor_meets,
    start,
    worker_goes_round,
)
from tests.services.world import World, make_world

pytestmark = pytest.mark.usefixtures("services")

A_WHILE = 3600
"""Seconds until the bank sends back what its card did not take."""


@pytest.fixture
def world(time: SetClock) -> World:
    return make_world()


@pytest.fixture
def paid(world: World, time: SetClock) -> SessionFacts:
    """Park for 4.02 hours with a card to which nothing can be given back; 24.12 were taken."""
    facts = start(world, payment_method="pm_card_refundFail")
    pass_time(world, time, 14_472)
    end(world, facts)
    take(events_of())
    return facts


def events_of(*types: str) -> list[tuple[bytes, str]]:
    """Return what waits to be told, of these types or of all."""
    waiting = processors.embedded().pending_events(limit=1000)
    return [(each.payload, each.signature) for each in waiting if not types or each.type in types]


def take(told: list[tuple[bytes, str]]) -> None:
    for payload, signature in told:
        stripe_events.receive(anyone(), payload, signature)


def refund(world: World, facts: SessionFacts, amount: str) -> str:
    return present(refunds.create(world.caller, facts.session.id, amount=Decimal(amount)).value)["id"]  # type: ignore[no-any-return] # JSON


def money(world: World, facts: SessionFacts) -> tuple[object, object, object]:
    shown: Any = look_up(world, facts)
    return shown["payment"]["status"], shown["payment"].get("refunded"), shown["owner_payout"]


def statuses(world: World, facts: SessionFacts) -> list[str]:
    page = refunds.page(world.caller, facts.session.id, limit=100)
    return [each.refund.status for each in page.entries]


def books_agree() -> bool:
    return ledger_verification.verify(report=print).findings == 0


def test_everything_comes_back_and_is_told(world: World, paid: SessionFacts, time: SetClock) -> None:
    made = refund(world, paid, "6.00")
    assert money(world, paid) == ("partially_refunded", 6.0, 16.31)
    pass_time(world, time, A_WHILE)
    take(events_of("refund.failed"))
    assert money(world, paid) == ("captured", None, 21.71)
    assert statuses(world, paid) == ["failed"]
    assert books_agree()
    assert [(kind, data["refund"]["id"], data["refund"]["status"]) for kind, data in hooks.told()[-2:]] == [
        ("refund.created", made, "succeeded"),
        ("refund.failed", made, "failed"),
    ]
    with database.reading() as db:
        failed = db.scalars(select(AuditEntry).where(AuditEntry.action == "session.refund_failed")).one()
        back = select(LedgerEntry.kind, LedgerEntry.amount_minor).order_by(LedgerEntry.id.desc()).limit(4)
        entries = db.execute(back.where(LedgerEntry.account == "operator")).all()[1::-1]
    assert (failed.actor_type, failed.diff) == ("stripe", {"refund_id": made, "amount": 6.0})
    assert [tuple(entry) for entry in entries] == [("refund", 600), ("fee", -60)]


def test_a_refund_in_parts_that_failed_is_as_large_as_it_was_asked_for(world: World, time: SetClock) -> None:
    facts = start(world, payment_method="pm_card_refundFail")
    pass_time(world, time, 5 * 3600)
    end(world, facts)
    take(events_of())
    refund(world, facts, "28.00")
    pass_time(world, time, A_WHILE)
    take(events_of())
    [failed] = refunds.page(world.caller, facts.session.id, limit=100).entries
    assert (failed.refund.status, failed.refund.amount_minor) == ("failed", 2800)


def test_what_was_paid_back_by_the_operator_is_owed_to_it_then(
    world: World, paid: SessionFacts, time: SetClock
) -> None:
    """The processor leaves the operator's part with the platform; the ledger says so."""
    refund(world, paid, "6.00")
    pass_time(world, time, A_WHILE)
    take(events_of())
    with database.reading() as db:
        mine = select(LedgerEntry.amount_minor).where(LedgerEntry.account == "operator")
        assert sum(db.scalars(mine)) == 600 - 59


def test_of_several_refunds_those_that_failed_come_back(
    world: World, paid: SessionFacts, time: SetClock
) -> None:
    refund(world, paid, "6.00")
    pass_time(world, time, A_WHILE // 2)
    refund(world, paid, "18.12")
    assert money(world, paid) == ("refunded", 24.12, 0.0)
    pass_time(world, time, A_WHILE // 2)
    take(events_of())
    assert money(world, paid) == ("partially_refunded", 18.12, 5.4)
    assert statuses(world, paid) == ["succeeded", "failed"]
    pass_time(world, time, A_WHILE // 2)
    take(events_of())
    assert money(world, paid) == ("captured", None, 21.71)
    assert books_agree()
    refund(world, paid, "24.12")


@pytest.mark.parametrize("order", [1, -1])
def test_told_in_any_order_and_twice_it_comes_back_once(
    world: World, paid: SessionFacts, time: SetClock, order: int
) -> None:
    refund(world, paid, "6.00")
    pass_time(world, time, A_WHILE)
    told = events_of()[::order]
    take(told)
    take(told)
    assert money(world, paid) == ("captured", None, 21.71)
    assert [event_type for event_type, _ in hooks.told()].count("refund.failed") == 1
    assert books_agree()


def test_a_refund_that_was_made_elsewhere_comes_back_too(
    world: World, paid: SessionFacts, time: SetClock
) -> None:
    asked = {"payment_intent_id": intent_of(paid), "amount": Money(600, "USD"), "mark": "dashboard"}
    elsewhere = processors.card_payments_for("sandbox", world.project.id)
    elsewhere.refund("elsewhere", reason="duplicate", **asked)  # type: ignore[arg-type] # as the names say
    take(events_of())
    assert money(world, paid) == ("partially_refunded", 6.0, 16.31)
    pass_time(world, time, A_WHILE)
    take(events_of())
    assert money(world, paid) == ("captured", None, 21.71)
    assert books_agree()


def test_an_event_waits_until_the_processor_says_what_is_so(
    world: World, paid: SessionFacts, time: SetClock
) -> None:
    refund(world, paid, "6.00")
    pass_time(world, time, A_WHILE)
    [(payload, signature)] = events_of("refund.failed")
    processor_meets(Fault(path=r"/v1/refunds", method="GET"))
    with pytest.raises(BadGateway):
        stripe_events.receive(anyone(), payload, signature)
    assert money(world, paid) == ("partially_refunded", 6.0, 16.31)
    with database.reading() as db:
        assert "refund.failed" not in db.scalars(select(StripeEvent.type)).all()
    stripe_events.receive(anyone(), payload, signature)
    assert money(world, paid) == ("captured", None, 21.71)


def test_what_somebody_refunds_while_the_processor_is_asked_is_not_lost(
    world: World, paid: SessionFacts, time: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund(world, paid, "6.00")
    pass_time(world, time, A_WHILE)
    [(payload, signature)] = events_of("refund.failed")
    ask, asked = stripe_events._snapshot, []

    def meanwhile(target: stripe_events.Target) -> object:
        told = ask(target)
        if not asked:
            asked.append(refund(world, paid, "1.00"))
        return told

    monkeypatch.setattr(stripe_events, "_snapshot", meanwhile)
    stripe_events.receive(anyone(), payload, signature)
    assert money(world, paid) == ("partially_refunded", 1.0, 20.81)
    assert books_agree()


def test_a_hold_that_never_stands_still_is_left_to_the_next_event(
    world: World, paid: SessionFacts, time: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund(world, paid, "6.00")
    pass_time(world, time, A_WHILE)
    [(payload, signature)] = events_of("refund.failed")
    ask = stripe_events._snapshot

    def meanwhile(target: stripe_events.Target) -> object:
        told = ask(target)
        refund(world, paid, "0.50")
        return replace(told)

    monkeypatch.setattr(stripe_events, "_snapshot", meanwhile)
    with pytest.raises(BadGateway, match="changed right now"):
        stripe_events.receive(anyone(), payload, signature)
    monkeypatch.undo()
    stripe_events.receive(anyone(), payload, signature)
    assert money(world, paid) == ("partially_refunded", 1.5, 20.36)


def test_a_part_that_came_to_nothing_comes_back_whichever_hold_gave_it(world: World, time: SetClock) -> None:
    facts = start(world, payment_method="pm_card_refundFail")
    time.move(hours=9)
    end(world, facts)
    take(events_of())
    refund(world, facts, "6.00")
    assert money(world, facts) == ("partially_refunded", 6.0, 43.2)
    pass_time(world, time, A_WHILE)
    take(events_of("refund.failed"))
    assert money(world, facts) == ("captured", None, 48.6)
    assert statuses(world, facts) == ["failed"]
    assert books_agree()


def test_a_part_that_comes_back_is_not_told_of_before_the_rest_of_its_refund_is_settled(
    world: World, time: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = start(world, payment_method="pm_card_refundFail")
    time.move(hours=9)
    end(world, facts)
    take(events_of())
    call, parts = payment_calls.call, list[UUID]()

    def only_the_first(task: Task) -> HoldSnapshot:
        parts.append(task.id)
        if task.id != parts[0]:
            raise BadGateway("The payment processor did not answer in time.")
        return call(task)

    monkeypatch.setattr(payment_calls, "call", only_the_first)
    with pytest.raises(BadGateway):
        refund(world, facts, "50.00")
    processors.embedded().advance(world.project.id, seconds=A_WHILE)
    take(events_of("refund.failed"))
    assert statuses(world, facts) == ["pending"]
    assert "refund.failed" not in [event_type for event_type, _ in hooks.told()]
    monkeypatch.undo()
    worker_goes_round(time)
    assert statuses(world, facts) == ["succeeded"]
    assert hooks.told()[-1][0] == "refund.created"
    assert books_agree()
