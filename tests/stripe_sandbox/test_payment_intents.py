"""PaymentIntents as Stripe documents them: created, listed, changed, and refused with Stripe's codes."""

from typing import Any

import pytest
import stripe

from stripe_sandbox import Sandbox
from tests.stripe_sandbox.conftest import UnixClock
from tests.stripe_sandbox.drivers import Account


def test_a_new_payment_intent_waits_for_a_payment_method(vail: Account) -> None:
    intent = vail.ask(metadata={"op": "op_1", "session_id": "s_1"})
    assert intent.id.startswith("pi_")
    assert str(intent.client_secret).startswith(f"{intent.id}_secret_")
    assert intent.status == "requires_payment_method"
    assert intent.livemode is False
    assert (intent.amount, intent.amount_capturable, intent.amount_received) == (2550, 0, 0)
    assert intent.metadata.to_dict() == {"op": "op_1", "session_id": "s_1"}
    assert intent.transfer_data is not None
    assert intent.transfer_data.destination == vail.operator


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"amount": 49, "application_fee_amount": 0}, "amount_too_small", "amount"),
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({"currency": "xxx"}, None, "currency"),
        ({"currency": "kwd", "amount": 5125}, None, "amount"),
        ({"currency": "isk", "amount": 5150}, None, "amount"),
        ({"application_fee_amount": 2551}, None, "application_fee_amount"),
        ({"application_fee_amount": -1}, None, "application_fee_amount"),
        ({"transfer_data": None}, None, "application_fee_amount"),
        ({"transfer_data": {"destination": "acct_none"}}, "resource_missing", "transfer_data[destination]"),
        ({"customer": "cus_none"}, "resource_missing", "customer"),
        ({"off_session": True}, None, "off_session"),
        ({"metadata": {"k" * 41: "v"}}, None, f"metadata[{'k' * 41}]"),
        ({"metadata": {"k": "v" * 501}}, None, "metadata[k]"),
        ({"metadata": {f"k{number}": "v" for number in range(51)}}, None, "metadata"),
    ],
)
def test_what_cannot_be_charged_is_refused(
    vail: Account, changes: dict[str, Any], code: str | None, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        vail.ask(**changes)
    assert (caught.value.code, caught.value.param) == (code, param)
    assert vail.how_many() == 0


@pytest.mark.parametrize(
    ("currency", "minimum", "written"),
    [("usd", 50, "0.50 usd"), ("gbp", 30, "0.30 gbp"), ("jpy", 50, "50 jpy"), ("kwd", 10, "0.010 kwd")],
)
def test_each_currency_has_its_minimum(vail: Account, currency: str, minimum: int, written: str) -> None:
    changes: dict[str, Any] = {"currency": currency, "application_fee_amount": None}
    assert vail.ask(amount=minimum, **changes).amount == minimum
    if minimum < 50 and currency == "kwd":
        return
    with pytest.raises(stripe.InvalidRequestError, match=f"at least {written}"):
        vail.ask(amount=minimum - 1, **changes)


def test_the_currency_is_kept_in_lower_case(vail: Account) -> None:
    assert vail.ask(currency="USD").currency == "usd"


def test_an_unknown_payment_intent_is_not_found(vail: Account) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent: 'pi_none'") as caught:
        vail.intents.retrieve("pi_none")
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


def test_a_list_is_newest_first_and_pages_both_ways(vail: Account) -> None:
    made = [vail.ask(metadata={"op": str(number)}).id for number in range(5)]
    first = vail.intents.list({"limit": 2})
    assert [intent.id for intent in first.data] == [made[4], made[3]]
    assert first.has_more is True
    second = vail.intents.list({"limit": 2, "starting_after": made[3]})
    assert [intent.id for intent in second.data] == [made[2], made[1]]
    before = vail.intents.list({"limit": 2, "ending_before": made[1]})
    assert [intent.id for intent in before.data] == [made[3], made[2]]
    everything = [intent.id for intent in vail.intents.list({"limit": 2}).auto_paging_iter()]
    assert everything == made[::-1]


def test_a_list_can_be_bound_by_creation(vail: Account, unix: UnixClock) -> None:
    vail.ask()
    unix.move(60)
    late = vail.ask()
    since: Any = {"created": {"gt": late.created - 60}}
    assert [intent.id for intent in vail.intents.list(since).data] == [late.id]
    assert len(vail.intents.list({"created": late.created}).data) == 1
    assert vail.intents.list({"created": {"lt": late.created - 60}}).data == []


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_has_1_to_100_entries(vail: Account, limit: int) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        vail.intents.list({"limit": limit})


def test_a_cursor_must_exist(vail: Account) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        vail.intents.list({"starting_after": "pi_none"})
    assert caught.value.param == "starting_after"


def test_an_open_intent_can_be_changed(vail: Account) -> None:
    intent = vail.ask(metadata={"op": "op_1", "gone": "soon"})
    changed = vail.intents.update(
        intent.id, {"amount": 3150, "application_fee_amount": 315, "metadata": {"gone": "", "more": "1"}}
    )
    assert (changed.amount, changed.application_fee_amount) == (3150, 315)
    assert changed.metadata.to_dict() == {"op": "op_1", "more": "1"}
    assert vail.intents.update(intent.id, {"metadata": ""}).metadata.to_dict() == {}


def test_a_held_amount_is_not_changed_by_an_update(vail: Account) -> None:
    intent = vail.hold()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        vail.intents.update(intent.id, {"amount": 3150})
    assert caught.value.code == "payment_intent_unexpected_state"
    assert vail.intents.update(intent.id, {"description": "Lionshead"}).description == "Lionshead"


def test_related_objects_are_written_out_on_request(vail: Account) -> None:
    intent = vail.hold(expand=["latest_charge", "payment_method"])
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert isinstance(intent.payment_method, stripe.PaymentMethod)
    listed = vail.intents.list({"expand": ["data.latest_charge.payment_intent"]}).data[0]
    assert isinstance(listed.latest_charge, stripe.Charge)
    assert isinstance(listed.latest_charge.payment_intent, stripe.PaymentIntent)
    assert vail.ask(expand=["latest_charge"]).latest_charge is None


@pytest.mark.parametrize("expand", ["status", "nothing", "a.b.c.d.e"])
def test_what_is_no_object_cannot_be_expanded(vail: Account, expand: str) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        vail.ask(expand=[expand])
    assert vail.how_many() == 0


def test_without_manual_capture_the_money_moves_on_confirmation(vail: Account) -> None:
    paid = vail.hold(capture_method="automatic")
    assert (paid.status, paid.amount_received) == ("succeeded", 2550)
    assert vail.charge_of(paid).captured is True


def test_customers_keep_cards(vail: Account, sandbox: Sandbox) -> None:
    customer = vail.client.v1.customers.create({"name": "Driver"})
    method = vail.client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    assert method.customer == customer.id
    mine = vail.client.v1.payment_methods.list({"customer": customer.id}).data
    assert [kept.id for kept in mine] == [method.id]
    with pytest.raises(stripe.InvalidRequestError, match="another Customer"):
        vail.ask(payment_method=method.id)
    assert vail.ask(payment_method=method.id, customer=customer.id).status == "requires_confirmation"
