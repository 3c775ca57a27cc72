"""Calls answered without the package: it would have answered alike, and whatever is unusual is still its."""

from typing import Any

import httpx
import pytest

from app.mcp.messages import plain_call
from tests.servers import Server

MODERN = "2026-07-28"
SEARCH = {"address": "Lionshead", "limit": 1}
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}},
    "io.modelcontextprotocol/clientInfo": {"name": "script", "version": "1"},
}
ERAS: dict[str, dict[str, str]] = {
    "no version": {},
    "2025-11-25": {"MCP-Protocol-Version": "2025-11-25"},
    "2024-11-05": {"MCP-Protocol-Version": "2024-11-05"},
    MODERN: {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": "search_parking"},
}
CALLS: dict[str, dict[str, Any]] = {
    "what is found": {"arguments": SEARCH},
    "what is nowhere": {"arguments": {"address": "Nowhere at all"}},
    "letters of all kinds": {"arguments": {"address": "Zürich \U0001f697 \u2028"}},
    "a refusal that names its field": {"arguments": {"lat": 91, "lng": 0}},
    "an argument that there is none": {"arguments": SEARCH | {"colour": "red"}},
    "nothing to look for": {"arguments": {}},
    "no arguments": {},
    "a token of progress": {"arguments": SEARCH, "_meta": {"progressToken": 7}},
}
NUMBERS = [1, 0, -7, 2**53, "one", ""]
TO_THE_PACKAGE = {"Mcp-Param-Colour": "red"}
"""A header that no tool of ours declares: it changes nothing, but it is unusual."""


def message(call: dict[str, Any], *, era: str, number: Any = 1) -> dict[str, Any]:
    """Write a call of `search_parking` as a client of an era does."""
    params = {"name": "search_parking", **call}
    if era == MODERN:
        params["_meta"] = META | params.get("_meta", {})
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


def headers_of(era: str, **more: str) -> dict[str, str]:
    """Return the headers that a client of an era sends."""
    return {"Accept": "application/json, text/event-stream", **ERAS[era], **more}


def raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Return headers as a server reads them."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


def said(answer: httpx.Response) -> tuple[int, str, Any]:
    """Return what an answer says, its request id aside, and how large the budget is that paid for it."""
    request_id = answer.headers["x-request-id"]
    text = answer.text.replace(request_id, "req")
    paid_by = answer.headers["x-ratelimit-limit"]
    return answer.status_code, paid_by, httpx.Response(200, text=text).json()


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("kind", CALLS)
def test_a_plain_call_is_answered_as_the_package_would(server: Server, kind: str, era: str) -> None:
    sent = message(CALLS[kind], era=era)
    assert plain_call(sent, raw(headers_of(era))) is not None
    assert plain_call(sent, raw(headers_of(era, **TO_THE_PACKAGE))) is None
    url = f"{server.url}/mcp"
    ours = httpx.post(url, json=sent, headers=headers_of(era))
    theirs = httpx.post(url, json=sent, headers=headers_of(era, **TO_THE_PACKAGE))
    assert said(ours) == said(theirs)
    assert ours.status_code == 200


@pytest.mark.parametrize("number", NUMBERS)
def test_an_answer_has_the_number_of_its_call(server: Server, number: Any) -> None:
    sent = message(CALLS["what is found"], era=MODERN, number=number)
    answers = [
        httpx.post(f"{server.url}/mcp", json=sent, headers=headers_of(MODERN, **more))
        for more in ({}, TO_THE_PACKAGE)
    ]
    assert [answer.json()["id"] for answer in answers] == [number, number]
    assert plain_call(sent, raw(headers_of(MODERN))) is not None


def test_a_call_without_a_key_is_refused_alike(server: Server) -> None:
    params = {"name": "end_session", "arguments": {}}
    sent = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    assert plain_call(sent, raw(headers_of("no version"))) is not None
    answers = [
        said(httpx.post(f"{server.url}/mcp", json=sent, headers=headers_of("no version", **more)))
        for more in ({}, TO_THE_PACKAGE)
    ]
    assert answers[0] == answers[1]
    result = answers[0][2]["result"]
    assert (result["isError"], result["structuredContent"]["error"]["code"]) == (True, "UNAUTHORIZED")


@pytest.mark.parametrize("more", [{}, TO_THE_PACKAGE], ids=["plain", "by the package"])
@pytest.mark.parametrize("era", ERAS)
def test_the_person_and_the_conversation_that_chatgpt_names_stand_in_the_trace(
    server: Server, era: str, more: dict[str, str]
) -> None:
    key = {"Authorization": f"Bearer {server.sandbox['operator_key']}"}
    named = {"openai/subject": "v1/person", "openai/session": "v1/evening"}
    sent = message({"arguments": SEARCH, "_meta": named}, era=era)
    answer = httpx.post(f"{server.url}/mcp", json=sent, headers=headers_of(era, **key, **more))
    request_id = answer.headers["x-request-id"]
    trace = httpx.get(f"{server.url}/api/v1/operator/requests/{request_id}", headers=key).json()["trace"]
    assert (trace["end_user_id"], trace["conversation_id"]) == ("v1/person", "v1/evening")
    assert (trace["action"], trace["agent_platform"]) == ("search_parking", "mcp")


LEGACY_CALL = message(CALLS["what is found"], era="no version")
MODERN_CALL = message(CALLS["what is found"], era=MODERN)
LEGACY_PARAMS, MODERN_PARAMS = LEGACY_CALL["params"], MODERN_CALL["params"]
ODD: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "one field more": (LEGACY_CALL | {"token": 1}, headers_of("no version")),
    "another JSON-RPC": (LEGACY_CALL | {"jsonrpc": "1.0"}, headers_of("no version")),
    "no number": (
        {name: LEGACY_CALL[name] for name in LEGACY_CALL if name != "id"},
        headers_of("no version"),
    ),
    "half a number": (LEGACY_CALL | {"id": 1.5}, headers_of("no version")),
    "a truth for a number": (LEGACY_CALL | {"id": True}, headers_of("no version")),
    "nothing for a number": (LEGACY_CALL | {"id": None}, headers_of("no version")),
    "a list of arguments": (
        LEGACY_CALL | {"params": LEGACY_PARAMS | {"arguments": []}},
        headers_of("no version"),
    ),
    "one parameter more": (LEGACY_CALL | {"params": LEGACY_PARAMS | {"task": {}}}, headers_of("no version")),
    "a token of no kind": (
        LEGACY_CALL | {"params": LEGACY_PARAMS | {"_meta": {"progressToken": []}}},
        headers_of("no version"),
    ),
    "a version of tomorrow": (
        LEGACY_CALL,
        headers_of("no version", **{"MCP-Protocol-Version": "2031-01-01"}),
    ),
    "an empty version": (LEGACY_CALL, headers_of("no version", **{"MCP-Protocol-Version": ""})),
    "nothing said of it": (
        LEGACY_CALL | {"params": LEGACY_PARAMS | {"_meta": None}},
        headers_of("no version"),
    ),
    "no token of progress": (
        LEGACY_CALL | {"params": LEGACY_PARAMS | {"_meta": {"progressToken": None}}},
        headers_of("no version"),
    ),
    "everything accepted": (LEGACY_CALL, headers_of("no version", Accept="*/*")),
    "no JSON accepted": (LEGACY_CALL, headers_of("no version", Accept="text/event-stream")),
    "no envelope": (LEGACY_CALL, headers_of(MODERN)),
    "another tool in the header": (MODERN_CALL, headers_of(MODERN, **{"Mcp-Name": "get_rates"})),
    "a version that is a number": (
        MODERN_CALL
        | {"params": MODERN_PARAMS | {"_meta": META | {"io.modelcontextprotocol/protocolVersion": 7}}},
        headers_of(MODERN),
    ),
}


