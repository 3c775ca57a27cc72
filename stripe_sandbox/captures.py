"""The end of a hold: money captured, given back, or run out."""

from stripe_sandbox import charges, currencies, disputes, events, ids, metadata, transfers
from stripe_sandbox.contract import Asked
from stripe_sandbox.refusals import Invalid, Thing, unexpected_state
from stripe_sandbox.worlds import World

_CANCELABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
    "processing",
)
_RAN_OUT = "automatic"
_AMOUNT = "amount_to_capture"


def capture(world: World, asked: Asked, identifier: str) -> Thing:
    """Take all or part of a hold, once; the rest goes back to the driver."""
    intent = world.get("payment_intent", identifier, param="intent")
    if intent["status"] != "requires_capture":
        raise unexpected_state(intent, done="captured", allowed=("requires_capture",))
    if not asked.get("final_capture", True):
        raise Invalid("Multicapture is not available for this PaymentIntent.", param="final_capture")
    charge = charges.latest(world, intent)
    everything: int = intent["amount_capturable"]
    amount: int = asked.get(_AMOUNT, everything)
    _check_amount(intent, charge, amount)
    intent["metadata"] = metadata.merged(intent["metadata"], asked)
    intent["application_fee_amount"] = asked.get("application_fee_amount", intent["application_fee_amount"])
    return settle(world, intent, charge, amount=amount)


def settle(world: World, intent: Thing, charge: Thing, *, amount: int) -> Thing:
    """Move the money of a charge: to us, and on to the operator."""
    released = max(0, charge["amount"] - amount)
    charge |= {
        "amount_captured": amount,
        "amount_refunded": released,
        "balance_transaction": ids.new("txn"),
        "captured": True,
    }
    transfers.share_out(world, intent, charge, amount=amount)
    intent |= {
        "status": "succeeded",
        "amount_capturable": 0,
        "amount_received": amount,
        "_expires_at": None,
    }
    told = "charge.captured" if intent["capture_method"] == "manual" else "charge.succeeded"
    events.record(world, told, world.save(charge))
    events.record(world, "payment_intent.succeeded", intent)
    disputes.open_if_due(world, charge)
    return world.save(intent)


def cancel(world: World, asked: Asked, identifier: str) -> Thing:
    """Give a hold back, or take back a request for money that nobody answered."""
    intent = world.get("payment_intent", identifier, param="intent")
    if intent["status"] not in _CANCELABLE:
        raise unexpected_state(intent, done="canceled", allowed=_CANCELABLE)
    return _cancel(world, intent, reason=asked.get("cancellation_reason"))


def expire_due(world: World) -> int:
    """Cancel every hold whose `capture_before` has passed, in that order; return how many."""
    expired = 0
    while intent := world.first_hold_to_expire():
        _cancel(world.at(intent["_expires_at"]), intent, reason=_RAN_OUT)
        expired += 1
    return expired


def _check_amount(intent: Thing, charge: Thing, amount: int) -> None:
    currencies.check_amount(amount, intent["currency"], param=_AMOUNT)
    most = charges.card_details(charge)["overcapture"]["maximum_amount_capturable"]
    if amount > max(intent["amount_capturable"], most):
        message = (
            f"The amount_to_capture must be at most the capturable amount,"
            f" {currencies.written(most, intent['currency'])}."
        )
        raise Invalid(message, code="amount_too_large", param=_AMOUNT)


def _cancel(world: World, intent: Thing, *, reason: str | None) -> Thing:
    _give_back(world, intent, told="charge.expired" if reason == _RAN_OUT else "charge.refunded")
    intent |= {
        "status": "canceled",
        "amount_capturable": 0,
        "canceled_at": world.now,
        "cancellation_reason": reason,
        "next_action": None,
        "_expires_at": None,
    }
    events.record(world, "payment_intent.canceled", intent)
    return world.save(intent)


def _give_back(world: World, intent: Thing, *, told: str) -> None:
    if intent["status"] != "requires_capture":
        return
    charge = charges.latest(world, intent)
    charge |= {"amount_refunded": charge["amount"], "refunded": True}
    events.record(world, told, world.save(charge))
