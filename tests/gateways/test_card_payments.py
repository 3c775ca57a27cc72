"""Holds on cards, the same at the embedded processor and at Stripe's own test mode."""

from datetime import UTC, timedelta

import pytest

from app.domain import clock
from app.domain.errors import PaymentRequired
from app.gateways.card_payments import CardPayments, HoldSnapshot, NotSupported, ProcessorRefused
from tests.gateways.conftest import dollars, new_op

GOOD = "pm_card_visa"


def ask(payments: CardPayments, op: str, *, card: str | None = None, amount: str = "25.50") -> HoldSnapshot:
    return payments.create_hold(
        op,
        session_id="session-1",
        installation="vail",
        amount=dollars(amount),
        destination=None,
        fee=None,
        payment_method=card,
    )


def test_a_hold_without_a_card_waits_for_the_driver(either: CardPayments) -> None:
    hold = ask(either, new_op())
    assert hold.payment_intent_id.startswith("pi_")
    assert str(hold.client_secret).startswith(f"{hold.payment_intent_id}_secret_")
    assert hold.is_open
    assert hold.amount == dollars("25.50")
    assert hold.amount_capturable.is_zero
    assert hold.capture_before is None


def test_a_hold_with_a_card_is_authorized_at_once(either: CardPayments) -> None:
    hold = ask(either, new_op(), card=GOOD)
    assert hold.is_authorized
    assert hold.amount_capturable == dollars("25.50")
    assert hold.capture_before is not None
    assert hold.capture_before.tzinfo is UTC
    assert either.fetch(hold.payment_intent_id) == hold


def test_part_of_a_hold_is_captured_and_the_rest_let_go(either: CardPayments) -> None:
    hold = ask(either, new_op(), card=GOOD)
    captured = either.capture(
        new_op(), payment_intent_id=hold.payment_intent_id, amount=dollars("24.12"), fee=None
    )
    assert captured.is_captured
    assert captured.amount_received == dollars("24.12")
    assert captured.amount_capturable.is_zero


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ("pm_card_visa_chargeDeclined", "declined"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired"),
        ("pm_of_nobody", "no such payment method"),
    ],
)
def test_a_card_that_cannot_pay_is_a_payment_required(either: CardPayments, card: str, message: str) -> None:
    with pytest.raises(PaymentRequired, match=f"(?i){message}") as caught:
        ask(either, new_op(), card=card)
    assert [detail.field for detail in caught.value.details] == ["payment_method"]


def test_a_card_that_asks_for_the_driver_leaves_the_hold_open(either: CardPayments) -> None:
    assert ask(either, new_op(), card="pm_card_authenticationRequired").status == "requires_action"


def test_an_operation_is_carried_out_once(either: CardPayments) -> None:
    op = new_op()
    assert ask(either, op).payment_intent_id == ask(either, op).payment_intent_id


def test_the_simulated_driver_authorises_an_untouched_hold(either: CardPayments) -> None:
    hold = ask(either, new_op())
    confirmed = either.confirm(new_op(), payment_intent_id=hold.payment_intent_id, payment_method=GOOD)
    assert confirmed.is_authorized
    again = either.confirm(new_op(), payment_intent_id=hold.payment_intent_id, payment_method=GOOD)
    assert again.is_authorized


def test_a_declined_driver_leaves_the_hold_open(either: CardPayments) -> None:
    hold = ask(either, new_op())
    with pytest.raises(PaymentRequired):
        either.confirm(
            new_op(),
            payment_intent_id=hold.payment_intent_id,
            payment_method="pm_card_visa_chargeDeclined",
        )
    assert either.fetch(hold.payment_intent_id).is_open


@pytest.mark.parametrize("card", [None, GOOD])
def test_a_hold_is_released(either: CardPayments, card: str | None) -> None:
    hold = ask(either, new_op(), card=card)
    released = either.release(new_op(), payment_intent_id=hold.payment_intent_id, reason="abandoned")
    assert released.is_canceled


