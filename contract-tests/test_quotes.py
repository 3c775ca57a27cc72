"""A price that was quoted is the price that is charged, through every door."""

import itertools
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from gate.client import Client
from gate.lists import new_lot
from gate.refusals import refused
from gate.world import Tenant, World

_numbers = itertools.count(1)
DOORS = ("REST", None, "gemini")


@pytest.fixture
def tenant(world: World) -> Tenant:
    """Work in a sandbox whose clock may be moved."""
    return world.tenants["undriven"]


def lot_with(client: Client, tenant: Tenant, rates: dict[str, Any], **facts: Any) -> dict[str, str]:
    """Make a lot of its own with rates."""
    wanted = new_lot(f"quoted-{next(_numbers)}", **facts)
    lot = client.call("createLot", key=tenant.key, json=wanted).json()["lot"]
    path = {"lot_id": lot["id"]}
    client.call("setRates", key=tenant.key, path=path, json=rates)
    return path


def quoted(client: Client, tenant: Tenant, path: dict[str, str], **wish: Any) -> dict[str, Any]:
    """Ask for a quote."""
    answer = client.call("createQuote", key=tenant.key, path=path, json=wish)
    assert answer.status_code == 201, answer.text
    quote: dict[str, Any] = answer.json()["quote"]
    return quote


def start(client: Client, tenant: Tenant, door: str | None, **order: Any) -> httpx.Response:
    """Start a session by REST or by a dispatcher."""
    order |= {"plate": f"QUOTED {next(_numbers)}", "payment_method": "pm_card_visa"}
    if door == "REST":
        return client.call("createSession", key=tenant.key, json=order)
    return client.act("create_session", key=tenant.key, platform=door, **order)


@pytest.mark.parametrize("door", DOORS)
def test_what_was_quoted_is_charged(client: Client, tenant: Tenant, door: str | None) -> None:
    path = lot_with(client, tenant, {"rate": 6, "flat_fee": 2, "increment_minutes": 15}, tax_rate=21)
    named = {"end_user_id": "somebody", "idempotency_key": f"quote-{next(_numbers)}"}
    quote = quoted(client, tenant, path, duration_hours=1.1, **named)
    assert (quote["total"], quote["tax"]) == (9.5, {"rate": 21.0, "amount": 1.65})
    session = start(client, tenant, door, **path, quote_id=quote["id"]).json()["session"]
    client.call("advanceSandboxClock", key=tenant.key, json={"advance_seconds": 3_000})
    own = {"session_id": session["id"]}
    ended = client.call(
        "endSession", key=tenant.key, path=own, json={"session_code": session["session_code"]}
    )
    assert ended.json()["session"]["subtotal"] == quote["total"]
    assert ended.json()["session"]["line_items"] == quote["line_items"]


@pytest.mark.parametrize(
    ("rates", "hours", "kinds"),
    [
        ({"rate": 6, "flat_fee": 2, "daily_maximum": 10}, 4, ["flat_fee", "time", "daily_maximum"]),
        ({"rate": 6, "minimum_charge": 2}, 0.1, ["time", "minimum_charge"]),
        ({"rate": 1}, 0.1, ["time", "adjustment"]),
        ({"rate": 6, "free_minutes": 30}, 0.1, []),
    ],
)
def test_a_quote_says_how_it_comes_about(
    client: Client, tenant: Tenant, rates: dict[str, Any], hours: float, kinds: list[str]
) -> None:
    quote = quoted(client, tenant, lot_with(client, tenant, rates), duration_hours=hours)
    assert [line["kind"] for line in quote["line_items"]] == kinds
    assert round(sum(line["amount"] for line in quote["line_items"]), 2) == quote["total"]
    assert "tax" not in quote


def test_a_quoted_stay_that_is_cancelled_in_time_costs_nothing(client: Client, tenant: Tenant) -> None:
    path = lot_with(client, tenant, {"rate": 6, "flat_fee": 2, "free_cancellation_minutes": 10})
    quote = quoted(client, tenant, path, duration_hours=2)
    assert (quote["total"], quote["free_cancellation_minutes"]) == (14.0, 10)
    session = start(client, tenant, "REST", **path, quote_id=quote["id"]).json()["session"]
    own, code = {"session_id": session["id"]}, {"session_code": session["session_code"]}
    ended = client.call("endSession", key=tenant.key, path=own, json=code).json()["session"]
    assert (ended["subtotal"], ended["line_items"], ended["payment"]["status"]) == (0.0, [], "released")


def test_a_quote_of_another_day_waits_for_it(client: Client, tenant: Tenant) -> None:
    path = lot_with(client, tenant, {"rate": 6})
    moved = client.call("advanceSandboxClock", key=tenant.key, json={"advance_seconds": 0}).json()
    tomorrow = datetime.fromisoformat(moved["clock"]["now"]) + timedelta(days=1)
    quote = quoted(client, tenant, path, starts_at=f"{tomorrow:%Y-%m-%dT%H:%M:%SZ}")
    refused(start(client, tenant, "REST", **path, quote_id=quote["id"]), 409, "quote_id")
    client.call("advanceSandboxClock", key=tenant.key, json={"advance_seconds": 86_401})
    session = start(client, tenant, "REST", **path, quote_id=quote["id"]).json()["session"]
    assert session["planned_end_at"] == f"{quote['ends_at'][:19]}Z"


@pytest.mark.parametrize("starts_at", ["2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
def test_a_window_in_the_past_or_too_far_ahead_is_a_400(
    client: Client, tenant: Tenant, starts_at: str
) -> None:
    path = {"lot_id": tenant.lots[0]}
    answer = client.call("createQuote", key=tenant.key, path=path, json={"starts_at": starts_at})
    refused(answer, 400, "starts_at")


def test_a_lot_without_rates_and_a_stay_that_is_too_long_are_a_409(client: Client, tenant: Tenant) -> None:
    path = {"lot_id": tenant.special_lots["without tariff"]}
    refused(client.call("createQuote", key=tenant.key, path=path, json={}), 409, "lot_id")
    path = {"lot_id": tenant.special_lots["managed"]}
    answer = client.call("createQuote", key=tenant.key, path=path, json={"duration_hours": 25})
    refused(answer, 409, "duration_hours")


@pytest.mark.parametrize("door", DOORS)
def test_a_quote_that_does_not_fit_is_refused_by_its_name(
    client: Client, world: World, tenant: Tenant, door: str | None
) -> None:
    field = "quote_id" if door == "REST" else "parameters.quote_id"
    here, there = ({"lot_id": lot} for lot in (tenant.lots[0], tenant.special_lots["managed"]))
    quote = quoted(client, tenant, here, duration_hours=2)
    refused(start(client, tenant, door, **here, quote_id=quote["lot_id"]), 404, field)
    refused(start(client, tenant, door, **there, quote_id=quote["id"]), 409, field)
    refused(start(client, tenant, door, **here, quote_id=quote["id"], duration_hours=3), 409, field)
    stranger = world.tenants["other"]
    theirs = {"lot_id": stranger.lots[0]}
    refused(start(client, stranger, door, **theirs, quote_id=quote["id"]), 404, field)
    client.call("advanceSandboxClock", key=tenant.key, json={"advance_seconds": 901})
    refused(start(client, tenant, door, **here, quote_id=quote["id"]), 409, field)
