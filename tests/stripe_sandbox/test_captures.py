"""What becomes of a hold: captured in part, given back, run out; and where the money went."""

from typing import Any

import pytest
import stripe

from stripe_sandbox import Books, Sandbox
from tests.stripe_sandbox.conftest import UnixClock
from tests.stripe_sandbox.drivers import DAY, Account


def test_the_vail_evening_ends_with_2412_captured_of_2550(vail: Account, sandbox: Sandbox) -> None:
    intent = vail.hold()
    assert sandbox.books("vail", [intent.id]) == Books(authorized=2550, currency="usd")

    done = vail.intents.capture(intent.id, {"amount_to_capture": 2412, "application_fee_amount": 241})
    assert (done.status, done.amount_received, done.amount_capturable) == ("succeeded", 2412, 0)

    charge = vail.charge_of(intent)
    transfer = vail.client.v1.transfers.retrieve(str(charge.transfer))
    fee = vail.client.v1.application_fees.retrieve(str(charge.application_fee))
    assert (charge.amount_captured, charge.amount_refunded) == (2412, 138)
    assert (transfer.destination, transfer.amount) == (vail.operator, 2412)
    assert (fee.account, fee.amount) == (vail.operator, 241)
    assert transfer.amount - fee.amount == 2171
    assert sandbox.books("vail", [intent.id]) == Books(
        authorized=2550, captured=2412, fee=241, released=138, refunded=0, currency="usd"
    )


def test_a_fee_is_never_more_than_what_was_captured(vail: Account, sandbox: Sandbox) -> None:
    intent = vail.hold()
    vail.intents.capture(intent.id, {"amount_to_capture": 100})
    assert sandbox.books("vail", [intent.id]).fee == 100


def test_without_an_operator_the_platform_keeps_everything(vail: Account) -> None:
    intent = vail.hold(transfer_data=None, application_fee_amount=None)
    vail.intents.capture(intent.id)
    charge = vail.charge_of(intent)
    assert (charge.amount_captured, charge.transfer, charge.application_fee) == (2550, None, None)


@pytest.mark.parametrize(
    ("amount", "code"), [(2551, "amount_too_large"), (49, "amount_too_small"), (0, "amount_too_small")]
)
def test_more_than_the_hold_or_less_than_the_minimum_is_not_captured(
    vail: Account, amount: int, code: str
) -> None:
    intent = vail.hold()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        vail.intents.capture(intent.id, {"amount_to_capture": amount})
    assert (caught.value.code, caught.value.param) == (code, "amount_to_capture")
    assert vail.intents.retrieve(intent.id).status == "requires_capture"


def test_overcapture_where_the_card_allows_it(vail: Account, sandbox: Sandbox) -> None:
    wish: Any = {"card": {"request_overcapture": "if_available"}}
    intent = vail.hold(amount=2000, application_fee_amount=200, payment_method_options=wish)
    assert vail.card_of(intent).overcapture.maximum_amount_capturable == 2300
    with pytest.raises(stripe.InvalidRequestError):
        vail.intents.capture(intent.id, {"amount_to_capture": 2301})
    assert vail.intents.capture(intent.id, {"amount_to_capture": 2300}).amount_received == 2300
    assert sandbox.books("vail", [intent.id]).released == 0
    assert vail.client.v1.refunds.create({"payment_intent": intent.id}).amount == 2300


def test_a_hold_is_captured_once_and_in_one_part(vail: Account) -> None:
    intent = vail.hold()
    with pytest.raises(stripe.InvalidRequestError, match="Multicapture"):
        vail.intents.capture(intent.id, {"final_capture": False})
    vail.intents.capture(intent.id)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        vail.intents.capture(intent.id)
    assert caught.value.code == "payment_intent_unexpected_state"


def test_a_canceled_hold_goes_back_to_the_driver(vail: Account, sandbox: Sandbox) -> None:
    intent = vail.intents.cancel(vail.hold().id, {"cancellation_reason": "abandoned"})
    assert (intent.status, intent.cancellation_reason) == ("canceled", "abandoned")
    assert intent.canceled_at == intent.created
    assert sandbox.books("vail", [intent.id]) == Books(authorized=2550, released=2550, currency="usd")
    assert vail.told()["charge.refunded"] == 1
    for attempt in (vail.intents.cancel, vail.intents.capture, vail.intents.confirm):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            attempt(intent.id)
        assert caught.value.code == "payment_intent_unexpected_state"


def test_an_unanswered_request_for_money_can_be_taken_back(vail: Account, sandbox: Sandbox) -> None:
    intent = vail.intents.cancel(vail.ask().id)
    assert intent.status == "canceled"
    assert sandbox.books("vail", [intent.id]) == Books(currency="usd")


def test_a_reason_that_stripe_does_not_know_is_refused(vail: Account) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        vail.intents.cancel(vail.ask().id, {"cancellation_reason": "bored"})
    assert caught.value.param == "cancellation_reason"


