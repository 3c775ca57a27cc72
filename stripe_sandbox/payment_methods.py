"""Payment methods: cards that a device tokenised, and the fixed test ones (`pm_card_visa`)."""

import hashlib

from stripe_sandbox import cards, events, ids, lists, metadata
from stripe_sandbox.contract import Asked
from stripe_sandbox.refusals import Invalid, Refusal, Thing
from stripe_sandbox.worlds import World

_URL = "/v1/payment_methods"
_PARAM = "payment_method"


def create(world: World, asked: Asked) -> Thing:
    """Tokenise a test card; any other number is refused, and no number is kept."""
    if asked.get("type", "card") != "card" or "card" not in asked:
        raise Invalid("The sandbox knows cards only: send type=card and card[number].", param="type")
    number = asked["card"].get("number", "").replace(" ", "")
    card = cards.BY_NUMBER.get(number)
    if card is None:
        message = "Your card number is incorrect. The sandbox takes Stripe's published test cards only."
        raise Refusal(message, status=402, kind="card_error", code="incorrect_number", param="number")
    return world.save(_payment_method(world, card, asked))


def retrieve(world: World, _asked: Asked, identifier: str) -> Thing:
    """Return a payment method."""
    return world.get("payment_method", identifier, param=_PARAM)


def page(world: World, asked: Asked) -> Thing:
    """Return a page of payment methods, all or a customer's."""
    having = {"customer": asked["customer"]} if "customer" in asked else {}
    return lists.page(world, "payment_method", asked, url=_URL, having=having)


def attach(world: World, asked: Asked, identifier: str) -> Thing:
    """Keep a card for a customer."""
    method = resolve(world, identifier)
    if method["customer"] not in (None, asked.get("customer")):
        raise Refusal("The payment method you provided has already been attached to a customer.")
    if "customer" not in asked:
        raise Invalid("Missing required param: customer.", code="parameter_missing", param="customer")
    return keep_for(world, method, world.get("customer", asked["customer"], param="customer")["id"])


def keep_for(world: World, method: Thing, customer: str) -> Thing:
    """Attach a card to a customer and say so."""
    method["customer"] = customer
    events.record(world, "payment_method.attached", method)
    return world.save(method)


def resolve(world: World, identifier: str) -> Thing:
    """Return the payment method of that id; a fixed test one is made afresh, as Stripe does."""
    card = cards.BY_TOKEN.get(identifier)
    if card:
        return world.save(_payment_method(world, card, {}))
    return world.get("payment_method", identifier, param=_PARAM)


def choose(world: World, intent: Thing, asked: Asked) -> None:
    """Put the payment method that a request names, if any, on a PaymentIntent."""
    if "payment_method" not in asked:
        return
    method = resolve(world, asked["payment_method"])
    if method["customer"] not in (None, intent["customer"]):
        message = "The provided PaymentMethod is attached to another Customer."
        raise Refusal(message, code="payment_intent_invalid_parameter", param=_PARAM)
    intent["payment_method"] = method["id"]
    if intent["status"] == "requires_payment_method":
        intent["status"] = "requires_confirmation"


def _payment_method(world: World, card: cards.Card, asked: Asked) -> Thing:
    return {
        "id": ids.new("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": asked.get("billing_details", {"address": None, "email": None, "name": None}),
        "card": _card(card, asked.get("card", {})),
        "created": world.now,
        "customer": None,
        "livemode": False,
        "metadata": metadata.merged({}, asked),
        "type": "card",
        "_behaviour": card.behaviour,
    }


def _card(card: cards.Card, typed_in: Asked) -> Thing:
    return {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": card.brand,
        "exp_month": typed_in.get("exp_month", 12),
        "exp_year": typed_in.get("exp_year", 2034),
        "fingerprint": hashlib.sha256(card.number.encode()).hexdigest()[:16],
        "funding": card.funding,
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
