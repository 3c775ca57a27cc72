"""Connected accounts: the parking operators to whom payments go on."""

from stripe_sandbox import ids, lists, metadata
from stripe_sandbox.contract import Asked
from stripe_sandbox.refusals import Invalid, Thing
from stripe_sandbox.worlds import World

_URL = "/v1/accounts"


def create(world: World, asked: Asked) -> Thing:
    """Open an account; here it may charge at once, as if the operator had filled in Stripe's forms."""
    account = {
        "id": ids.new("acct"),
        "object": "account",
        "business_profile": asked.get("business_profile"),
        "business_type": asked.get("business_type"),
        "capabilities": dict.fromkeys(asked.get("capabilities", {}), "active"),
        "charges_enabled": True,
        "controller": asked.get("controller"),
        "country": asked.get("country", "US"),
        "created": world.now,
        "default_currency": asked.get("default_currency", "usd"),
        "details_submitted": True,
        "email": asked.get("email"),
        "metadata": metadata.merged({}, asked),
        "payouts_enabled": True,
        "type": asked.get("type", "none"),
    }
    return world.save(account)


def retrieve(world: World, _asked: Asked, identifier: str) -> Thing:
    """Return an account."""
    return world.get("account", identifier, param="account")


def page(world: World, asked: Asked) -> Thing:
    """Return a page of accounts."""
    return lists.page(world, "account", asked, url=_URL)


def check_destination(world: World, identifier: str) -> None:
    """Refuse a destination that is no account of this world, or one that may not be paid."""
    account = world.find("account", identifier)
    if account is None:
        param = "transfer_data[destination]"
        raise Invalid(f"No such destination: '{identifier}'", code="resource_missing", param=param)
    if not account["charges_enabled"]:
        raise Invalid(f"The account {identifier} cannot take payments yet.", code="account_invalid")
