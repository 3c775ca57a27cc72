"""Cards that are disputed, and how a dispute ends: as in Stripe's test mode, by the evidence's text."""

import pytest
import stripe

from stripe_sandbox import Sandbox
from tests.stripe_sandbox.drivers import Account


def disputed(
    vail: Account, card: str = "pm_card_createDispute"
) -> tuple[stripe.PaymentIntent, stripe.Dispute]:
    intent = vail.ask(payment_method=card, confirm=True)
    vail.intents.capture(intent.id, {"amount_to_capture": 2412, "application_fee_amount": 241})
    [dispute] = vail.client.v1.disputes.list({"payment_intent": intent.id}).data
    return intent, dispute


def end(vail: Account, dispute: stripe.Dispute, text: str) -> stripe.Dispute:
    return vail.client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": text}})


def test_what_was_captured_is_disputed_at_once(vail: Account, sandbox: Sandbox) -> None:
    intent, dispute = disputed(vail)
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 2412)
    assert vail.charge_of(intent).disputed is True
    assert sandbox.books("vail", [intent.id]).disputed == 2412
    assert vail.told()["charge.dispute.created"] == vail.told()["charge.dispute.funds_withdrawn"] == 1
    assert vail.client.v1.disputes.retrieve(dispute.id) == dispute


def test_a_dispute_that_is_won_gives_the_money_back(vail: Account, sandbox: Sandbox) -> None:
    intent, dispute = disputed(vail)
    assert end(vail, dispute, "winning_evidence").status == "won"
    assert sandbox.books("vail", [intent.id]).disputed == 0
    assert vail.told()["charge.dispute.closed"] == vail.told()["charge.dispute.funds_reinstated"] == 1
    assert vail.client.v1.refunds.create({"payment_intent": intent.id}).amount == 2412


@pytest.mark.parametrize("way", ["evidence", "close"])
def test_a_dispute_that_is_lost_keeps_it(vail: Account, sandbox: Sandbox, way: str) -> None:
    intent, dispute = disputed(vail)
    if way == "evidence":
        assert end(vail, dispute, "losing_evidence").status == "lost"
    else:
        assert vail.client.v1.disputes.close(dispute.id).status == "lost"
    assert sandbox.books("vail", [intent.id]).disputed == 2412
    assert vail.told()["charge.dispute.funds_reinstated"] == 0
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        end(vail, dispute, "winning_evidence")


def test_other_evidence_decides_nothing(vail: Account) -> None:
    _, dispute = disputed(vail)
    assert end(vail, dispute, "The car was there.").status == "needs_response"
    assert (vail.told()["charge.dispute.updated"], vail.told()["charge.dispute.closed"]) == (1, 0)


def test_what_is_disputed_is_not_refunded(vail: Account) -> None:
    intent, _ = disputed(vail)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        vail.client.v1.refunds.create({"payment_intent": intent.id})
    assert caught.value.code == "charge_disputed"


def test_an_inquiry_takes_nothing(vail: Account, sandbox: Sandbox) -> None:
    intent, inquiry = disputed(vail, "pm_card_createDisputeInquiry")
    assert (inquiry.status, inquiry.is_charge_refundable) == ("warning_needs_response", True)
    assert sandbox.books("vail", [intent.id]).disputed == 0
    assert end(vail, inquiry, "winning_evidence").status == "warning_closed"
    assert vail.client.v1.refunds.create({"payment_intent": intent.id}).amount == 2412
