"""The driver's yes and no: holds, declines, 3-D Secure, and raised holds."""

from typing import Any

import pytest
import stripe

from stripe_sandbox import Sandbox
from tests.stripe_sandbox.drivers import DAY, Account

CAN_GROW: Any = {"card": {"request_incremental_authorization": "if_available"}}


def test_a_good_card_is_held(vail: Account) -> None:
    intent = vail.intents.confirm(vail.ask().id, {"payment_method": "pm_card_visa"})
    assert intent.status == "requires_capture"
    assert intent.amount_capturable == 2550
    assert vail.card_of(intent).capture_before == intent.created + 7 * DAY
    assert vail.told()["payment_intent.amount_capturable_updated"] == 1


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ],
)
def test_a_bad_card_is_declined_and_the_attempt_is_written_down(
    vail: Account, card: str, code: str, decline_code: str
) -> None:
    intent = vail.ask()
    with pytest.raises(stripe.CardError) as caught:
        vail.intents.confirm(intent.id, {"payment_method": card})
    error = caught.value
    assert (error.http_status, error.code) == (402, code)
    assert error.error is not None
    assert error.error.decline_code == decline_code
    after = vail.intents.retrieve(intent.id)
    assert after.status == "requires_payment_method"
    assert after.last_payment_error is not None
    assert after.last_payment_error.code == code
    assert vail.charge_of(intent).status == "failed"
    assert vail.told()["payment_intent.payment_failed"] == 1


def test_after_a_decline_another_card_will_do(vail: Account) -> None:
    intent = vail.ask()
    with pytest.raises(stripe.CardError):
        vail.intents.confirm(intent.id, {"payment_method": "pm_card_visa_chargeDeclined"})
    held = vail.intents.confirm(intent.id, {"payment_method": "pm_card_mastercard"})
    assert held.status == "requires_capture"
    assert held.last_payment_error is None


def test_an_unknown_payment_method_is_missing(vail: Account) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such PaymentMethod: 'pm_of_nobody'") as caught:
        vail.ask(payment_method="pm_of_nobody", confirm=True)
    assert caught.value.http_status == 404
    assert (caught.value.code, caught.value.param) == ("resource_missing", "payment_method")
    assert vail.how_many() == 0


def test_nothing_is_confirmed_without_a_payment_method(vail: Account) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        vail.intents.confirm(vail.ask().id)


def test_a_refusal_leaves_no_trace_of_what_was_begun(vail: Account) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        vail.ask(confirm=True)
    assert vail.how_many() == 0
    assert not vail.told()


def test_a_held_intent_is_not_confirmed_again(vail: Account) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        vail.intents.confirm(vail.hold().id, {"payment_method": "pm_card_visa"})
    assert caught.value.code == "payment_intent_unexpected_state"


def test_where_redirects_are_allowed_a_return_url_is_needed(vail: Account) -> None:
    intent = vail.ask(automatic_payment_methods={"enabled": True})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        vail.intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert caught.value.param == "return_url"
    back: Any = {"payment_method": "pm_card_visa", "return_url": "https://parking.example/receipt"}
    assert vail.intents.confirm(intent.id, back).status == "requires_capture"


@pytest.mark.parametrize("passes", [True, False])
def test_a_challenge_is_passed_or_failed(vail: Account, sandbox: Sandbox, passes: bool) -> None:
    intent = vail.ask(payment_method="pm_card_authenticationRequired", confirm=True)
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.type == "use_stripe_sdk"
    expected = "requires_capture" if passes else "requires_payment_method"
    assert sandbox.authenticate("vail", intent.id, succeeds=passes) == expected
    assert vail.intents.retrieve(intent.id).status == expected


@pytest.mark.parametrize("alone", [{"error_on_requires_action": True}, {"off_session": True}])
def test_nobody_there_to_be_challenged_is_a_decline(vail: Account, alone: dict[str, Any]) -> None:
    with pytest.raises(stripe.CardError) as caught:
        vail.ask(payment_method="pm_card_authenticationRequired", confirm=True, **alone)
    assert caught.value.code == "authentication_required"


def test_a_card_saved_with_a_challenge_is_not_challenged_again(vail: Account, sandbox: Sandbox) -> None:
    customer = vail.client.v1.customers.create({"name": "Driver"}).id
    first = vail.ask(
        customer=customer,
        setup_future_usage="off_session",
        payment_method="pm_card_authenticationRequiredOnSetup",
        confirm=True,
    )
    assert first.status == "requires_action"
    sandbox.authenticate("vail", first.id, succeeds=True)
    kept = str(vail.intents.retrieve(first.id).payment_method)
    again = vail.ask(customer=customer, payment_method=kept, off_session=True, confirm=True)
    assert again.status == "requires_capture"


def test_a_hold_grows_where_the_card_allows_it(vail: Account) -> None:
    intent = vail.hold(payment_method_options=CAN_GROW)
    assert vail.card_of(intent).incremental_authorization.status == "available"
    raised = vail.intents.increment_authorization(intent.id, {"amount": 3150, "application_fee_amount": 315})
    assert (raised.amount, raised.amount_capturable) == (3150, 3150)
    assert vail.charge_of(intent).amount == 3150
    with pytest.raises(stripe.InvalidRequestError, match="greater than the currently authorized"):
        vail.intents.increment_authorization(intent.id, {"amount": 3150})


@pytest.mark.parametrize(
    "changes",
    [{}, {"payment_method_options": CAN_GROW, "payment_method": "pm_card_amex"}],
    ids=["not asked for", "not offered by the network"],
)
def test_other_holds_do_not_grow(vail: Account, changes: dict[str, Any]) -> None:
    intent = vail.ask(**{"payment_method": "pm_card_visa"} | changes, confirm=True)
    assert vail.card_of(intent).incremental_authorization.status == "unavailable"
    with pytest.raises(stripe.InvalidRequestError, match="not eligible"):
        vail.intents.increment_authorization(intent.id, {"amount": 3150})


def test_a_hold_grows_ten_times_at_most(vail: Account) -> None:
    intent = vail.hold(payment_method_options=CAN_GROW)
    for number in range(1, 11):
        vail.intents.increment_authorization(intent.id, {"amount": 2550 + number})
    with pytest.raises(stripe.InvalidRequestError, match="maximum number"):
        vail.intents.increment_authorization(intent.id, {"amount": 9999})
