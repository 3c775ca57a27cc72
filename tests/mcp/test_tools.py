"""The tools over MCP, by the official client, in both eras of the protocol."""

import json
from typing import Any

import pytest
from mcp import Client, MCPError

from app.contract import tools
from app.contract.document import Contract
from tests.mcp.conftest import LEGACY, MODERN, VERSIONS, called, with_client
from tests.servers import Server
from tests.test_transcript import LIFTHOUSE, LIONSHEAD, VAIL, advance, new_sandbox

ERAS = pytest.mark.parametrize("mode", [LEGACY, MODERN])
NOWHERE = "019d79bb-20c0-7128-a24b-e40ad23f0824"


def code_of(result: Any) -> str:
    """Return the code of a refusal, which is the same in words."""
    assert result.is_error
    assert json.loads(result.content[0].text) == result.structured_content
    code: str = result.structured_content["error"]["code"]
    return code


@ERAS
def test_the_tools_are_the_contracts(server: Server, mode: str) -> None:
    listed = with_client(server, lambda client: client.list_tools(), mode=mode)
    written = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in listed.tools]
    form = json.dumps(tools.project(Contract.read(), "mcp"))
    assert written == json.loads(form)


@ERAS
def test_a_server_says_what_it_is_for(server: Server, mode: str) -> None:
    async def about(client: Client) -> tuple[Any, Any, str]:
        return client.server_info, client.instructions, client.protocol_version

    info, instructions, version = with_client(server, about, mode=mode)
    assert version == VERSIONS[mode]
    assert (info.name, info.version) == ("park-graph", "1.4.0")
    assert instructions.startswith("# Park a car\n")
    assert {name for name in Contract.read().actions if name not in instructions} == set()


@ERAS
def test_a_driver_parks_at_lionshead_for_four_hours(server: Server, mode: str) -> None:
    key = new_sandbox(server)["api_key"]

    async def evening(client: Client) -> list[dict[str, Any]]:
        async def call(tool: str, **arguments: Any) -> dict[str, Any]:
            result = await client.call_tool(tool, arguments)
            assert not result.is_error, result.structured_content
            assert json.loads(result.content[0].text) == result.structured_content
            return result.structured_content

        lots = {lot["name"]: lot for lot in (await call("search_parking", **VAIL))["lots"]}
        assert lots[LIFTHOUSE]["available"] == 12
        lot_id = lots[LIONSHEAD]["id"]
        spaces = (await call("check_availability", lot_id=lot_id))["availability"]["available"]
        rate = (await call("get_rates", lot_id=lot_id))["rates"]["rate"]
        started = (await call("create_session", lot_id=lot_id, plate="CO-7891"))["session"]
        mine = {"session_id": started["id"], "session_code": started["session_code"]}
        advance(server, key, 3600)
        seen = (await call("get_session", session_id=started["id"]))["session"]
        longer = (await call("extend_session", extend_hours=1, **mine))["session"]
        advance(server, key, 14_472 - 3600)
        ended = (await call("end_session", **mine))["session"]
        refund = (await call("request_refund", session_id=started["id"], amount=6))["refund"]
        return [{"spaces": spaces, "rate": rate}, seen["payment"], longer["payment"], ended, refund]

    found, seen, longer, ended, refund = with_client(server, evening, mode=mode, key=key)
    assert found == {"spaces": 87, "rate": 6.0}
    assert seen == {"status": "authorized", "authorized": 25.5}
    assert longer == {"status": "authorized", "authorized": 31.5}
    assert (ended["status"], ended["subtotal"], ended["owner_payout"]) == ("completed", 24.12, 21.71)
    assert (refund["amount"], refund["status"]) == (6.0, "succeeded")


def lionshead(server: Server) -> dict[str, Any]:
    """Find a lot as a model would."""
    result = called(server, "search_parking", {"address": "Lionshead", "limit": 1})
    [lot] = result.structured_content["lots"]
    return lot


