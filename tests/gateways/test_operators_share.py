"""The operator's part and the platform's part of a payment, at the embedded processor."""

from datetime import timedelta

import pytest

from app.domain import upstream
from app.domain.money import Money, split
from app.gateways import open_transactions, processors
from app.gateways.card_payments import CardPayments, HoldSnapshot, NotSupported, ProcessorRefused
from app.gateways.embedded_processor import Books, EmbeddedProcessor
from tests.conftest import EVENING, SetClock
from tests.gateways.conftest import dollars, new_op


def hold_for(payments: CardPayments, operator: str, card: str = "pm_card_visa") -> HoldSnapshot:
    amount = dollars("25.50")
    return payments.create_hold(
        new_op(),
        session_id="session-1",
        installation="vail",
        amount=amount,
        destination=operator,
        fee=split(amount).platform_fee,
        payment_method=card,
    )


def test_the_vail_evening(payments: CardPayments, embedded: EmbeddedProcessor, operator: str) -> None:
    intent = hold_for(payments, operator).payment_intent_id
    due = dollars("24.12")
    payments.capture(new_op(), payment_intent_id=intent, amount=due, fee=split(due).platform_fee)
    assert embedded.books("vail", [intent]) == Books(
        authorized=dollars("25.50"),
        captured=dollars("24.12"),
        fee=dollars("2.41"),
        released=dollars("1.38"),
        refunded=dollars("0.00"),
        disputed=dollars("0.00"),
    )


def test_no_payments_have_no_books(embedded: EmbeddedProcessor) -> None:
    assert embedded.books("vail", []) is None
    with pytest.raises(LookupError):
        embedded.books("vail", ["pi_of_nobody"])


def test_an_authorized_hold_grows_with_its_fee(
    payments: CardPayments, embedded: EmbeddedProcessor, operator: str
) -> None:
    intent, op = hold_for(payments, operator).payment_intent_id, new_op()
    for _ in range(2):
        raised = payments.raise_hold(
            op, payment_intent_id=intent, amount=dollars("31.50"), fee=dollars("3.15")
        )
        assert isinstance(raised, HoldSnapshot)
        assert raised.amount_capturable == dollars("31.50")
    payments.capture(new_op(), payment_intent_id=intent, amount=dollars("31.50"), fee=None)
    books = embedded.books("vail", [intent])
    assert books is not None
    assert books.fee == dollars("3.15")


def test_a_card_whose_network_raises_no_holds_says_so(payments: CardPayments, operator: str) -> None:
    intent = hold_for(payments, operator, card="pm_card_amex").payment_intent_id
    raised = payments.raise_hold(
        new_op(), payment_intent_id=intent, amount=dollars("31.50"), fee=dollars("3.15")
    )
    assert isinstance(raised, NotSupported)
    assert payments.fetch(intent).amount == dollars("25.50")


def test_a_smaller_total_leaves_a_hold_as_it_is(payments: CardPayments, operator: str) -> None:
    hold = hold_for(payments, operator)
    lower = payments.raise_hold(
        new_op(), payment_intent_id=hold.payment_intent_id, amount=dollars("6.00"), fee=None
    )
    assert lower == hold


def test_an_operator_of_another_world_is_not_paid(payments: CardPayments) -> None:
    with pytest.raises(ProcessorRefused):
        hold_for(payments, "acct_of_nobody")


def test_an_account_is_opened_once(payments: CardPayments) -> None:
    op = new_op()
    first = payments.create_connected_account(op, name="Lionshead Parking", country="US")
    assert first.id.startswith("acct_")
    assert payments.create_connected_account(op, name="Lionshead Parking", country="US") == first


def test_an_account_is_paid_once_its_owner_has_filled_in_the_forms(
    payments: CardPayments, embedded: EmbeddedProcessor
) -> None:
    account = payments.create_connected_account(new_op(), name="Lionshead Parking", country="US")
    assert not account.can_be_paid
    with pytest.raises(ProcessorRefused):
        hold_for(payments, account.id)
    accounts, op = processors.payout_accounts_for("sandbox", "vail"), new_op()
    link = accounts.link(op, account_id=account.id, return_url="https://parking.example/")
    assert link.url.startswith("https://parking.example/?account_link=")
    assert link.expires_at == EVENING + timedelta(minutes=5)
    assert accounts.link(op, account_id=account.id, return_url="https://parking.example/") == link
    embedded.advance("vail", seconds=600)
    assert accounts.fetch(account.id).can_be_paid
    assert hold_for(payments, account.id).is_authorized