def test_what_is_over_is_answered_as_it_is_under_any_key(either: CardPayments) -> None:
    hold = ask(either, new_op(), card=GOOD)
    intent = hold.payment_intent_id
    either.capture(new_op(), payment_intent_id=intent, amount=dollars("24.12"), fee=None)
    again = either.capture(new_op(), payment_intent_id=intent, amount=dollars("24.12"), fee=None)
    too_late = either.release(new_op(), payment_intent_id=intent, reason="abandoned")
    assert again == too_late
    assert again.amount_received == dollars("24.12")


def test_a_release_carried_out_twice_is_one_release(either: CardPayments) -> None:
    intent = ask(either, new_op(), card=GOOD).payment_intent_id
    either.release(new_op(), payment_intent_id=intent, reason="abandoned")
    assert either.release(new_op(), payment_intent_id=intent, reason="abandoned").is_canceled
    captured = either.capture(new_op(), payment_intent_id=intent, amount=dollars("1.00"), fee=None)
    assert captured.is_canceled
    assert captured.amount_received.is_zero


def test_an_open_hold_is_raised_to_a_new_total(either: CardPayments) -> None:
    intent = ask(either, new_op()).payment_intent_id
    op = new_op()
    for _ in range(2):
        raised = either.raise_hold(op, payment_intent_id=intent, amount=dollars("31.50"), fee=None)
        assert isinstance(raised, HoldSnapshot)
        assert raised.amount == dollars("31.50")


def test_a_hold_that_is_over_is_not_raised(either: CardPayments) -> None:
    intent = ask(either, new_op()).payment_intent_id
    either.release(new_op(), payment_intent_id=intent, reason="abandoned")
    raised = either.raise_hold(new_op(), payment_intent_id=intent, amount=dollars("31.50"), fee=None)
    assert raised == NotSupported("The hold is canceled and can't be raised.")


def test_a_hold_is_found_by_the_operation_that_made_it(either: CardPayments) -> None:
    op, began = new_op(), clock.now()
    made = ask(either, op)
    found = either.find_by_op(op, since=began)
    assert found is not None
    assert found.payment_intent_id == made.payment_intent_id


def test_holds_are_listed_by_when_they_were_made_page_by_page(
    either: CardPayments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.gateways.stripe_card_payments._PAGE", 2)
    began, ops = clock.now() - timedelta(seconds=2), [new_op() for _ in range(3)]
    made = {op: ask(either, op, card=GOOD) for op in ops}
    until = clock.now() + timedelta(seconds=5)
    first = either.made_between(began, until)
    second = either.made_between(began, until, after=first.next_after)
    assert [each.operation for each in (*first.made, *second.made)][:3] == ops[::-1]
    assert [each.hold for each in (*first.made, *second.made)][:3] == [made[op] for op in ops[::-1]]
    assert second.next_after is None
    assert either.made_between(until, until + timedelta(hours=1)).made == []


@pytest.mark.parametrize("amount", ["0.49", "29.33"])
def test_an_amount_that_cannot_be_captured_is_refused_for_good(either: CardPayments, amount: str) -> None:
    intent = ask(either, new_op(), card=GOOD).payment_intent_id
    with pytest.raises(ProcessorRefused):
        either.capture(new_op(), payment_intent_id=intent, amount=dollars(amount), fee=None)
    assert either.fetch(intent).is_authorized


def test_an_unknown_hold_is_refused_for_good(either: CardPayments) -> None:
    with pytest.raises(ProcessorRefused):
        either.fetch("pi_of_nobody")


def test_it_is_known_when_cards_were_declined_for_a_hold(either: CardPayments) -> None:
    hold, other = ask(either, new_op()), ask(either, new_op())
    before = clock.now() - timedelta(minutes=1)
    for _ in range(2):
        with pytest.raises(PaymentRequired):
            either.confirm(
                new_op(),
                payment_intent_id=hold.payment_intent_id,
                payment_method="pm_card_visa_chargeDeclined",
            )
    assert len(either.declines(hold.payment_intent_id, since=before)) == 2
    assert either.declines(hold.payment_intent_id, since=clock.now() + timedelta(minutes=1)) == []
    assert either.declines(other.payment_intent_id, since=before) == []
