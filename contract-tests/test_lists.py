"""What lists leave out when they are asked to, and that a page leads to the next one."""

import itertools
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from gate import webhooks
from gate.client import Client
from gate.world import Tenant, World

T = TypeVar("T")

_numbers = itertools.count(1)

LONG_AGO, FAR_AHEAD = "2001-02-28T12:00:00Z", "2098-02-28T12:00:00Z"
PLATFORMS = ("openai", "gemini", "xai", "perplexity", "copilot", "anthropic", "responses", "realtime", "mcp")


@pytest.fixture
def tenant(world: World) -> Tenant:
    """Work in the fuzzed sandbox."""
    return world.fuzzed


def started(client: Client, tenant: Tenant, **facts: Any) -> dict[str, Any]:
    """Start a session whose hold is authorised at once."""
    order = {"lot_id": tenant.lots[0], "plate": f"LISTED {next(_numbers)}", "payment_method": "pm_card_visa"}
    session: dict[str, Any] = client.call("createSession", key=tenant.key, json=order | facts).json()[
        "session"
    ]
    return session


def undisturbed(first: Callable[[], T], second: Callable[[], T]) -> tuple[T, T]:
    """Read one after the other while nothing is written between them: the worker goes on meanwhile."""
    for _ in range(10):
        before, other, after = first(), second(), first()
        if before == after:
            return before, other
    raise AssertionError("Something was written between any two readings.")


@pytest.mark.parametrize(
    ("operation", "after", "before"),
    [
        ("listSessions", "started_after", "started_before"),
        ("searchSessions", "started_after", "started_before"),
        ("listAuditLog", "after", "before"),
        ("listLedgerEntries", "after", "before"),
    ],
)
def test_a_list_keeps_to_its_period(
    client: Client, tenant: Tenant, operation: str, after: str, before: str
) -> None:
    session = started(client, tenant, email="driver@example.com")
    query = {"plate": session["plate"]} if operation == "searchSessions" else {}

    def listed(**period: str) -> list[dict[str, Any]]:
        answer = client.call(operation, key=tenant.key, query=query | period)
        assert answer.status_code == 200, answer.text
        data: list[dict[str, Any]] = answer.json()["data"]
        return data

    since, until = undisturbed(lambda: listed(**{after: LONG_AGO}), lambda: listed(**{before: FAR_AHEAD}))
    assert since == until != []
    assert listed(**{after: FAR_AHEAD}) == listed(**{before: LONG_AGO}) == []


def test_a_lots_file_keeps_to_its_period(client: Client, tenant: Tenant) -> None:
    path = {"lot_id": started(client, tenant)["lot_id"]}

    def lines(**period: str) -> int:
        answer = client.call("exportLotAuditCsv", key=tenant.key, path=path, query=period)
        return len(answer.text.splitlines())

    since, until = undisturbed(lambda: lines(after=LONG_AGO), lambda: lines(before=FAR_AHEAD))
    assert since == until > 1
    assert lines(after=FAR_AHEAD) == lines(before=LONG_AGO) == 1


def test_an_authorised_session_is_found_by_its_plate_as_such(client: Client, tenant: Tenant) -> None:
    session = started(client, tenant)
    query = {"plate": session["plate"]}
    [found] = client.call("searchSessions", key=tenant.key, query=query).json()["data"]
    assert (found["id"], found["payment"]["status"]) == (session["id"], "authorized")


@pytest.mark.parametrize(
    "operation",
    ["listApiKeys", "listAgents", "listAuditLog", "listSessions", "listWebhooks", "listEvents"],
)
def test_a_page_leads_to_another_one_that_begins_where_it_ended(
    client: Client, world: World, operation: str
) -> None:
    tenant = world.tenants["owner"]
    for _ in range(2):
        register(client, tenant, "openai")
        started(client, tenant)
        webhooks.new(client, tenant.key)
    both = client.call(operation, key=tenant.key, query={"limit": 2}).json()["data"]
    first = client.call(operation, key=tenant.key, query={"limit": 1}).json()
    onward = {"limit": 1, "cursor": first["next_cursor"]}
    second = client.call(operation, key=tenant.key, query=onward).json()
    assert [*first["data"], *second["data"]] == both


@pytest.mark.parametrize("operation", ["listApiKeys", "listAgents"])
def test_behind_the_last_one_there_is_nothing(client: Client, operation: str) -> None:
    key = client.call("createSandbox", json={"simulated_driver": "absent"}).json()["sandbox"]["operator_key"]
    made = client.call("listApiKeys", key=key, query={"limit": 100}).json()["data"]
    past = {"cursor": made[-1]["id"]}
    assert client.call(operation, key=key, query=past).json()["data"] == []


def register(client: Client, tenant: Tenant, platform: str, **facts: str) -> dict[str, Any]:
    """Register an agent and return it."""
    wanted = {"name": f"Agent {next(_numbers)}", "platform": platform} | facts
    answer = client.call("registerAgent", key=tenant.key, json=wanted)
    assert answer.status_code == 201, answer.text
    agent: dict[str, Any] = answer.json()["agent"]
    return agent


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_agent_of_each_platform_is_registered_and_listed(
    client: Client, tenant: Tenant, platform: str
) -> None:
    agent = register(client, tenant, platform, api_key_id=tenant.key_id)
    assert agent["platform"] == platform
    listed = client.call("listAgents", key=tenant.key, query={"limit": 100}).json()["data"]
    assert agent["id"] in {each["id"] for each in listed}


def test_an_agent_shows_when_its_key_was_last_used(client: Client, tenant: Tenant) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:  # uses are written in batches, a few seconds after
        agent = register(client, tenant, "openai", api_key_id=tenant.key_id)
        if "last_used_at" in agent:
            break
        time.sleep(0.2)
    assert agent["last_used_at"].startswith("20")
    listed = client.call("listAgents", key=tenant.key, query={"limit": 100}).json()["data"]
    assert "last_used_at" in next(each for each in listed if each["id"] == agent["id"])
