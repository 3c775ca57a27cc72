"""Messages of JSON-RPC at /mcp as they are on the wire, sent by no client that knows the protocol."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.mcp.conftest import VERSIONS
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


def odd_calls() -> dict[str, dict[str, Any]]:
    """Return requests that look like a tool's call at first sight."""
    modern = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "search_parking"}
    call = message("tools/call", SEARCH)
    return {
        "a notification": {"json": {name: call[name] for name in ("jsonrpc", "method", "params")}},
        "no arguments": {"json": message("tools/call", SEARCH | {"arguments": "x"})},
        "no envelope": {"json": call, "headers": modern},
        "another version": {"json": call | {"jsonrpc": "1.0"}},
        "another tool in its header": {"json": call, "headers": modern | {"Mcp-Name": "get_rates"}},
    }


def requests_of_all_kinds() -> dict[str, dict[str, Any]]:
    typed = {"Content-Type": "application/json"}
    return odd_calls() | {
        "a list": {"json": message("tools/list")},
        "a call": {"json": message("tools/call", SEARCH)},
        "no JSON": {"content": b"{", "headers": typed},
        "no letters": {"content": b"\xff", "headers": typed},
        "half a letter": {
            "content": b'{"method": "tools/call", "params": {"name": "\\ud800"}}',
            "headers": typed,
        },
        "deep": {"content": b"[" * 200_000, "headers": typed},
        "a name that is none": {"json": message("tools/call", {"name": []})},
        "no message": {"json": []},
        "two messages": {"json": [message("ping"), message("ping")]},
        "an unknown method": {"json": message("tools/sing")},
        "a stream": {"json": message("subscriptions/listen", {"notifications": {}})},
        "an unknown tool": {"json": message("tools/call", {"name": "open_barrier"})},
        "text": {"content": b"{}", "headers": {"Content-Type": "text/plain"}},
        "compressed": {"content": b"{}", "headers": typed | {"Content-Encoding": "gzip"}},
        "another host": {"json": message("ping"), "headers": {"Host": "evil.example"}},
        "too large": {"content": b" " * 1_100_000, "headers": typed},
    }


@pytest.mark.parametrize("kind", requests_of_all_kinds())
def test_every_answer_carries_what_all_answers_of_ours_do(wire: httpx.Client, kind: str) -> None:
    answer = wire.post("/mcp", **requests_of_all_kinds()[kind])
    assert answer.status_code < 500, answer.text
    assert {"x-request-id", "x-ratelimit-limit", "x-ratelimit-remaining"} <= answer.headers.keys()
    assert answer.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in answer.headers
    if answer.status_code != 202:
        assert answer.headers["content-type"].partition(";")[0] == "application/json"
        assert answer.json()["jsonrpc"] == "2.0"
    assert wire.get("/api/v1/health").status_code == 200


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS"])
def test_only_posts_are_taken(wire: httpx.Client, method: str) -> None:
    answer = wire.request(method, "/mcp")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    envelope_of(answer, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("no JSON", 400, -32700),
        ("no letters", 400, -32700),
        ("deep", 400, -32700),
        ("half a letter", 400, -32700),
        ("no message", 400, -32600),
        ("two messages", 400, -32600),
        ("an unknown method", 200, -32601),
        ("a stream", 404, -32601),
        ("an unknown tool", 200, -32602),
        ("text", 415, -32600),
        ("compressed", 415, -32600),
        ("another host", 403, -32600),
        ("too large", 413, -32600),
    ],
)
def test_what_is_wrong_with_a_message_is_its_error(
    wire: httpx.Client, kind: str, status: int, code: int
) -> None:
    answer = wire.post("/mcp", **requests_of_all_kinds()[kind])
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


WRONG = {
    "nothing": ({}, "jsonrpc: this field is required"),
    "a list": ([message("ping")], "body: must be an object"),
    "a list of many": ([0] * 501, "body: holds more than 500 values, and not as it should"),
    "a number": (1, "body: must be an object"),
    "no version": ({"id": 1, "method": "ping"}, "jsonrpc: this field is required"),
    "another version": (message("ping") | {"jsonrpc": "1.0"}, "jsonrpc: must be 2.0"),
    "another version of a call": (message("tools/call", SEARCH) | {"jsonrpc": 2}, "jsonrpc: must be 2.0"),
    "no method": ({"jsonrpc": "2.0", "id": 1}, "method: this field is required"),
    "a method that is none": (message("ping") | {"method": 5}, "method: must be a text"),
    "parameters in a list": (message("ping") | {"params": [1]}, "params: must be null or an object"),
    "a result that is none": ({"jsonrpc": "2.0", "id": 1, "result": 5}, "method: this field is required"),
    "no id": (message("ping") | {"id": None}, "id: must be a whole number or a text"),
    "an id with a fraction": (message("ping") | {"id": 1.5}, "id: must be a whole number or a text"),
    "an id with a point": (message("ping") | {"id": 1.0}, "id: must be a whole number or a text"),
    "an id that is true": (message("ping") | {"id": True}, "id: must be a whole number or a text"),
}