@pytest.mark.parametrize("kind", ODD)
def test_whatever_is_unusual_is_left_to_the_package(server: Server, kind: str) -> None:
    sent, headers = ODD[kind]
    assert plain_call(sent, raw(headers)) is None
    answer = httpx.post(f"{server.url}/mcp", json=sent, headers=headers)
    assert answer.status_code < 500, answer.text
    assert "x-ratelimit-remaining" in answer.headers
    assert answer.status_code == 202 or answer.json()["jsonrpc"] == "2.0"


@pytest.mark.parametrize(
    "headers",
    [
        {"Mcp-Method": "tools/call"},
        {"Mcp-Name": "search_parking"},
        {"Mcp-Method": "tools/call", "Mcp-Name": "search_parking"},
        {"Mcp-Method": "tools/call", "Mcp-Name": "=?base64?c2VhcmNoX3Bhcmtpbmc=?="},
    ],
    ids=str,
)
def test_a_call_pays_from_its_own_budget_alone(server: Server, headers: dict[str, str]) -> None:
    pages = httpx.get(f"{server.url}/openapi.json").headers["x-ratelimit-remaining"]
    sent = message(CALLS["what is found"], era="no version")
    answer = httpx.post(f"{server.url}/mcp", json=sent, headers=headers_of("no version", **headers))
    assert answer.json()["result"]["isError"] is False
    assert int(httpx.get(f"{server.url}/openapi.json").headers["x-ratelimit-remaining"]) >= int(pages) - 1


def test_a_header_that_comes_twice_is_unusual() -> None:
    headers = raw(headers_of(MODERN))
    assert plain_call(MODERN_CALL, headers) is not None
    for each in headers:
        assert plain_call(MODERN_CALL, [*headers, each]) is None
