"""PaymentIntents: one request for money, from the first ask to the last cent."""

import hmac
from typing import Any

from stripe_sandbox import accounts, authorizations, currencies, events, ids, lists, metadata, payment_methods
from stripe_sandbox.contract import Asked
from stripe_sandbox.refusals import Invalid, Thing, missing, unexpected_state
from stripe_sandbox.worlds import World

_URL = "/v1/payment_intents"

_COPIED = (
    "description",
    "receipt_email",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
_FIXED_ONCE_DONE = frozenset(
    {"amount", "application_fee_amount", "capture_method", "currency", "customer"}
    | {"payment_method", "payment_method_options", "setup_future_usage", "transfer_data"}
)
_NOT_YET = (
    "application",
    "canceled_at",
    "cancellation_reason",
    "customer_account",
    "last_payment_error",
    "latest_charge",
    "next_action",
    "payment_method",
    "payment_method_configuration_details",
    "processing",
    "review",
    "shipping",
    "source",
)
_CARD_OPTIONS = {
    "installments": None,
    "mandate_options": None,
    "network": None,
    "request_three_d_secure": "automatic",
}

_FOR_BROWSERS = frozenset(
    {"id", "object", "amount", "automatic_payment_methods", "canceled_at", "cancellation_reason"}
    | {"capture_method", "client_secret", "confirmation_method", "created", "currency", "description"}
    | {"last_payment_error", "livemode", "next_action", "payment_method", "payment_method_types"}
    | {"processing", "receipt_email", "setup_future_usage", "shipping", "source", "status"}
)
"""What a PaymentIntent shows to a publishable key."""


def create(world: World, asked: Asked) -> Thing:
    """Ask for money; with `confirm` the card is asked at once."""
    currency = currencies.supported(asked["currency"])
    amount = currencies.check_amount(asked["amount"], currency, param="amount")
    _check_split(world, asked, amount)
    if not asked.get("confirm"):
        _refuse_without_confirm(asked)
    intent = _new(world, asked, amount=amount, currency=currency)
    payment_methods.choose(world, intent, asked)
    events.record(world, "payment_intent.created", world.save(intent))
    if asked.get("confirm"):
        return authorizations.ask_issuer(world, intent, _without_payment_method(asked))
    return intent


def retrieve(world: World, _asked: Asked, identifier: str) -> Thing:
    """Return a PaymentIntent."""
    return world.get("payment_intent", identifier, param="intent")


def page(world: World, asked: Asked) -> Thing:
    """Return a page of PaymentIntents, all or a customer's."""
    having = {"customer": asked["customer"]} if "customer" in asked else {}
    return lists.page(world, "payment_intent", asked, url=_URL, having=having)


def update(world: World, asked: Asked, identifier: str) -> Thing:
    """Change a PaymentIntent; what decides about money only while nothing is held."""
    intent = world.get("payment_intent", identifier, param="intent")
    if intent["status"] not in authorizations.CONFIRMABLE and not _FIXED_ONCE_DONE.isdisjoint(asked):
        raise unexpected_state(intent, done="updated", allowed=authorizations.CONFIRMABLE)
    intent["currency"] = currencies.supported(str(asked.get("currency", intent["currency"])))
    before: int = intent["amount"]
    amount: int = asked.get("amount", before)
    intent["amount"] = currencies.check_amount(amount, intent["currency"], param="amount")
    _check_fee(asked.get("application_fee_amount"), intent["amount"])
    for name in (*_COPIED, "application_fee_amount", "capture_method", "customer"):
        intent[name] = asked.get(name, intent[name])
    intent["metadata"] = metadata.merged(intent["metadata"], asked)
    intent["payment_method_options"]["card"] |= _card_options(asked)
    payment_methods.choose(world, intent, asked)
    return world.save(intent)


def check_client_secret(world: World, identifier: str, given: object) -> None:
    """Refuse with 404 whoever does not know the secret of a PaymentIntent."""
    intent = world.get("payment_intent", identifier, param="intent")
    if not hmac.compare_digest(str(given or "").encode(), intent["client_secret"].encode()):
        raise missing("payment_intent", identifier, param="intent")


def for_browsers(shown: Thing) -> Thing:
    """Leave out of a PaymentIntent what a publishable key does not see."""
    return {name: value for name, value in shown.items() if name in _FOR_BROWSERS}


def _check_split(world: World, asked: Asked, amount: int) -> None:
    destination = asked.get("transfer_data", {}).get("destination")
    if destination:
        accounts.check_destination(world, destination)
    fee = asked.get("application_fee_amount")
    if fee is not None and not destination:
        message = "An application_fee_amount needs a destination payment: send transfer_data[destination]."
        raise Invalid(message, param="application_fee_amount")
    _check_fee(fee, amount)
    if "customer" in asked:
        world.get("customer", asked["customer"], param="customer")


def _check_fee(fee: int | None, amount: int) -> None:
    if fee is not None and not 0 <= fee <= amount:
        message = "The application fee must be positive and cannot be greater than the amount."
        raise Invalid(message, param="application_fee_amount")


def _refuse_without_confirm(asked: Asked) -> None:
    for name in ("off_session", "error_on_requires_action", "return_url"):
        if name in asked:
            raise Invalid(f"{name} can only be used with confirm=true.", param=name)


def _without_payment_method(asked: Asked) -> Asked:
    """Leave out the payment method that was chosen already: choosing a test one twice makes two."""
    return {name: value for name, value in asked.items() if name != "payment_method"}


def _new(world: World, asked: Asked, *, amount: int, currency: str) -> Thing:
    identifier = ids.new("pi")
    intent: dict[str, Any] = dict.fromkeys(_NOT_YET) | {name: asked.get(name) for name in _COPIED}
    return intent | {
        "id": identifier,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application_fee_amount": asked.get("application_fee_amount"),
        "automatic_payment_methods": _automatic(asked),
        "capture_method": asked.get("capture_method", "automatic_async"),
        "client_secret": f"{identifier}_secret_{ids.random_text(25)}",
        "confirmation_method": "automatic",
        "created": world.now,
        "currency": currency,
        "customer": asked.get("customer"),
        "excluded_payment_method_types": None,
        "livemode": False,
        "metadata": metadata.merged({}, asked),
        "on_behalf_of": asked.get("on_behalf_of"),
        "payment_method_options": {"card": _CARD_OPTIONS | _card_options(asked)},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "transfer_data": asked.get("transfer_data"),
    }


def _automatic(asked: Asked) -> Thing | None:
    """Return what Stripe makes of `automatic_payment_methods`: on, unless types are named."""
    if "allowed_payment_method_types" in asked:
        return None
    wished: Thing = asked.get("automatic_payment_methods", {"enabled": True})
    if not wished["enabled"]:
        return None
    return {"allow_redirects": "always"} | wished


def _card_options(asked: Asked) -> Thing:
    options: Thing = asked.get("payment_method_options", {}).get("card", {})
    return options
