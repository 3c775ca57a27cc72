"""What the processor itself holds of some payments, for whoever wants to compare it with their own books."""

from collections.abc import Sequence
from dataclasses import dataclass

from stripe_sandbox import charges, disputes
from stripe_sandbox.refusals import Thing
from stripe_sandbox.worlds import World


@dataclass(frozen=True, slots=True)
class Books:
    """Sums in Stripe's minor units; `authorized` is captured, released or still held."""

    authorized: int = 0
    captured: int = 0
    fee: int = 0
    released: int = 0
    refunded: int = 0
    disputed: int = 0
    """What banks took back and did not return."""
    currency: str | None = None


def read(world: World, payment_intents: Sequence[str]) -> Books:
    """Add up PaymentIntents of one currency; refuse with 404 if one is unknown."""
    total = Books()
    for identifier in payment_intents:
        intent = world.get("payment_intent", identifier, param="intent")
        total = _sum(total, _of(world, intent))
    return total


def _of(world: World, intent: Thing) -> Books:
    charge = world.find("charge", intent["latest_charge"] or "")
    if charge is None or charge["status"] != "succeeded":
        return Books(currency=intent["currency"])
    captured: int = charge["amount_captured"]
    is_over = charge["captured"] or charge["refunded"]
    return Books(
        authorized=charge["amount"],
        captured=captured,
        fee=_fee(world, charge),
        released=max(0, charge["amount"] - captured) if is_over else 0,
        refunded=charges.refunded(charge) if charge["captured"] else 0,
        disputed=disputes.withdrawn(world, charge),
        currency=intent["currency"],
    )


def _fee(world: World, charge: Thing) -> int:
    fee = world.find("application_fee", charge["application_fee"] or "")
    return int(fee["amount"] - fee["amount_refunded"]) if fee else 0


def _sum(total: Books, more: Books) -> Books:
    if total.currency not in (None, more.currency):
        raise ValueError("Books add up payments of one currency only.")
    return Books(
        authorized=total.authorized + more.authorized,
        captured=total.captured + more.captured,
        fee=total.fee + more.fee,
        released=total.released + more.released,
        refunded=total.refunded + more.refunded,
        disputed=total.disputed + more.disputed,
        currency=more.currency,
    )
