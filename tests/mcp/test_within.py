"""A call within a message is asked what a request of its own is, and refused in the same words."""

from functools import partial
from typing import Any

import httpx
import pytest
from connexion.apps.flask import FlaskApp

from app.mcp.door import McpDoor
from app.settings import Settings
from tests.http import site
from tests.servers import Server

VAIL = {"lat": 39.6403, "lng": -106.3742, "radius_km": 1.5}
NOWHERE = "019d7968-bb01-76f0-8478-82e36b0d549c"
CREATION = {"lot_id": NOWHERE, "plate": "CO-7891", "duration_hours": 1}
DISPATCHER = "/api/v1/agents/mcp/actions"
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "what is found": ("search_parking", VAIL),
    "a value that is none": ("search_parking", {"lat": "north", "lng": 1}),
    "two values that are none": ("search_parking", {"lat": 91, "lng": -181}),
    "an argument that there is none": ("search_parking", {**VAIL, "colour": "red"}),
    "nothing to look for": ("search_parking", {}),
    "what is not there": ("get_rates", {"lot_id": NOWHERE}),
    "what is not there to be changed": ("create_session", CREATION),
    "an order without its plate": ("create_session", {"lot_id": NOWHERE, "duration_hours": 1}),
}
TWINS = {
    "Edge": "the message's own: it closes, records and answers the request that the message is",
    "McpDoor.middleware": "what calls Within",
    "ServerErrorMiddleware": "errors.answer",
    "ExceptionMiddleware": "errors.answer",
    "Routing": "router.route",
    "Identify": "identification.identify",
    "Body": "the message's own: a call's body is part of it",
    "RateLimit": "till.charge",
    "Guard": "its refusals are raised; OPTIONS and Accept are asked of the message",
    "SecurityMiddleware": "only leads to Permit",
    "Permit": "security.permit",
    "Validation": "validation.check",
    "LifespanMiddleware": "no step of a request",
    "Bridge": "handlers.answer",
}
"""Each step of the chain, and what a call within a message meets in its place."""
READING = [name for name, (tool, _) in CALLS.items() if tool == "search_parking"]


