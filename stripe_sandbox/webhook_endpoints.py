"""Webhook endpoints: who is told of events, signed with a secret of the endpoint's own."""

import secrets

from stripe_sandbox import ids, lists, metadata
from stripe_sandbox.contract import API_VERSION, Asked
from stripe_sandbox.refusals import Invalid, Thing
from stripe_sandbox.worlds import World

_URL = "/v1/webhook_endpoints"


def create(world: World, asked: Asked) -> Thing:
    """Register an endpoint; its secret is shown in this answer only."""
    secret = new_secret()
    return register(world, asked, secret=secret) | {"secret": secret}


def register(world: World, asked: Asked, *, secret: str) -> Thing:
    """Write an endpoint down with a secret that is known already."""
    if asked.get("api_version", API_VERSION) != API_VERSION:
        raise Invalid(f"The sandbox sends events of {API_VERSION} only.", param="api_version")
    endpoint = {
        "id": ids.new("we"),
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": None,
        "created": world.now,
        "description": asked.get("description"),
        "enabled_events": asked["enabled_events"],
        "livemode": False,
        "metadata": metadata.merged({}, asked),
        "status": "enabled",
        "url": asked["url"],
        "_secret": secret,
    }
    return world.save(endpoint)


def new_secret() -> str:
    """Make a signing secret."""
    return f"whsec_{secrets.token_hex(24)}"


def retrieve(world: World, _asked: Asked, identifier: str) -> Thing:
    """Return an endpoint, without its secret."""
    return world.get("webhook_endpoint", identifier)


def page(world: World, asked: Asked) -> Thing:
    """Return a page of endpoints."""
    return lists.page(world, "webhook_endpoint", asked, url=_URL)
