"""The driver's yes: a PaymentIntent confirmed, challenged, declined, held, and the hold raised."""

import secrets

from stripe_sandbox import captures, cards, charges, currencies, events, metadata, payment_methods
from stripe_sandbox.contract import Asked
from stripe_sandbox.refusals import Declined, Invalid, Refusal, Thing, unexpected_state
from stripe_sandbox.worlds import World

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_MOST_INCREMENTS = 10


def confirm(world: World, asked: Asked, identifier: str) -> Thing:
    """Ask the card's issuer for the money of a PaymentIntent."""
    intent = world.get("payment_intent", identifier, param="intent")
    return ask_issuer(world, intent, asked)


def ask_issuer(world: World, intent: Thing, asked: Asked) -> Thing:
    """Confirm: the hold is made, or the driver is challenged, or the card is declined (402)."""
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state(intent, done="confirmed", allowed=CONFIRMABLE)
    payment_methods.choose(world, intent, asked)
    _check_return_url(intent, asked)
    intent["setup_future_usage"] = asked.get("setup_future_usage", intent["setup_future_usage"])
    intent["receipt_email"] = asked.get("receipt_email", intent["receipt_email"])
    method = _payment_method_of(world, intent)
    decline = cards.DECLINES.get(method["_behaviour"])
    if decline:
        raise _declined(world, intent, method, decline)
    if not _must_authenticate(method):
        return _authorize(world, intent, method)
    if asked.get("off_session") or asked.get("error_on_requires_action"):
        raise _declined(world, intent, method, cards.DECLINES["authentication_required"])
    return _challenge(world, intent)


def authenticate(world: World, identifier: str, *, succeeds: bool) -> Thing:
    """Let the driver pass, or fail, the challenge that stands open."""
    intent = world.get("payment_intent", identifier, param="intent")
    if intent["status"] != "requires_action":
        raise unexpected_state(intent, done="authenticated", allowed=("requires_action",))
    method = _payment_method_of(world, intent)
    if succeeds:
        return _authorize(world, intent, method)
    failed = "The provided PaymentMethod has failed authentication."
    decline = cards.Decline("payment_intent_authentication_failure", "", failed)
    _declined(world, intent, method, decline)
    return intent


def increment(world: World, asked: Asked, identifier: str) -> Thing:
    """Raise a hold to a new total, where the card's network offers that."""
    intent = world.get("payment_intent", identifier, param="intent")
    if intent["status"] != "requires_capture":
        raise unexpected_state(intent, done="incremented", allowed=("requires_capture",))
    charge = charges.latest(world, intent)
    _check_increment(intent, charge, asked["amount"])
    _raise_charge(charge, asked["amount"])
    intent |= {"amount": asked["amount"], "amount_capturable": asked["amount"]}
    intent["application_fee_amount"] = asked.get("application_fee_amount", intent["application_fee_amount"])
    intent["metadata"] = metadata.merged(intent["metadata"], asked)
    intent["_increments"] = intent.get("_increments", 0) + 1
    world.save(charge)
    events.record(world, "payment_intent.amount_capturable_updated", intent)
    return world.save(intent)


def _check_return_url(intent: Thing, asked: Asked) -> None:
    automatic = intent["automatic_payment_methods"]
    if automatic and automatic["allow_redirects"] == "always" and "return_url" not in asked:
        raise Invalid(
            "This PaymentIntent accepts payment methods that might redirect your customer off of your page,"
            " so you must provide a `return_url`. To refuse such methods, set"
            " `automatic_payment_methods[allow_redirects]` to `never`.",
            param="return_url",
        )


def _payment_method_of(world: World, intent: Thing) -> Thing:
    if not intent["payment_method"]:
        raise Refusal(
            "You cannot confirm this PaymentIntent because it's missing a payment method."
            " Update the PaymentIntent with a payment method and then confirm it again.",
            code="payment_intent_unexpected_state",
            facts={"payment_intent": intent},
        )
    return world.get("payment_method", intent["payment_method"], param="payment_method")


def _must_authenticate(method: Thing) -> bool:
    if method["_behaviour"] == cards.CHALLENGED_UNTIL_SAVED:
        return not method.get("_authenticated")
    return bool(method["_behaviour"] == cards.CHALLENGED)


def _authorize(world: World, intent: Thing, method: Thing) -> Thing:
    if intent["setup_future_usage"] and intent["customer"]:
        method["_authenticated"] = True
        payment_methods.keep_for(world, method, intent["customer"])
    charge = charges.authorized(world, intent, method)
    intent |= {"last_payment_error": None, "latest_charge": charge["id"], "next_action": None}
    if intent["capture_method"] != "manual":
        return captures.settle(world, intent, charge, amount=intent["amount"])
    intent |= {
        "status": "requires_capture",
        "amount_capturable": intent["amount"],
        "_expires_at": charges.card_details(charge)["capture_before"],
    }
    events.record(world, "payment_intent.amount_capturable_updated", intent)
    events.record(world, "charge.succeeded", charge)
    return world.save(intent)


def _challenge(world: World, intent: Thing) -> Thing:
    action = {"type": "three_d_secure_redirect", "source": f"src_{secrets.token_hex(12)}"}
    intent |= {
        "status": "requires_action",
        "next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": action},
    }
    events.record(world, "payment_intent.requires_action", intent)
    return world.save(intent)


def _declined(world: World, intent: Thing, method: Thing, decline: cards.Decline) -> Declined:
    """Write a failed attempt down and return the refusal that tells of it."""
    charge = charges.refused(world, intent, method, decline)
    intent |= {
        "status": "requires_payment_method",
        "last_payment_error": _payment_error(charge, method, decline),
        "latest_charge": charge["id"],
        "next_action": None,
        "payment_method": None,
    }
    world.save(intent)
    events.record(world, "payment_intent.payment_failed", intent)
    events.record(world, "charge.failed", charge)
    facts = {"charge": charge["id"], "payment_intent": intent, "payment_method": method}
    return Declined(decline.message, code=decline.code, decline_code=decline.decline_code, facts=facts)


def _payment_error(charge: Thing, method: Thing, decline: cards.Decline) -> Thing:
    return {
        "charge": charge["id"],
        "code": decline.code,
        "decline_code": decline.decline_code or None,
        "message": decline.message,
        "payment_method": method,
        "type": "card_error",
    }


def _check_increment(intent: Thing, charge: Thing, amount: int) -> None:
    if charges.card_details(charge)["incremental_authorization"]["status"] != "available":
        message = "This PaymentIntent is not eligible for incremental authorization."
        raise Refusal(message, code="payment_intent_invalid_parameter")
    if amount <= intent["amount"]:
        raise Invalid("The amount must be greater than the currently authorized amount.", param="amount")
    if intent.get("_increments", 0) >= _MOST_INCREMENTS:
        message = "The maximum number of incremental authorizations has been reached."
        raise Refusal(message, code="payment_intent_unexpected_state", facts={"payment_intent": intent})
    currencies.check_amount(amount, intent["currency"], param="amount")


def _raise_charge(charge: Thing, amount: int) -> None:
    details = charges.card_details(charge)
    details["amount_authorized"] = charge["amount"] = amount
    # A raised hold loses the overcapture that the first one was granted.
    details["overcapture"] = {"maximum_amount_capturable": amount, "status": "unavailable"}
