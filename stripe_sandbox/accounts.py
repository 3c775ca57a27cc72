"""Connected accounts: the parking operators to whom payments go on."""

from stripe_sandbox import events, ids, lists, metadata
from stripe_sandbox.contract import Asked
from stripe_sandbox.refusals import Invalid, Thing
from stripe_sandbox.worlds import World

_URL = "/v1/accounts"
_LINK_SECONDS = 300
SECONDS_TO_FILL_IN = 600
"""How long the owner of an account needs for Stripe's forms."""


def create(world: World, asked: Asked) -> Thing:
    """Open an account, which takes payments once its owner has filled in the forms that a link leads to."""
    return world.save(_account(world, asked, ready=False))


def create_ready(world: World) -> Thing:
    """Open an account as if its owner had filled in Stripe's forms already."""
    return world.save(_account(world, {"type": "express"}, ready=True))


def create_link(world: World, asked: Asked) -> Thing:
    """Make a link to forms that fill themselves in after a while; its address is the caller's own."""
    account = world.get("account", asked["account"], param="account")
    back = asked.get("return_url")
    if not back:
        raise Invalid("Missing required param: return_url.", code="parameter_missing", param="return_url")
    if not account["details_submitted"]:
        world.save(account | {"_ready_at": world.now + SECONDS_TO_FILL_IN})
    return {
        "object": "account_link",
        "created": world.now,
        "expires_at": world.now + _LINK_SECONDS,
        "url": f"{back}?account_link={ids.random_text(24)}",
    }


def make_ready_due(world: World) -> None:
    """Let accounts take payments whose forms are filled in by now."""
    for account in world.due("account", "_ready_at"):
        account |= {"charges_enabled": True, "details_submitted": True, "payouts_enabled": True}
        account |= {"capabilities": dict.fromkeys(account["capabilities"], "active"), "_ready_at": None}
        events.record(world, "account.updated", world.save(account))


def _account(world: World, asked: Asked, *, ready: bool) -> Thing:
    return {
        "id": ids.new("acct"),
        "object": "account",
        "business_profile": asked.get("business_profile"),
        "business_type": asked.get("business_type"),
        "capabilities": dict.fromkeys(asked.get("capabilities", {}), "active" if ready else "inactive"),
        "charges_enabled": ready,
        "controller": asked.get("controller"),
        "country": asked.get("country", "US"),
        "created": world.now,
        "default_currency": asked.get("default_currency", "usd"),
        "details_submitted": ready,
        "email": asked.get("email"),
        "metadata": metadata.merged({}, asked),
        "payouts_enabled": ready,
        "type": asked.get("type", "none"),
    }


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
