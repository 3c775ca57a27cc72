"""Tools over MCP, message by message: what the contract calls an action is a tool there, and no more."""

from typing import Any

import httpx
import pytest

from app.contract import tools
from app.contract.document import Contract
from gate.client import Client
from gate.servers import Server
from gate.world import World

HEADERS = {"Accept": "application/json, text/event-stream"}


def sent(server: Server, method: str, params: Any = None, **headers: str) -> httpx.Response:
    """Send one message."""
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
    return httpx.post(f"{server.url}/mcp", json=message, headers=HEADERS | headers, trust_env=False)


def called(server: Server, key: str, tool: str, **arguments: Any) -> httpx.Response:
    """Call a tool with a key."""
    params = {"name": tool, "arguments": arguments}
    return sent(server, "tools/call", params, Authorization=f"Bearer {key}")


def test_the_tools_are_those_of_the_contract(server: Server, contract: Contract) -> None:
    assert sent(server, "tools/list").json()["result"]["tools"] == tools.project(contract, "mcp")


def test_a_refusal_is_a_result_that_says_so(server: Server, world: World) -> None:
    result = called(server, world.fuzzed.key, "search_parking").json()["result"]
    assert result["isError"] is True
    error = result["structuredContent"]["error"]
    assert [detail["field"] for detail in error["details"]] == ["lat", "lng"]


def test_a_call_stands_in_its_trace_as_one_over_mcp(server: Server, client: Client, world: World) -> None:
    answer = called(server, world.fuzzed.key, "search_parking", address="Vail")
    assert answer.json()["result"]["isError"] is False
    path = {"request_id": answer.headers["x-request-id"]}
    trace = client.call("getTrace", key=world.fuzzed.key, path=path).json()["trace"]
    assert (trace["action"], trace["agent_platform"]) == ("search_parking", "mcp")


@pytest.mark.parametrize("header", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}], ids=str)
def test_a_page_of_another_origin_may_not_call_tools(server: Server, header: dict[str, str]) -> None:
    answer = sent(server, "tools/list", **header)
    assert answer.status_code == 403
    assert answer.json()["error"]["data"]["error"]["code"] == "FORBIDDEN"