def message(tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Write the message that calls a tool."""
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


def by_message(
    server: Server, tool: str, arguments: dict[str, Any], key: str | None, more: dict[str, str] | None = None
) -> Any:
    """Call a tool, and return what came of it, and of which budget."""
    headers = {"Accept": "application/json"} | bearer(key) | (more or {})
    answer = httpx.post(f"{server.url}/mcp", json=message(tool, arguments), headers=headers)
    result = answer.json()["result"]
    return result["isError"], said(result["structuredContent"]), answer.headers["X-RateLimit-Limit"]


def by_request(answer: httpx.Response) -> Any:
    """Return the same of a request of its own."""
    return not answer.is_success, said(answer.json()), answer.headers["X-RateLimit-Limit"]


def said(body: Any) -> Any:
    """Return an answer without its request id, and with fields named as a tool's caller knows them."""
    if "error" not in body:
        return body
    told = {name: value for name, value in body["error"].items() if name != "request_id"}
    told["message"] = told["message"].removeprefix("parameters.")
    details = told.get("details", ())
    told["details"] = [each | {"field": each["field"].removeprefix("parameters.")} for each in details]
    return {"error": told}


def bearer(key: str | None) -> dict[str, str]:
    """Send a key, or none."""
    return {} if key is None else {"Authorization": f"Bearer {key}"}


def dispatched(
    server: Server, tool: str, arguments: dict[str, Any], key: str | None, more: dict[str, str] | None = None
) -> httpx.Response:
    """Send the same call to the dispatcher."""
    body = {"action": tool, "parameters": arguments}
    return httpx.post(f"{server.url}{DISPATCHER}", json=body, headers=bearer(key) | (more or {}))


@pytest.fixture(scope="module")
def keys(server: Server) -> dict[str, str]:
    """Return keys by what they may do."""
    made = {}
    with server.client(server.sandbox["operator_key"]) as client:
        for scope in ("lots:read", "agent:act"):
            body = {"name": scope, "scopes": [scope]}
            answer = client.post("/api/v1/operator/api-keys", json=body).raise_for_status()
            made[scope] = answer.json()["api_key"]["key"]
        answer = client.post("/api/v1/operator/api-keys", json={"name": "gone", "scopes": ["agent:act"]})
        gone = answer.raise_for_status().json()["api_key"]
        client.delete(f"/api/v1/operator/api-keys/{gone['id']}").raise_for_status()
        made["nothing, being revoked"] = gone["key"]
    return made | {"everything": server.sandbox["api_key"], "nothing, being none": "pk_test_nonsense"}


@pytest.mark.parametrize(
    "may", ["everything", "agent:act", "lots:read", "nothing, being none", "nothing, being revoked"]
)
@pytest.mark.parametrize("kind", CALLS)
def test_a_call_with_a_key_is_one_of_the_dispatcher(
    server: Server, keys: dict[str, str], kind: str, may: str
) -> None:
    tool, arguments = CALLS[kind]
    result = by_message(server, tool, arguments, keys[may])
    assert result == by_request(dispatched(server, tool, arguments, keys[may]))
    assert may in {"everything", "agent:act"} or result[0]


@pytest.mark.parametrize("kind", READING)
def test_a_call_without_a_key_is_one_of_the_rest_twin(server: Server, kind: str) -> None:
    tool, arguments = CALLS[kind]
    twin = httpx.get(f"{server.url}/api/v1/lots/search", params=arguments)
    assert by_message(server, tool, arguments, None) == by_request(twin)


def test_nobody_writes_without_a_key(server: Server) -> None:
    result = by_message(server, "create_session", CREATION, None)
    assert result == by_request(dispatched(server, "create_session", CREATION, None))
    assert result[1]["error"]["code"] == "UNAUTHORIZED"


def test_a_call_that_has_two_names_is_refused_alike(server: Server, keys: dict[str, str]) -> None:
    arguments = {**CREATION, "idempotency_key": "one-name-0123456789"}
    more = {"Idempotency-Key": "another-name-0123456789"}
    result = by_message(server, "create_session", arguments, keys["everything"], more)
    assert result == by_request(dispatched(server, "create_session", arguments, keys["everything"], more))
    assert [each["field"] for each in result[1]["error"]["details"]] == ["Idempotency-Key"]


def test_what_breaks_is_told_alike_and_paid_for() -> None:
    def broken() -> None:
        raise RuntimeError("What a handler was not made for.")

    settings = Settings(threads=1)
    door = McpDoor(site.contract(), settings)
    with site.site(handlers={"dispatchPlatformAction": broken}, settings=settings, front=door) as made:
        headers = {"Accept": "application/json", "Host": "localhost:8000", **site.bearer()}
        called = made.post("/mcp", message("search_parking", VAIL), headers)
        asked = made.post(DISPATCHER, {"action": "search_parking", "parameters": VAIL}, headers)
    assert (called.status, asked.status) == (200, 500)
    result = called.json["result"]
    assert result["isError"]
    assert said(result["structuredContent"]) == said(asked.json)
    assert result["structuredContent"]["error"]["request_id"] == called["X-Request-Id"]
    paid = [answer["X-RateLimit-Remaining"] for answer in (called, asked)]
    assert int(paid[0]) == int(paid[1]) + 1
    assert [trace.status for trace in made.traces] == [500, 500]


def test_no_step_of_the_chain_is_left_out_without_a_reason() -> None:
    settings = Settings(threads=1)
    with site.site(settings=settings, front=McpDoor(site.contract(), settings)) as made:
        assert isinstance(made.app, FlaskApp)
        steps = [step.func if isinstance(step, partial) else step for step in made.app.middleware.middlewares]
    assert [step.__qualname__ for step in steps] == [*TWINS]
