"""Money goes back once, never more of it than was taken, and the operator's share shrinks with it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from app import database
from app.domain.errors import BadGateway, BadRequest, Conflict, Forbidden, NotFound
from app.domain.idempotency import Once
from app.domain.money import Money
from app.gateways import processors
from app.gateways.card_payments import HoldSnapshot
from app.models import AuditEntry
from app.presenters.refunds import present
from app.presenters.sessions import SessionFacts
from app.services import payment_calls, payments, processor_events, refunds, stripe_events
from app.services.due import worker
from app.services.idempotency import Claim
from app.services.payment_calls import Task
from app.settings import Settings
from stripe_sandbox import Fault
from tests.conftest import SetClock
from tests.factories import caller_of, make_lot, make_operator, make_project
from tests.services import hooks
from tests.services.parking import (
    end,
    extend,
    in_parallel,
    intent_of,
    look_up,
    pass_time,
    processor_meets,
    start,
    worker_goes_round,
)
from tests.services.world import World, make_world

pytestmark = pytest.mark.usefixtures("services")

REFUNDING = r"/v1/refunds"
KEY = Once(key="refund-1", fingerprint="f" * 64)


@pytest.fixture
def world(time: SetClock) -> World:
    return make_world()


@pytest.fixture
def paid(world: World, time: SetClock) -> SessionFacts:
    """Park for 4.02 hours at 6.00, of which 24.12 were taken."""
    facts = start(world)
    pass_time(world, time, 14_472)
    assert end(world, facts)["subtotal"] == 24.12
    return facts


def refund(
    world: World, facts: SessionFacts, amount: str | None = None, once: Once | None = None
) -> dict[str, Any]:
    asked = None if amount is None else Decimal(amount)
    return present(refunds.create(world.caller, facts.session.id, amount=asked, once=once).value)


def money(world: World, facts: SessionFacts) -> tuple[object, object, object]:
    shown: Any = look_up(world, facts)
    return shown["payment"]["status"], shown["payment"].get("refunded"), shown["owner_payout"]


def listed(world: World, facts: SessionFacts) -> list[tuple[float, str]]:
    page = refunds.page(world.caller, facts.session.id, limit=100)
    return [(shown["amount"], shown["status"]) for shown in map(present, page.entries)]


def test_part_of_what_was_taken_goes_back(world: World, paid: SessionFacts) -> None:
    made = refund(world, paid, "6.00")
    assert (made["amount"], made["currency"], made["status"]) == (6.0, "USD", "succeeded")
    assert money(world, paid) == ("partially_refunded", 6.0, 16.31)  # 90 % of 18.12
    assert world.books()["captured"] == 2412


def test_without_an_amount_all_that_is_left_goes_back(world: World, paid: SessionFacts) -> None:
    assert money(world, paid) == ("captured", None, 21.71)
    refund(world, paid, "6.00")
    assert refund(world, paid)["amount"] == 18.12
    assert money(world, paid) == ("refunded", 24.12, 0.0)
    assert listed(world, paid) == [(18.12, "succeeded"), (6.0, "succeeded")]


def test_no_more_goes_back_than_was_taken(world: World, paid: SessionFacts) -> None:
    with pytest.raises(Conflict, match=r"No more than 24\.12 USD") as refusal:
        refund(world, paid, "24.13")
    assert [detail.field for detail in refusal.value.details] == ["amount"]
    refund(world, paid, "24.12")
    with pytest.raises(Conflict, match="went back already"):
        refund(world, paid)


def test_many_at_once_come_to_no_more_than_was_taken(world: World, paid: SessionFacts) -> None:
    answers, refusals = in_parallel(8, lambda: refund(world, paid, "10.00"))
    assert (len(answers), len(refusals)) == (2, 6)
    assert {type(refusal) for refusal in refusals} == {Conflict}
    assert money(world, paid) == ("partially_refunded", 20.0, 3.71)


def test_nothing_goes_back_of_what_was_never_taken(world: World) -> None:
    facts = start(world)
    with pytest.raises(Conflict, match="Nothing of this session was captured"):
        refund(world, facts)
    end(world, facts)
    with pytest.raises(Conflict, match="Nothing of this session was captured"):
        refund(world, facts)


def test_an_amount_that_the_currency_does_not_have_is_refused(world: World, paid: SessionFacts) -> None:
    with pytest.raises(BadRequest, match="more decimals than USD"):
        refund(world, paid, "0.125")


def test_the_same_request_gives_money_back_once(world: World, paid: SessionFacts) -> None:
    first, again = refund(world, paid, "6.00", KEY), refund(world, paid, "6.00", KEY)
    assert first == again
    assert listed(world, paid) == [(6.0, "succeeded")]


def test_only_the_lots_operator_gives_money_back(world: World, time: SetClock, settings: Settings) -> None:
    """Else whoever parks could get the stay back by himself."""
    processors.configure(replace(settings, payments_live="embedded"))
    lot = make_lot(operator=make_operator(), capacity=10)
    traveller = make_project(operator=make_operator(), kind="live")
    strange = replace(world, project=traveller, caller=caller_of(traveller), lot=lot)
    facts = start(strange, payment_method="pm_card_visa")
    time.move(hours=1)
    end(strange, facts)
    with pytest.raises(Forbidden, match="Only the operator of the lot"):
        refund(strange, facts)
    assert refunds.page(strange.caller, facts.session.id, limit=1).entries == []


def test_for_anyone_else_there_is_no_session_to_refund(world: World, paid: SessionFacts) -> None:
    nobody = caller_of(make_project(operator=make_operator(), kind="sandbox"))
    with pytest.raises(NotFound):
        refunds.create(nobody, paid.session.id)
    with pytest.raises(NotFound):
        refunds.page(nobody, paid.session.id, limit=1)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_processor_that_fails_leaves_a_refund_that_the_worker_finishes(
    world: World, paid: SessionFacts, time: SetClock, when: str
) -> None:
    processor_meets(Fault(path=REFUNDING, when=when))  # type: ignore[arg-type] # both are words of a Fault
    with pytest.raises(BadGateway):
        refund(world, paid, "6.00")
    assert listed(world, paid) == [(6.0, "pending")]
    with pytest.raises(Conflict, match=r"No more than 18\.12 USD"):
        refund(world, paid, "18.13")
    worker_goes_round(time)
    assert listed(world, paid) == [(6.0, "succeeded")]
    assert money(world, paid) == ("partially_refunded", 6.0, 16.31)


def test_a_failed_request_is_finished_by_its_repetition(world: World, paid: SessionFacts) -> None:
    processor_meets(Fault(path=REFUNDING, when="after"))
    with pytest.raises(BadGateway):
        refund(world, paid, "6.00", KEY)
    assert refund(world, paid, "6.00", KEY)["status"] == "succeeded"
    assert listed(world, paid) == [(6.0, "succeeded")]


def test_a_refund_that_the_processor_refuses_has_failed(world: World, paid: SessionFacts) -> None:
    """Somebody gave all of it back at the processor, and we have not heard of it yet."""
    asked = {"payment_intent_id": intent_of(paid), "amount": Money(2412, "USD"), "mark": "dashboard"}
    elsewhere = processors.card_payments_for("sandbox", world.project.id)
    elsewhere.refund("elsewhere", reason="duplicate", **asked)  # type: ignore[arg-type] # as the names say
    with pytest.raises(Conflict, match="All of this session's money went back already"):
        refund(world, paid, "6.00")
    assert listed(world, paid) == [(6.0, "failed")]
    assert money(world, paid) == ("captured", None, 21.71)


@pytest.fixture
def paid_in_parts(world: World, time: SetClock) -> SessionFacts:
    """Park for 5 hours at 6.00, of which 25.50 were taken of one hold and 4.50 of another."""
    facts = start(world, payment_method="pm_card_amex")
    extend(world, facts)
    time.move(hours=5)
    assert end(world, facts)["payment"]["captured"] == 30.0  # type: ignore[index] # JSON
    return facts


def test_a_refund_takes_of_the_newest_hold_first_and_goes_on(
    world: World, paid_in_parts: SessionFacts
) -> None:
    assert refund(world, paid_in_parts, "6.00")["amount"] == 6.0
    assert money(world, paid_in_parts) == ("partially_refunded", 6.0, 21.6)
    assert listed(world, paid_in_parts) == [(6.0, "succeeded")]
    assert refund(world, paid_in_parts)["amount"] == 24.0
    assert money(world, paid_in_parts) == ("refunded", 30.0, 0.0)


def test_a_refund_in_parts_that_is_interrupted_is_finished_whole(
    world: World, paid_in_parts: SessionFacts, time: SetClock
) -> None:
    processor_meets(Fault(path=REFUNDING, when="after"))
    with pytest.raises(BadGateway):
        refund(world, paid_in_parts, "6.00", KEY)
    assert listed(world, paid_in_parts) == [(6.0, "pending")]
    assert refund(world, paid_in_parts, "6.00", KEY)["status"] == "succeeded"
    worker_goes_round(time)
    assert money(world, paid_in_parts) == ("partially_refunded", 6.0, 21.6)


def test_a_refund_of_which_a_part_is_refused_is_what_went_back(
    world: World, paid_in_parts: SessionFacts
) -> None:
    processor_meets(Fault(path=REFUNDING, status=400), times=1)
    assert refund(world, paid_in_parts, "6.00") | {"id": ""} == {
        "id": "",
        "session_id": str(paid_in_parts.session.id),
        "amount": 1.5,
        "currency": "USD",
        "reason": "requested_by_customer",
        "status": "succeeded",
        "created_at": "2026-11-22T23:30:00Z",
    }
    assert money(world, paid_in_parts) == ("partially_refunded", 1.5, 25.65)


def test_a_refund_stands_of_which_only_the_last_part_is_refused(
    world: World, paid_in_parts: SessionFacts
) -> None:
    """Of the older hold somebody gave all back at the processor, and we have not heard of it yet."""
    asked = {"payment_intent_id": intent_of(paid_in_parts), "amount": Money(2550, "USD"), "mark": "dashboard"}
    elsewhere = processors.card_payments_for("sandbox", world.project.id)
    elsewhere.refund("elsewhere", reason="duplicate", **asked)  # type: ignore[arg-type] # as the names say
    for _ in range(2):
        made = refund(world, paid_in_parts, "6.00", KEY)
        assert (made["amount"], made["status"]) == (4.5, "succeeded")
    assert money(world, paid_in_parts) == ("partially_refunded", 4.5, 22.95)


def test_a_refund_that_another_attempt_is_in_the_middle_of_is_answered_once_it_is_settled(
    world: World, paid_in_parts: SessionFacts, time: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker took over from a request that stood still for too long, and has settled the first part."""
    call = payment_calls.call

    def overtaken(task: Task) -> HoldSnapshot:
        monkeypatch.setattr(payment_calls, "call", call)
        payments._perform(worker(), task, Claim("", None))
        return call(task)

    monkeypatch.setattr(payment_calls, "call", overtaken)
    for _ in range(2):
        with pytest.raises(Conflict, match="right now") as caught:
            refund(world, paid_in_parts, "6.00", KEY)
        assert caught.value.headers == {"Retry-After": "1"}
    worker_goes_round(time)
    assert refund(world, paid_in_parts, "6.00", KEY)["status"] == "succeeded"
    assert listed(world, paid_in_parts) == [(6.0, "succeeded")]


