"""Customers: drivers whose cards may be kept for later."""

from stripe_sandbox import events, ids, lists, metadata
from stripe_sandbox.contract import Asked
from stripe_sandbox.refusals import Thing
from stripe_sandbox.worlds import World

_URL = "/v1/customers"


def create(world: World, asked: Asked) -> Thing:
    """Write a customer down."""
    customer = {
        "id": ids.new("cus"),
        "object": "customer",
        "address": asked.get("address"),
        "balance": 0,
        "created": world.now,
        "currency": None,
        "delinquent": False,
        "description": asked.get("description"),
        "discount": None,
        "email": asked.get("email"),
        "livemode": False,
        "metadata": metadata.merged({}, asked),
        "name": asked.get("name"),
        "phone": asked.get("phone"),
        "preferred_locales": asked.get("preferred_locales", []),
        "shipping": asked.get("shipping"),
        "tax_exempt": "none",
        "test_clock": None,
    }
    events.record(world, "customer.created", customer)
    return world.save(customer)


def retrieve(world: World, _asked: Asked, identifier: str) -> Thing:
    """Return a customer."""
    return world.get("customer", identifier)


def page(world: World, asked: Asked) -> Thing:
    """Return a page of customers, all or those with an `email`."""
    having = {"email": asked["email"]} if "email" in asked else {}
    return lists.page(world, "customer", asked, url=_URL, having=having)
