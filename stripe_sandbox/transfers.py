"""A captured payment shared out: the operator's account gets it, the platform's fee comes back from there."""

from stripe_sandbox import events, ids, lists
from stripe_sandbox.contract import Asked
from stripe_sandbox.refusals import Thing
from stripe_sandbox.worlds import World

_TRANSFERS = "/v1/transfers"
_FEES = "/v1/application_fees"


def share_out(world: World, intent: Thing, charge: Thing, *, amount: int) -> None:
    """Send a destination charge on; the fee is never more than what was captured."""
    if not intent["transfer_data"]:
        return
    destination = intent["transfer_data"]["destination"]
    transfer = _transfer(world, intent, charge, amount=amount)
    charge["transfer"] = world.save(transfer)["id"]
    events.record(world, "transfer.created", transfer)
    fee = min(intent["application_fee_amount"] or 0, amount)
    charge["application_fee_amount"] = fee or None
    if fee:
        taken = _application_fee(world, charge, account=destination, amount=fee)
        charge["application_fee"] = world.save(taken)["id"]
        events.record(world, "application_fee.created", taken)


def reverse(world: World, charge: Thing, *, amount: int) -> str:
    """Take money of a refund back from the operator, as much as is there, and return the reversal's id."""
    transfer = world.get("transfer", charge["transfer"])
    transfer["amount_reversed"] = min(transfer["amount"], transfer["amount_reversed"] + amount)
    transfer["reversed"] = transfer["amount_reversed"] >= transfer["amount"]
    events.record(world, "transfer.reversed", world.save(transfer))
    return ids.new("trr")


def give_fee_back(world: World, charge: Thing, *, amount: int, refunded: int) -> None:
    """Return the platform's fee in proportion to an amount, with which `refunded` went back so far."""
    fee = world.get("application_fee", charge["application_fee"])
    whole, captured = fee["amount"], charge["amount_captured"]
    part = whole * refunded // captured - whole * (refunded - amount) // captured
    fee["amount_refunded"] = min(whole, fee["amount_refunded"] + part)
    fee["refunded"] = fee["amount_refunded"] >= fee["amount"]
    events.record(world, "application_fee.refunded", world.save(fee))


def retrieve(world: World, _asked: Asked, identifier: str) -> Thing:
    """Return a transfer."""
    return world.get("transfer", identifier, param="transfer")


def page(world: World, asked: Asked) -> Thing:
    """Return a page of transfers, all or those to an account."""
    having = {"destination": asked["destination"]} if "destination" in asked else {}
    return lists.page(world, "transfer", asked, url=_TRANSFERS, having=having)


def retrieve_fee(world: World, _asked: Asked, identifier: str) -> Thing:
    """Return an application fee."""
    return world.get("application_fee", identifier)


def page_fees(world: World, asked: Asked) -> Thing:
    """Return a page of application fees, all or those of a charge."""
    having = {"charge": asked["charge"]} if "charge" in asked else {}
    return lists.page(world, "application_fee", asked, url=_FEES, having=having)


def _transfer(world: World, intent: Thing, charge: Thing, *, amount: int) -> Thing:
    identifier = ids.new("tr")
    return {
        "id": identifier,
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": ids.new("txn"),
        "created": world.now,
        "currency": intent["currency"],
        "description": None,
        "destination": intent["transfer_data"]["destination"],
        "destination_payment": ids.new("py"),
        "livemode": False,
        "metadata": {},
        "reversals": lists.empty(f"{_TRANSFERS}/{identifier}/reversals"),
        "reversed": False,
        "source_transaction": charge["id"],
        "source_type": "card",
        "transfer_group": intent["transfer_group"] or f"group_{intent['id']}",
    }


def _application_fee(world: World, charge: Thing, *, account: str, amount: int) -> Thing:
    identifier = ids.new("fee")
    return {
        "id": identifier,
        "object": "application_fee",
        "account": account,
        "amount": amount,
        "amount_refunded": 0,
        "application": "ca_sandbox",
        "balance_transaction": ids.new("txn"),
        "charge": charge["id"],
        "created": world.now,
        "currency": charge["currency"],
        "livemode": False,
        "originating_transaction": None,
        "refunded": False,
        "refunds": lists.empty(f"{_FEES}/{identifier}/refunds"),
    }
