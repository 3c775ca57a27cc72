"""Messages of JSON-RPC at /mcp as they are on the wire, sent by no client that knows the protocol."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.servers import Server, running

ACCEPT = "application/json, text/event-stream"
SEARCH = {"name": "search_parking", "arguments": {"address": "Lionshead", "limit": 1}}


@pytest.fixture
def wire(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers={"Accept": ACCEPT}, trust_env=False) as client:
        yield client


def message(method: str, params: Any = None, number: int = 1) -> dict[str, Any]:
    """Write a request."""
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}}


def envelope_of(answer: httpx.Response, code: str) -> dict[str, Any]:
    """Return the error of a message that was refused, whose data is our envelope."""
    said = answer.json()
    assert (said["jsonrpc"], said["id"]) == ("2.0", None)
    assert said["error"]["data"]["error"]["code"] == code
    assert said["error"]["message"] == said["error"]["data"]["error"]["message"]
    assert said["error"]["data"]["error"]["request_id"] == answer.headers["x-request-id"]
    return said["error"]


def test_an_evening_by_plain_messages(wire: httpx.Client, server: Server) -> None:
    began = wire.post(
        "/mcp",
        json=message(
            "initialize",
            {
                "protocolVersion": "2025-11-25",
                "capabilities": {},
                "clientInfo": {"name": "script", "version": "1"},
            },
        ),
    ).json()["result"]
    assert (began["protocolVersion"], began["serverInfo"]["name"]) == ("2025-11-25", "park-graph")
    noted = wire.post("/mcp", json={"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (noted.status_code, noted.content) == (202, b"")
    listed = wire.post("/mcp", json=message("tools/list")).json()["result"]["tools"]
    assert len(listed) == 8
    key = {"Authorization": f"Bearer {server.sandbox['api_key']}"}

    def call(name: str, **arguments: Any) -> dict[str, Any]:
        sent = message("tools/call", {"name": name, "arguments": arguments})
        result: dict[str, Any] = wire.post("/mcp", json=sent, headers=key).json()["result"]
        assert not result["isError"], result
        return result["structuredContent"]

    [lot] = call("search_parking", address="Lionshead", limit=1)["lots"]
    session = call("create_session", lot_id=lot["id"], plate="MCP 1", payment_method="pm_card_visa")[
        "session"
    ]
    mine = {"session_id": session["id"], "session_code": session["session_code"]}
    assert call("end_session", **mine)["session"]["status"] == "completed"


def test_a_message_of_the_newest_version_needs_no_handshake(wire: httpx.Client) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "search_parking"}
    sent = message("tools/call", SEARCH | {"_meta": meta})
    answer = wire.post("/mcp", json=sent, headers=headers)
    result = answer.json()["result"]
    assert (result["resultType"], result["isError"]) == ("complete", False)
    assert len(result["structuredContent"]["lots"]) == 1
    mismatch = wire.post("/mcp", json=sent, headers=headers | {"Mcp-Name": "get_rates"})
    assert (mismatch.status_code, mismatch.json()["error"]["code"]) == (400, -32020)


def test_every_answer_carries_what_all_answers_of_ours_do(wire: httpx.Client) -> None:
    for sent in (message("tools/list"), message("tools/call", SEARCH)):
        headers = wire.post("/mcp", json=sent).headers
        assert {"x-request-id", "x-ratelimit-limit", "x-ratelimit-remaining"} <= headers.keys()
        assert headers["content-type"].partition(";")[0] == "application/json"
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS"])
def test_only_posts_are_taken(wire: httpx.Client, method: str) -> None:
    answer = wire.request(method, "/mcp")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    envelope_of(answer, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", -32700),
        (b"\xff\xfe", -32700),
        (b"[]", -32600),
        (json.dumps([message("ping"), message("ping")]).encode(), -32600),
        (b'"tools/list"', -32600),
    ],
)
def test_what_is_no_message_is_said_to_be_none(wire: httpx.Client, content: bytes, code: int) -> None:
    answer = wire.post("/mcp", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in {code, -32602}


def test_an_unknown_method_is_an_error(wire: httpx.Client) -> None:
    assert wire.post("/mcp", json=message("tools/sing")).json()["error"]["code"] == -32601


def test_a_message_is_no_larger_than_any_body(wire: httpx.Client) -> None:
    answer = wire.post("/mcp", json=message("tools/call", {"name": "x" * 1_100_000}))
    assert answer.status_code == 413
    envelope_of(answer, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://agents.example", 200),
        ("http://localhost:6274", 200),
        ("https://evil.example", 403),
        ("https://agents.example.evil.example", 403),
        ("null", 403),
    ],
)
def test_only_pages_that_may_call_are_answered(wire: httpx.Client, origin: str, status: int) -> None:
    for sent in (message("tools/list"), message("tools/call", SEARCH)):
        answer = wire.post("/mcp", json=sent, headers={"Origin": origin})
        assert answer.status_code == status
        if status == 403:
            envelope_of(answer, "FORBIDDEN")


def test_a_page_that_poses_as_this_server_is_refused(wire: httpx.Client) -> None:
    answer = wire.post("/mcp", json=message("tools/list"), headers={"Host": "evil.example"})
    assert answer.status_code == 421


def test_a_call_is_traced_and_logged_as_one_of_this_platform(wire: httpx.Client, server: Server) -> None:
    operator = {"Authorization": f"Bearer {server.sandbox['operator_key']}"}
    key = {"Authorization": f"Bearer {server.sandbox['api_key']}"}
    called = wire.post("/mcp", json=message("tools/call", SEARCH), headers=key)
    request_id = called.headers["x-request-id"]
    trace = _once(wire, f"/api/v1/operator/requests/{request_id}", operator)["trace"]
    assert (trace["operation_id"], trace["action"], trace["agent_platform"]) == (
        "dispatchPlatformAction",
        "search_parking",
        "mcp",
    )
    log = wire.get("/api/v1/operator/audit-log", headers=operator).json()["data"]
    mine = next(entry for entry in log if entry["request_id"] == request_id)
    assert (mine["action"], mine["agent_platform"]) == ("search_parking", "mcp")


def _once(wire: httpx.Client, path: str, headers: dict[str, str]) -> dict[str, Any]:
    """Get what is written a moment after the answer."""
    for _ in range(100):
        answer = wire.get(path, headers=headers)
        if answer.status_code == 200:
            found: dict[str, Any] = answer.json()
            return found
    raise AssertionError(answer.text)


def test_budgets_are_those_of_every_other_way(tmp_path: Path) -> None:
    """A call costs what its tool does, any other message a page; nobody calls more often by MCP."""
    few = {
        "PARKGRAPH_BUDGET_PAGES": "3",
        "PARKGRAPH_BUDGET_ANONYMOUS": "2",
        "PARKGRAPH_BUDGET_SANDBOX_AGENT": "2",
    }
    with (
        running(tmp_path / "home", **few) as server,
        httpx.Client(base_url=server.url, trust_env=False) as wire,
    ):
        wire.headers["Accept"] = ACCEPT
        key = {"Authorization": f"Bearer {server.sandbox['api_key']}"}
        for headers in (key, {}):
            results = [
                wire.post("/mcp", json=message("tools/call", SEARCH), headers=headers).json()["result"]
                for _ in range(3)
            ]
            assert [result["isError"] for result in results] == [False, False, True]
            assert results[-1]["structuredContent"]["error"]["code"] == "RATE_LIMITED"
        answers = [wire.post("/mcp", json=message("tools/list")) for _ in range(5)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert 2 <= len(refused) < len(answers)
        assert int(refused[0].headers["retry-after"]) >= 1
        envelope_of(refused[0], "RATE_LIMITED")