def test_a_hold_runs_out_at_capture_before(vail: Account, sandbox: Sandbox) -> None:
    intent = vail.hold()
    sandbox.advance("vail", seconds=7 * DAY - 1)
    assert vail.intents.retrieve(intent.id).status == "requires_capture"
    sandbox.advance("vail", seconds=3600)
    expired = vail.intents.retrieve(intent.id)
    assert (expired.status, expired.cancellation_reason) == ("canceled", "automatic")
    assert expired.canceled_at == intent.created + 7 * DAY
    assert vail.told()["charge.expired"] == 1
    with pytest.raises(stripe.InvalidRequestError) as caught:
        vail.intents.capture(intent.id)
    assert caught.value.code == "payment_intent_unexpected_state"
    assert sandbox.books("vail", [intent.id]).released == 2550


def test_holds_also_run_out_when_real_time_passes(vail: Account, unix: UnixClock) -> None:
    first, captured = vail.hold(), vail.hold()
    vail.intents.capture(captured.id)
    unix.move(8 * DAY)
    assert vail.intents.retrieve(first.id).status == "canceled"
    assert vail.intents.retrieve(captured.id).status == "succeeded"


def test_books_add_up_payments_of_one_currency(vail: Account, sandbox: Sandbox) -> None:
    one, two = vail.hold(), vail.hold()
    vail.intents.capture(one.id)
    assert sandbox.books("vail", [one.id, two.id]) == Books(
        authorized=5100, captured=2550, fee=255, currency="usd"
    )
    assert sandbox.books("vail", []) == Books()
    with pytest.raises(LookupError):
        sandbox.books("vail", ["pi_none"])
    yen = vail.hold(currency="jpy")
    with pytest.raises(ValueError, match="one currency"):
        sandbox.books("vail", [one.id, yen.id])


def test_a_refund_takes_the_shares_back_in_proportion(vail: Account, sandbox: Sandbox) -> None:
    intent = vail.hold()
    vail.intents.capture(intent.id, {"amount_to_capture": 2412, "application_fee_amount": 241})
    half = vail.client.v1.refunds.create(
        {
            "payment_intent": intent.id,
            "amount": 1206,
            "reverse_transfer": True,
            "refund_application_fee": True,
        }
    )
    assert (half.status, half.amount) == ("succeeded", 1206)
    charge = vail.charge_of(intent)
    assert vail.client.v1.transfers.retrieve(str(charge.transfer)).amount_reversed == 1206
    assert sandbox.books("vail", [intent.id]) == Books(
        authorized=2550, captured=2412, fee=121, released=138, refunded=1206, currency="usd"
    )
    assert vail.told()["refund.created"] == 1


def test_no_more_is_refunded_than_was_captured(vail: Account) -> None:
    refunds, intent = vail.client.v1.refunds, vail.hold()
    with pytest.raises(stripe.InvalidRequestError, match="cancel its PaymentIntent"):
        refunds.create({"payment_intent": intent.id})
    vail.intents.capture(intent.id, {"amount_to_capture": 2412})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        refunds.create({"payment_intent": intent.id, "amount": 2413})
    assert refunds.create({"payment_intent": intent.id}).amount == 2412
    with pytest.raises(stripe.InvalidRequestError) as caught:
        refunds.create({"payment_intent": intent.id, "amount": 1})
    assert caught.value.code == "charge_already_refunded"
    assert vail.charge_of(intent).refunded is True
    assert [refund.amount for refund in refunds.list({"payment_intent": intent.id}).data] == [2412]


@pytest.mark.parametrize("asked", [{}, {"payment_intent": "pi_none"}, {"charge": "ch_none"}])
def test_a_refund_needs_a_payment(vail: Account, asked: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        vail.client.v1.refunds.create(asked)


def test_a_refund_without_a_transfer_reverses_none(vail: Account) -> None:
    intent = vail.hold(transfer_data=None, application_fee_amount=None)
    vail.intents.capture(intent.id)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        vail.client.v1.refunds.create({"payment_intent": intent.id, "reverse_transfer": True})
    assert caught.value.param == "reverse_transfer"
    assert vail.charge_of(intent).amount_refunded == 0


def test_a_refund_to_a_card_that_takes_none_fails_later_and_leaves_the_shares_where_they_are(
    vail: Account, sandbox: Sandbox
) -> None:
    intent = vail.ask(payment_method="pm_card_refundFail", confirm=True)
    vail.intents.capture(intent.id, {"amount_to_capture": 2412, "application_fee_amount": 241})
    both: Any = {"reverse_transfer": True, "refund_application_fee": True}
    made = vail.client.v1.refunds.create({"payment_intent": intent.id, "amount": 600, **both})
    assert (made.status, vail.charge_of(intent).amount_refunded) == ("succeeded", 738)
    sandbox.advance("vail", seconds=3599)
    assert vail.told()["refund.failed"] == 0
    sandbox.advance("vail", seconds=1)
    failed = vail.client.v1.refunds.retrieve(made.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert vail.told()["refund.failed"] == 1
    charge = vail.charge_of(intent)
    assert (charge.amount_refunded, charge.refunded) == (138, False)
    assert vail.client.v1.transfers.retrieve(str(charge.transfer)).amount_reversed == 600
    vail.client.v1.refunds.create({"payment_intent": intent.id, **both})
    assert vail.client.v1.transfers.retrieve(str(charge.transfer)).amount_reversed == 2412
    assert sandbox.books("vail", [intent.id]).fee == 0
