"""The contract is the SDK's own: what it does not know is refused, and what we answer it knows."""

import pytest
import stripe

from stripe_sandbox import API_VERSION, contract, forms, routes
from stripe_sandbox.refusals import Invalid
from tests.stripe_sandbox.drivers import Account

CREATE = "PaymentIntentCreateParams"
ENOUGH = "amount=2550&currency=usd"


def refusal(form: str, params: str = CREATE) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        contract.read(params, forms.read(form))
    assert caught.value.status == 400
    return caught.value.error


def test_the_pinned_version_is_the_one_that_the_sdk_was_generated_from() -> None:
    assert stripe.api_version == API_VERSION


@pytest.mark.parametrize("route", routes.ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_is_checked_against_a_type_of_the_sdk(route: routes.Route) -> None:
    known = contract.names(route.params)
    modelled = {"expand"} if route.models == routes.ALL else set(route.models.split())
    assert modelled <= known


def test_numbers_and_booleans_are_read_as_such() -> None:
    form = f"{ENOUGH}&confirm=true&metadata[op]=7&expand[0]=latest_charge&transfer_data[destination]=acct_1"
    assert contract.read(CREATE, forms.read(form)) == {
        "amount": 2550,
        "currency": "usd",
        "confirm": True,
        "metadata": {"op": "7"},
        "expand": ["latest_charge"],
        "transfer_data": {"destination": "acct_1"},
    }


def test_a_list_is_read_in_the_order_of_its_numbers() -> None:
    asked = contract.read(CREATE, forms.read(f"{ENOUGH}&expand[1]=second&expand[0]=first"))
    assert asked["expand"] == ["first", "second"]


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        ("currency=usd", "parameter_missing", "amount"),
        (f"{ENOUGH}&colour=red", "parameter_unknown", "colour"),
        (f"{ENOUGH}&transfer_data[colour]=red", "parameter_unknown", "transfer_data[colour]"),
        (f"{ENOUGH}&transfer_data[amount]=1", "parameter_missing", "transfer_data[destination]"),
        (
            f"{ENOUGH}&payment_method_types[0]=card",
            "payment_method_types_no_longer_supported",
            "payment_method_types",
        ),
        ("amount=25.50&currency=usd", "parameter_invalid_integer", "amount"),
        ("amount=1&currency=", "parameter_invalid_empty", "currency"),
        (f"{ENOUGH}&bad]key=1", "parameter_unknown", "bad]key"),
    ],
)
def test_what_stripe_would_not_take_is_refused_by_name(form: str, code: str, param: str) -> None:
    error = refusal(form)
    assert (error["code"], error["param"]) == (code, param)


@pytest.mark.parametrize(
    ("form", "param"),
    [
        (f"{ENOUGH}&capture_method=later", "capture_method"),
        (f"{ENOUGH}&confirm=perhaps", "confirm"),
        (f"{ENOUGH}&metadata=red", "metadata"),
        (f"{ENOUGH}&expand=latest_charge", "expand"),
        (f"{ENOUGH}&transfer_data=acct_1", "transfer_data"),
        (f"{ENOUGH}&amount[x]=1", "amount"),
        (f"{ENOUGH}&description[x]=1", "description"),
        (
            f"{ENOUGH}&payment_method_options[card][request_overcapture]=maybe",
            "payment_method_options[card][request_overcapture]",
        ),
    ],
)
def test_a_value_of_the_wrong_form_is_refused_by_name(form: str, param: str) -> None:
    assert refusal(form)["param"] == param


def test_what_stripe_knows_and_the_sandbox_does_not_model_is_refused_rather_than_ignored(
    vail: Account,
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="does not model mandate") as caught:
        vail.ask(mandate="mandate_1")
    assert caught.value.code == "sandbox_does_not_model"


def test_the_sdk_hears_of_the_removed_parameter(vail: Account) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        vail.ask(payment_method_types=["card"])
    assert caught.value.code == "payment_method_types_no_longer_supported"


def test_answers_hold_only_fields_that_the_sdk_declares(vail: Account) -> None:
    v1 = vail.client.v1
    held = vail.hold()
    vail.intents.capture(held.id)
    v1.refunds.create({"payment_intent": held.id, "amount": 100})
    v1.customers.create({"name": "Driver"})
    answers: list[stripe.StripeObject] = [
        *v1.payment_intents.list().data,
        *v1.charges.list().data,
        *v1.refunds.list().data,
        *v1.transfers.list().data,
        *v1.application_fees.list().data,
        *v1.accounts.list().data,
        *v1.customers.list().data,
        *v1.payment_methods.list().data,
        *v1.events.list().data,
        *v1.webhook_endpoints.list().data,
    ]
    assert len({type(answer) for answer in answers}) == 10
    for answer in answers:
        declared = set(type(answer).__annotations__)
        assert set(answer.to_dict()) <= declared, type(answer).__name__