@pytest.mark.parametrize("version", VERSIONS.values())
@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_message_is_told_in_one_sentence(wire: httpx.Client, kind: str, version: str) -> None:
    sent, sentence = WRONG[kind]
    headers = {"MCP-Protocol-Version": version, "Mcp-Method": "ping"}
    answer = wire.post("/mcp", json=sent, headers=headers)
    assert answer.status_code == 400
    error = envelope_of(answer, "BAD_REQUEST")
    assert (error["code"], error["message"]) == (-32600, sentence)


def test_what_answers_a_message_of_ours_is_taken_in_the_older_era(wire: httpx.Client) -> None:
    for said in ({"result": {}}, {"error": {"code": 1, "message": "no"}}):
        answer = wire.post("/mcp", json={"jsonrpc": "2.0", "id": 1, **said})
        assert (answer.status_code, answer.content) == (202, b"")


def test_a_stream_is_refused_also_in_the_newest_version_and_nobody_waits(wire: httpx.Client) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "subscriptions/listen"}
    sent = message("subscriptions/listen", {"_meta": meta, "notifications": {}})
    assert wire.post("/mcp", json=sent, headers=headers).status_code == 404
    assert wire.get("/api/v1/health").status_code == 200


def test_the_address_may_end_in_a_slash(wire: httpx.Client) -> None:
    for sent in (message("tools/list"), message("tools/call", SEARCH)):
        answers = [wire.post(path, json=sent) for path in ("/mcp", "/mcp/")]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].json() == answers[1].json()
    assert wire.post("/mcp/more", json=message("tools/list")).status_code == 404


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://agents.example", 200),
        ("http://localhost:6274", 200),
        ("http://localhost", 200),
        ("https://evil.example", 403),
        ("https://agents.example.evil.example", 403),
        ("null", 403),
    ],
)
def test_only_pages_that_may_call_are_answered(wire: httpx.Client, origin: str, status: int) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    preflight = wire.options("/mcp", headers=asked)
    assert preflight.status_code == (204 if status == 200 else 405)
    for sent in (message("tools/list"), message("tools/call", SEARCH)):
        answer = wire.post("/mcp", json=sent, headers={"Origin": origin})
        assert answer.status_code == status
        if status == 200:
            assert answer.headers.get_list("access-control-allow-origin") == [origin]
            assert answer.headers["vary"] == "Origin"
            assert "authorization" in preflight.headers["access-control-allow-headers"]
        else:
            assert "access-control-allow-origin" not in answer.headers
            envelope_of(answer, "FORBIDDEN")


@pytest.mark.parametrize(
    "hosts", [["evil.example"], ["127.0.0.1", "evil.example"], ["127.0.0.1.evil.example"]]
)
def test_a_page_that_poses_as_this_server_is_refused(server: Server, hosts: list[str]) -> None:
    content = json.dumps(message("tools/list")).encode()
    head = [b"POST /mcp HTTP/1.1", *(f"Host: {host}".encode() for host in hosts)]
    head += [b"Content-Type: application/json", f"Accept: {ACCEPT}".encode(), b"Connection: close"]
    head.append(b"Content-Length: %d" % len(content))
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(b"\r\n".join(head) + b"\r\n\r\n" + content)
        said = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert said.split()[1] in {b"400", b"403"}
    assert b'"jsonrpc"' in said or said.split()[1] == b"400"


CALLS: list[tuple[dict[str, Any], int, str | None]] = [
    (SEARCH, 200, None),
    ({"name": "search_parking", "arguments": {"lat": "north", "lng": "x"}}, 400, "BAD_REQUEST"),
    ({"name": "search_parking", "arguments": {"lat": 399, "lng": 1}}, 400, "BAD_REQUEST"),
]


@pytest.mark.parametrize(("call", "status", "code"), CALLS)
def test_a_call_is_traced_and_logged_as_one_of_this_platform(
    wire: httpx.Client, server: Server, call: dict[str, Any], status: int, code: str | None
) -> None:
    operator = {"Authorization": f"Bearer {server.sandbox['operator_key']}"}
    key = {"Authorization": f"Bearer {server.sandbox['api_key']}"}
    called = wire.post("/mcp", json=message("tools/call", call), headers=key)
    request_id = called.headers["x-request-id"]
    trace = _once(wire, f"/api/v1/operator/requests/{request_id}", operator)["trace"]
    assert (trace["operation_id"], trace["action"], trace["agent_platform"]) == (
        "dispatchPlatformAction",
        "search_parking",
        "mcp",
    )
    assert (trace["status"], trace.get("error_code")) == (status, code)
    stored = server.rows(f"SELECT lat, forget_at FROM traces WHERE request_id = '{request_id}'")
    assert [(row.lat is None, row.forget_at is None) for row in stored] == [(True, False)]
    log = wire.get("/api/v1/operator/audit-log", headers=operator).json()["data"]
    mine = next(entry for entry in log if entry["request_id"] == request_id)
    assert (mine["action"], mine["agent_platform"], mine["diff"]) == (
        "search_parking",
        "mcp",
        {"outcome": code or "ok"},
    )


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


def test_what_only_looks_like_a_call_is_paid_as_a_page(tmp_path: Path) -> None:
    with running(tmp_path / "home", PARKGRAPH_BUDGET_PAGES="3") as server:
        for sent in odd_calls().values():
            with httpx.Client(base_url=server.url, headers={"Accept": ACCEPT}, trust_env=False) as wire:
                statuses = [wire.post("/mcp", **sent).status_code for _ in range(5)]
            assert 429 in statuses