def test_what_was_given_back_at_the_processor_is_heard_of(world: World, paid: SessionFacts) -> None:
    asked = {"payment_intent_id": intent_of(paid), "amount": Money(600, "USD"), "mark": "dashboard"}
    elsewhere = processors.card_payments_for("sandbox", world.project.id)
    elsewhere.refund("elsewhere", reason="duplicate", **asked)  # type: ignore[arg-type] # as the names say
    processor_events.deliver(lambda raw, signature: stripe_events.receive(worker(), raw, signature) is None)
    assert money(world, paid) == ("partially_refunded", 6.0, 16.31)
    assert [data.keys() for kind, data in hooks.told() if kind == "refund.created"] == [{"session"}]
    with pytest.raises(Conflict, match=r"No more than 18\.12 USD"):
        refund(world, paid, "18.13")


def test_a_list_goes_on_where_it_ended(world: World, paid: SessionFacts) -> None:
    made = [refund(world, paid, amount)["id"] for amount in ("1.00", "2.00", "3.00")]
    first = refunds.page(world.caller, paid.session.id, limit=2)
    assert [str(facts.refund.id) for facts in first.entries] == made[:0:-1]
    rest = refunds.page(world.caller, paid.session.id, limit=2, cursor=first.entries[-1].refund.id)
    assert [str(facts.refund.id) for facts in rest.entries] == made[:1]
    assert rest.next_cursor is None


def test_whoever_listens_hears_of_each_refund(world: World, paid: SessionFacts) -> None:
    made = [refund(world, paid, "6.00"), refund(world, paid)]
    told = [data for event_type, data in hooks.told() if event_type == "refund.created"]
    payments = [data["session"]["payment"] for data in told]
    assert [(payment["status"], payment["refunded"]) for payment in payments] == [
        ("partially_refunded", 6.0),
        ("refunded", 24.12),
    ]
    assert [data["refund"] for data in told] == made


def test_a_refund_stands_in_the_audit_log(world: World, paid: SessionFacts) -> None:
    made = refund(world, paid, "6.00")
    with database.reading() as db:
        entries = db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(2)).all()
    diffs = {entry.action: entry.diff for entry in entries}
    assert diffs["session.refund"] == {
        "refund_id": made["id"],
        "amount": 6.0,
        "reason": "requested_by_customer",
    }
    assert diffs["payment.partially_refunded"] == {"payment_status": ["captured", "partially_refunded"]}
