"""Charges: what was asked of a card, and what came of it."""

from stripe_sandbox import cards, ids, lists
from stripe_sandbox.contract import Asked
from stripe_sandbox.refusals import Thing
from stripe_sandbox.worlds import World

_URL = "/v1/charges"
_FILTERS = frozenset({"payment_intent", "customer"})
HOLD_SECONDS = 7 * 24 * 3600
"""How long an issuer keeps money for an authorization that a driver made (Visa, online)."""

_INCREMENTABLE = ("visa", "mastercard", "discover")
_OVERCAPTURABLE = "visa"
_OVERCAPTURE_PERCENT = 115

_AS_IN_THE_INTENT = (
    "amount",
    "application_fee_amount",
    "currency",
    "customer",
    "description",
    "metadata",
    "on_behalf_of",
    "receipt_email",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
)
_NOT_KNOWN_YET = (
    "application",
    "application_fee",
    "balance_transaction",
    "failure_balance_transaction",
    "failure_code",
    "failure_message",
    "receipt_number",
    "receipt_url",
    "review",
    "shipping",
    "source",
    "source_transfer",
    "statement_descriptor",
    "transfer",
)


def authorized(world: World, intent: Thing, method: Thing) -> Thing:
    """Write down that the issuer keeps, or pays, the amount of a PaymentIntent."""
    charge = _charge(world, intent, method)
    charge |= {
        "outcome": _outcome("authorized", "approved_by_network", "Payment complete."),
        "paid": True,
        "status": "succeeded",
    }
    return world.save(charge)


def refused(world: World, intent: Thing, method: Thing, decline: cards.Decline) -> Thing:
    """Write down that the issuer refused."""
    charge = _charge(world, intent, method)
    charge["payment_method_details"]["card"] |= {"amount_authorized": None, "capture_before": None}
    charge |= {
        "failure_code": decline.code,
        "failure_message": decline.message,
        "outcome": _outcome("issuer_declined", "declined_by_network", decline.message),
        "paid": False,
        "status": "failed",
    }
    return world.save(charge)


def retrieve(world: World, _asked: Asked, identifier: str) -> Thing:
    """Return a charge."""
    return world.get("charge", identifier, param="charge")


def page(world: World, asked: Asked) -> Thing:
    """Return a page of charges, all or those of a PaymentIntent or customer."""
    having = {name: value for name, value in asked.items() if name in _FILTERS}
    return lists.page(world, "charge", asked, url=_URL, having=having)


def latest(world: World, intent: Thing) -> Thing:
    """Return the last charge of a PaymentIntent that has one."""
    return world.get("charge", intent["latest_charge"], param="latest_charge")


def refunded(charge: Thing) -> int:
    """Return what went back of the captured money: `amount_refunded` counts the released rest too."""
    released: int = max(0, charge["amount"] - charge["amount_captured"])
    return int(charge["amount_refunded"]) - released


def card_details(charge: Thing) -> Thing:
    """Return what the card's network said about an authorization."""
    details: Thing = charge["payment_method_details"]["card"]
    return details


def _charge(world: World, intent: Thing, method: Thing) -> Thing:
    known = {name: intent[name] for name in _AS_IN_THE_INTENT}
    return (
        dict.fromkeys(_NOT_KNOWN_YET)
        | known
        | {
            "id": ids.new("ch"),
            "object": "charge",
            "amount_captured": 0,
            "amount_refunded": 0,
            "billing_details": method["billing_details"],
            "calculated_statement_descriptor": "PARK GRAPH SANDBOX",
            "captured": False,
            "created": world.now,
            "disputed": False,
            "fraud_details": {},
            "livemode": False,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": {"type": "card", "card": _card(world, intent, method)},
            "refunded": False,
        }
    )


def _card(world: World, intent: Thing, method: Thing) -> Thing:
    card = method["card"]
    wishes = intent["payment_method_options"]["card"]
    brand, amount = card["brand"], intent["amount"]
    # Where drivers have to authenticate, the networks offer neither.
    is_bendable = method["_behaviour"] not in (cards.CHALLENGED, cards.CHALLENGED_UNTIL_SAVED)
    may_grow = is_bendable and brand in _INCREMENTABLE and _wishes(wishes, "incremental_authorization")
    may_exceed = is_bendable and brand == _OVERCAPTURABLE and _wishes(wishes, "overcapture")
    return {
        "amount_authorized": amount,
        "authorization_code": "123456",
        "brand": brand,
        "capture_before": world.now + HOLD_SECONDS if intent["capture_method"] == "manual" else None,
        "checks": card["checks"],
        "country": card["country"],
        "exp_month": card["exp_month"],
        "exp_year": card["exp_year"],
        "extended_authorization": {"status": "disabled"},
        "fingerprint": card["fingerprint"],
        "funding": card["funding"],
        "incremental_authorization": {"status": _availability(may_grow)},
        "installments": None,
        "last4": card["last4"],
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": brand,
        "network_token": {"used": False},
        "overcapture": {
            "maximum_amount_capturable": amount * _OVERCAPTURE_PERCENT // 100 if may_exceed else amount,
            "status": _availability(may_exceed),
        },
        "three_d_secure": None,
        "wallet": card["wallet"],
    }


def _wishes(wishes: Thing, what: str) -> bool:
    return bool(wishes.get(f"request_{what}") == "if_available")


def _availability(offered: bool) -> str:
    return "available" if offered else "unavailable"


def _outcome(kind: str, network_status: str, message: str) -> Thing:
    return {
        "network_status": network_status,
        "reason": None,
        "risk_level": "normal",
        "seller_message": message,
        "type": kind,
    }