def test_a_hold_runs_out_with_its_worlds_clock(
    payments: CardPayments, embedded: EmbeddedProcessor, operator: str
) -> None:
    hold = hold_for(payments, operator)
    assert hold.capture_before == EVENING + timedelta(days=7)
    assert embedded.advance("vail", seconds=3600) == EVENING + timedelta(hours=1)
    assert embedded.set_clock("vail", EVENING + timedelta(days=8)) == EVENING + timedelta(days=8)
    assert payments.fetch(hold.payment_intent_id).is_canceled
    assert embedded.set_clock("vail", EVENING) == EVENING + timedelta(days=8)


def test_a_capture_whose_key_was_forgotten_is_still_one_capture(
    payments: CardPayments, embedded: EmbeddedProcessor, operator: str, time: SetClock
) -> None:
    intent, op = hold_for(payments, operator).payment_intent_id, new_op()
    for _ in range(2):
        payments.capture(op, payment_intent_id=intent, amount=dollars("24.12"), fee=dollars("2.41"))
        time.move(hours=25)
    books = embedded.books("vail", [intent])
    assert books is not None
    assert books.captured == dollars("24.12")


def test_a_hold_is_found_among_many_and_not_before_its_time(
    payments: CardPayments, operator: str, time: SetClock
) -> None:
    first = hold_for(payments, operator)
    for _ in range(101):
        ask_without_card(payments)
    op = new_op()
    time.move(hours=1)
    assert payments.find_by_op(op, since=EVENING) is None
    made = ask_without_card(payments, op)
    assert payments.find_by_op(op, since=EVENING) == made
    assert payments.find_by_op(op, since=EVENING + timedelta(hours=1)) == made
    assert payments.find_by_op(op, since=EVENING + timedelta(hours=2)) is None
    assert payments.fetch(first.payment_intent_id) == first


def test_a_hold_is_looked_for_where_its_operation_may_have_made_it_and_no_further(
    payments: CardPayments, time: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.gateways.stripe_card_payments._PAGE", 2)
    op = new_op()
    made = ask_without_card(payments, op)
    time.move(hours=2)
    for _ in range(5):
        ask_without_card(payments)
    with upstream.collect() as calls:
        assert payments.find_by_op(op, since=EVENING) == made
    assert len(calls) == 2  # one page of those made at that time, and the one itself
    time.move(hours=23)
    for _ in range(5):
        ask_without_card(payments)
    with upstream.collect() as calls:
        assert payments.find_by_op(new_op(), since=EVENING) is None
    assert len(calls) == 4  # three pages of the five of that day


def ask_without_card(payments: CardPayments, op: str | None = None) -> HoldSnapshot:
    return payments.create_hold(
        op or new_op(),
        session_id="session-1",
        installation="vail",
        amount=dollars("25.50"),
        destination=None,
        fee=None,
        payment_method=None,
    )


@pytest.mark.parametrize("amount", [Money(1000, "JPY"), Money(500, "ISK"), Money(5120, "KWD")])
def test_amounts_come_back_in_our_own_minor_units(payments: CardPayments, amount: Money) -> None:
    hold = payments.create_hold(
        new_op(),
        session_id="s",
        installation="vail",
        amount=amount,
        destination=None,
        fee=None,
        payment_method="pm_card_visa",
    )
    assert hold.amount == hold.amount_capturable == amount


def test_every_call_is_noted_with_stripes_own_request_id(payments: CardPayments) -> None:
    with upstream.collect() as calls:
        ask_without_card(payments)
    assert [(call.service, call.status) for call in calls] == [("stripe", 200)]
    assert str(calls[0].request_id).startswith("req_")
    assert calls[0].duration_ms > 0


def test_no_call_is_made_inside_an_open_transaction(payments: CardPayments) -> None:
    open_transactions.forbid_when(lambda: True)
    try:
        with pytest.raises(RuntimeError, match="open transaction"):
            ask_without_card(payments)
    finally:
        open_transactions.forbid_when(lambda: False)
    assert ask_without_card(payments).is_open


def test_events_wait_in_the_outbox_until_they_were_taken(
    payments: CardPayments, embedded: EmbeddedProcessor
) -> None:
    hold = ask_without_card(payments)
    payments.release(new_op(), payment_intent_id=hold.payment_intent_id, reason="abandoned")
    (pending,) = embedded.pending_events()
    event = processors.verify_event(pending.payload, pending.signature)
    assert (event.type, event.payment_intent_id) == ("payment_intent.canceled", hold.payment_intent_id)
    assert (event.livemode, event.account) == (False, None)
    embedded.mark_failed([pending.id])
    assert embedded.pending_events() == []
    embedded.mark_delivered([pending.id])
    assert embedded.pending_events() == []