@ERAS
@pytest.mark.parametrize("tool", ["search_parking", "check_availability", "get_rates"])
def test_what_only_reads_needs_no_key(server: Server, mode: str, tool: str) -> None:
    search = {"address": "Lionshead", "limit": 1, "open_now": False}
    given = search if tool == "search_parking" else {"lot_id": lionshead(server)["id"]}
    by_key = called(server, tool, given, mode=mode, key=server.sandbox["api_key"])
    by_nobody = called(server, tool, given, mode=mode)
    assert not by_nobody.is_error
    assert by_nobody.structured_content == by_key.structured_content


@ERAS
def test_whoever_changes_something_needs_a_key(server: Server, mode: str) -> None:
    wishes = {"session_id": NOWHERE, "session_code": "sess_abc123"}
    assert code_of(called(server, "end_session", wishes, mode=mode)) == "UNAUTHORIZED"
    bad = called(server, "search_parking", VAIL, mode=mode, key="pk_test_nonsense")
    assert code_of(bad) == "UNAUTHORIZED"


REFUSED: list[tuple[str, dict[str, Any], str, str | None]] = [
    ("search_parking", {"lat": "north", "lng": 1}, "BAD_REQUEST", "lat"),
    ("search_parking", {"lat": 39.6}, "BAD_REQUEST", "lng"),
    ("search_parking", {"lat": None, "lng": [1, {}]}, "BAD_REQUEST", "lat"),
    ("search_parking", {"address": "\x00"}, "BAD_REQUEST", "address"),
    ("search_parking", {"radius": 2}, "BAD_REQUEST", "radius"),
    ("get_rates", {}, "BAD_REQUEST", "lot_id"),
    ("get_rates", {"lot_id": "../../session"}, "BAD_REQUEST", "lot_id"),
    ("get_rates", {"lot_id": NOWHERE}, "NOT_FOUND", None),
]


@ERAS
@pytest.mark.parametrize("has_key", [True, False])
@pytest.mark.parametrize("refused", REFUSED)
def test_a_refusal_names_the_argument(
    server: Server, mode: str, has_key: bool, refused: tuple[str, dict[str, Any], str, str | None]
) -> None:
    tool, arguments, code, field = refused
    key = server.sandbox["api_key"] if has_key else None
    result = called(server, tool, arguments, mode=mode, key=key)
    assert code_of(result) == code
    error = result.structured_content["error"]
    if field is not None:
        assert field in {detail["field"] for detail in error["details"]}
        assert error["message"].startswith(error["details"][0]["field"])


@ERAS
def test_an_argument_that_is_missing_is_told_alike_with_a_key_and_without(server: Server, mode: str) -> None:
    for tool in ("check_availability", "get_rates"):
        for key in (server.sandbox["api_key"], None):
            error = called(server, tool, {}, mode=mode, key=key).structured_content["error"]
            assert error["details"] == [{"field": "lot_id", "message": "this field is required"}]
            assert error["message"] == "lot_id: this field is required"


@ERAS
def test_an_unknown_tool_is_an_error_of_the_message(server: Server, mode: str) -> None:
    async def call(client: Client) -> MCPError:
        with pytest.raises(MCPError) as raised:
            await client.call_tool("open_barrier", {})
        return raised.value

    error = with_client(server, call, mode=mode).error
    assert (error.code, error.message) == (-32602, "There is no tool open_barrier.")


def test_a_call_that_is_sent_again_under_its_key_is_done_once(server: Server) -> None:
    key = new_sandbox(server)["api_key"]
    [lot] = called(server, "search_parking", VAIL | {"limit": 1}, key=key).structured_content["lots"]
    order = {"lot_id": lot["id"], "plate": "CO-1", "idempotency_key": "vail-1"}
    made = [called(server, "create_session", order, key=key).structured_content for _ in range(2)]
    assert made[0]["session"]["id"] == made[1]["session"]["id"]
