"""Refunds: captured money on its way back to the driver."""

from stripe_sandbox import cards, charges, currencies, disputes, events, ids, lists, metadata, transfers
from stripe_sandbox.contract import Asked
from stripe_sandbox.refusals import Invalid, Refusal, Thing
from stripe_sandbox.worlds import World

_URL = "/v1/refunds"
_FILTERS = frozenset({"charge", "payment_intent"})
SECONDS_TO_FAIL = 3600
"""How long the money of a refund is on its way to a card that does not take it."""


def create(world: World, asked: Asked) -> Thing:
    """Refund all that is left of a payment, or `amount` of it."""
    charge = _charge_of(world, asked)
    disputes.refuse_refund_of(world, charge)
    left = charge["amount_captured"] - charges.refunded(charge)
    if left <= 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise Refusal(message, code="charge_already_refunded")
    amount: int = asked.get("amount", left)
    _check_amount(charge, amount, left=left)
    charge["amount_refunded"] += amount
    charge["refunded"] = amount == left
    refund = _refund(world, asked, charge, amount=amount)
    refund["transfer_reversal"] = _take_back(world, asked, charge, amount=amount)
    events.record(world, "refund.created", world.save(refund))
    events.record(world, "charge.refunded", world.save(charge))
    return refund


def retrieve(world: World, _asked: Asked, identifier: str) -> Thing:
    """Return a refund."""
    return world.get("refund", identifier, param="refund")


def page(world: World, asked: Asked) -> Thing:
    """Return a page of refunds, all or those of a payment."""
    having = {name: value for name, value in asked.items() if name in _FILTERS}
    return lists.page(world, "refund", asked, url=_URL, having=having)


def fail_due(world: World) -> None:
    """Let every refund fail whose money has come back from the card by now."""
    for refund in world.due("refund", "_fails_at"):
        _fail(world, refund)


def _fail(world: World, refund: Thing) -> None:
    """Take a refund back; what was reversed of a transfer or a fee for it stays reversed (Stripe's docs)."""
    charge = world.get("charge", refund["charge"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    refund |= {
        "status": "failed",
        "failure_reason": "expired_or_canceled_card",
        "failure_balance_transaction": ids.new("txn"),
        "_fails_at": None,
    }
    world.save(charge)
    for told in ("refund.failed", "refund.updated", "charge.refund.updated"):
        events.record(world, told, world.save(refund))


def _charge_of(world: World, asked: Asked) -> Thing:
    if "payment_intent" not in asked and "charge" not in asked:
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise Invalid(message, code="parameter_missing", param="payment_intent")
    if "charge" in asked:
        charge = world.get("charge", asked["charge"], param="charge")
    else:
        intent = world.get("payment_intent", asked["payment_intent"], param="payment_intent")
        if not intent["latest_charge"]:
            message = "This PaymentIntent does not have a successful charge to refund."
            raise Refusal(message, code="payment_intent_unexpected_state", param="payment_intent")
        charge = charges.latest(world, intent)
    if not charge["captured"]:
        raise Refusal("This charge was not captured; cancel its PaymentIntent instead.", param="charge")
    return charge


def _check_amount(charge: Thing, amount: int, *, left: int) -> None:
    if amount < 1:
        raise Invalid("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        asked, there = (currencies.written(sum_, charge["currency"]) for sum_ in (amount, left))
        message = f"Refund amount ({asked}) is greater than unrefunded amount on charge ({there})."
        raise Invalid(message, param="amount")


def _take_back(world: World, asked: Asked, charge: Thing, *, amount: int) -> str | None:
    """Reverse the operator's and the platform's part where the request says so."""
    if asked.get("refund_application_fee") and charge["application_fee"]:
        transfers.give_fee_back(world, charge, amount=amount, refunded=charges.refunded(charge))
    if not asked.get("reverse_transfer"):
        return None
    if not charge["transfer"]:
        message = "Cannot reverse the transfer: this charge has none."
        raise Invalid(message, param="reverse_transfer")
    return transfers.reverse(world, charge, amount=amount)


def _refund(world: World, asked: Asked, charge: Thing, *, amount: int) -> Thing:
    return {
        "id": ids.new("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": ids.new("txn"),
        "charge": charge["id"],
        "created": world.now,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": metadata.merged({}, asked),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": asked.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
        "_fails_at": world.now + SECONDS_TO_FAIL if _will_fail(world, charge) else None,
    }


def _will_fail(world: World, charge: Thing) -> bool:
    method = world.get("payment_method", charge["payment_method"])
    return bool(method["_behaviour"] == cards.REFUND_FAILS)
