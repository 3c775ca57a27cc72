"""Tools over MCP, message by message: what the contract calls an action is a tool there, and no more."""

import itertools
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from app.contract import tools
from app.contract.document import Contract
from gate.client import Client
from gate.servers import Server
from gate.world import World

HEADERS = {"Accept": "application/json, text/event-stream"}
WAYS: Mapping[str, Mapping[str, str]] = {"plain": {}, "by the package": {"Mcp-Param-Colour": "red"}}
"""Headers by the way that a call takes: one that no tool declares changes nothing, but is unusual."""
NAMED: Mapping[str, tuple[str, str]] = {
    "openai/subject": ("end_user_id", "v1/driver"),
    "openai/session": ("conversation_id", "v1/evening"),
}
"""What ChatGPT says in `_meta`, and under which field a trace shows it."""

_numbers = itertools.count(1)


def sent(server: Server, method: str, params: Any = None, **headers: str) -> httpx.Response:
    """Send one message, and see that the answer is one to it."""
    message = {"jsonrpc": "2.0", "id": f"message {next(_numbers)}", "method": method, "params": params or {}}
    answer = httpx.post(f"{server.url}/mcp", json=message, headers=HEADERS | headers, trust_env=False)
    assert answer.json()["id"] == (message["id"] if answer.status_code == 200 else None)
    return answer


def called(
    server: Server,
    key: str,
    tool: str,
    *,
    arguments: Mapping[str, Any],
    meta: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """Call a tool with a key."""
    params = {"name": tool, "arguments": arguments} | ({"_meta": meta} if meta else {})
    return sent(server, "tools/call", params, Authorization=f"Bearer {key}", **(headers or {}))


def trace_of(client: Client, key: str, answer: httpx.Response) -> dict[str, Any]:
    """Look up what a call was, in the traces of the key's own operator."""
    assert answer.json()["result"]["isError"] is False, answer.text
    found = client.call("getTrace", key=key, path={"request_id": answer.headers["x-request-id"]})
    assert found.status_code == 200, found.text
    trace: dict[str, Any] = found.json()["trace"]
    return trace


def test_the_tools_are_those_of_the_contract(server: Server, contract: Contract) -> None:
    assert sent(server, "tools/list").json()["result"]["tools"] == tools.project(contract, "mcp")


@pytest.mark.parametrize("way", WAYS)
def test_a_refusal_is_a_result_that_says_so(server: Server, world: World, way: str) -> None:
    answer = called(server, world.fuzzed.key, "search_parking", arguments={}, headers=WAYS[way])
    result = answer.json()["result"]
    assert result["isError"] is True
    error = result["structuredContent"]["error"]
    assert [detail["field"] for detail in error["details"]] == ["lat", "lng"]


@pytest.mark.parametrize("way", WAYS)
def test_a_call_stands_in_its_trace_as_one_over_mcp(
    server: Server, client: Client, world: World, way: str
) -> None:
    key, place = world.fuzzed.key, {"address": "Vail"}
    answer = called(server, key, "search_parking", arguments=place, headers=WAYS[way])
    trace = trace_of(client, key, answer)
    assert (trace["action"], trace["agent_platform"]) == ("search_parking", "mcp")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMED)
def test_whom_chatgpt_names_beside_a_call_stands_in_its_trace(
    server: Server, client: Client, world: World, name: str, way: str
) -> None:
    key, (field, value) = world.fuzzed.key, NAMED[name]
    place, meta = {"address": "Vail"}, {name: value}
    answer = called(server, key, "search_parking", arguments=place, meta=meta, headers=WAYS[way])
    assert trace_of(client, key, answer).get(field) == value


@pytest.mark.parametrize("way", WAYS)
def test_a_key_calls_no_tool_that_it_may_not(server: Server, client: Client, world: World, way: str) -> None:
    wishes = {"name": f"reader {next(_numbers)}", "scopes": ["lots:read"]}
    made = client.call("createApiKey", key=world.fuzzed.key, json=wishes).json()["api_key"]
    answer = called(server, made["key"], "search_parking", arguments={"address": "Vail"}, headers=WAYS[way])
    result = answer.json()["result"]
    assert result["isError"] is True
    assert result["structuredContent"]["error"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("way", WAYS)
def test_a_call_that_is_made_again_does_nothing_again(server: Server, world: World, way: str) -> None:
    order = {"lot_id": world.fuzzed.lots[0], "plate": f"MCP {next(_numbers)}"}
    headers = {"Idempotency-Key": f"mcp-{next(_numbers)}", **WAYS[way]}
    results = [
        called(server, world.fuzzed.key, "create_session", arguments=order, headers=headers).json()["result"]
        for _ in range(2)
    ]
    assert results[0]["isError"] is False
    assert results[1] == results[0]


@pytest.mark.parametrize("header", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}], ids=str)
def test_a_page_of_another_origin_may_not_call_tools(server: Server, header: dict[str, str]) -> None:
    answer = sent(server, "tools/list", **header)
    assert answer.status_code == 403
    assert answer.json()["error"]["data"]["error"]["code"] == "FORBIDDEN"
