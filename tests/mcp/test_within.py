"""A call within a message is asked what a request of its own is, and refused in the same words."""

from typing import Any

import httpx
import pytest

from tests.servers import Server

VAIL = {"lat": 39.6403, "lng": -106.3742, "radius_km": 1.5}
NOWHERE = "019d7968-bb01-76f0-8478-82e36b0d549c"
CREATION = {"lot_id": NOWHERE, "plate": "CO-7891", "duration_hours": 1}
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
READING = [name for name, (tool, _) in CALLS.items() if tool == "search_parking"]


def by_message(server: Server, tool: str, arguments: dict[str, Any], key: str | None) -> Any:
    """Call a tool, and return what came of it, and of which budget."""
    headers = {"Accept": "application/json"} | ({} if key is None else {"Authorization": f"Bearer {key}"})
    params = {"name": tool, "arguments": arguments}
    sent = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    answer = httpx.post(f"{server.url}/mcp", json=sent, headers=headers)
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


def dispatched(server: Server, tool: str, arguments: dict[str, Any], key: str | None) -> httpx.Response:
    """Send the same call to the dispatcher."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    body = {"action": tool, "parameters": arguments}
    return httpx.post(f"{server.url}/api/v1/agents/mcp/actions", json=body, headers=headers)


@pytest.fixture(scope="module")
def keys(server: Server) -> dict[str, str]:
    """Return keys by what they may do."""
    made = {}
    with server.client(server.sandbox["operator_key"]) as client:
        for scope in ("lots:read", "agent:act"):
            body = {"name": scope, "scopes": [scope]}
            answer = client.post("/api/v1/operator/api-keys", json=body).raise_for_status()
            made[scope] = answer.json()["api_key"]["key"]
    return made | {"everything": server.sandbox["api_key"], "nothing, being none": "pk_test_nonsense"}


@pytest.mark.parametrize("may", ["everything", "agent:act", "lots:read", "nothing, being none"])
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
