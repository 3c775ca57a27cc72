"""The tools over standard input and output, as a client on a desktop starts them."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters

from tests.servers import Server, environment, free_port, parkgraph

SEARCH = {"address": "Lionshead", "limit": 1}


def by_stdio(
    home: Path, *words: str, work: Callable[[Client], Awaitable[Any]], mode: str = "auto", **more: str
) -> Any:
    """Start `parkgraph mcp` as a client does, and do something with it."""
    started = StdioServerParameters(
        command=sys.executable, args=["-m", "app.cli", "mcp", *words], env=dict(environment(home, **more))
    )

    async def run() -> Any:
        async with Client(started, mode=mode) as client:
            return await work(client)

    return asyncio.run(run())


def test_a_desktop_client_calls_the_server_that_runs_here(server: Server) -> None:
    async def evening(client: Client) -> list[Any]:
        listed = await client.list_tools()
        found = await client.call_tool("search_parking", SEARCH)
        [lot] = found.structured_content["lots"]
        order = {"lot_id": lot["id"], "plate": "DESK 1", "payment_method": "pm_card_visa"}
        return [len(listed.tools), (await client.call_tool("create_session", order)).structured_content]

    for mode in ("legacy", "auto"):
        number, made = by_stdio(server.home, work=evening, mode=mode)
        assert number == 8
        session = made["session"]
        with server.client() as client:
            end = {"session_code": session["session_code"]}
            assert client.post(f"/api/v1/sessions/{session['id']}/end", json=end).status_code == 200


def test_without_a_key_it_only_reads(server: Server, tmp_path: Path) -> None:
    async def both(client: Client) -> tuple[Any, Any]:
        looked_up = {"session_id": "019d79bb-20c0-7128-a24b-e40ad23f0824"}
        return await client.call_tool("search_parking", SEARCH), await client.call_tool(
            "get_session", looked_up
        )

    found, refused = by_stdio(tmp_path, "--url", server.url, work=both)
    assert not found.is_error
    assert refused.structured_content["error"]["code"] == "UNAUTHORIZED"


def test_the_key_comes_from_the_environment(server: Server, tmp_path: Path) -> None:
    key = {"PARK_GRAPH_KEY": server.sandbox["api_key"]}
    looked_up = {"session_id": "019d79bb-20c0-7128-a24b-e40ad23f0824"}
    seen = by_stdio(
        tmp_path, "--url", server.url, work=lambda client: client.call_tool("get_session", looked_up), **key
    )
    assert seen.structured_content["error"]["code"] == "NOT_FOUND"


def test_a_server_that_is_away_is_a_refusal(tmp_path: Path) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    seen = by_stdio(tmp_path, "--url", away, work=lambda client: client.call_tool("search_parking", SEARCH))
    error = seen.structured_content["error"]
    assert seen.is_error
    assert (error["code"], away in error["message"]) == ("SERVICE_UNAVAILABLE", True)


def test_without_a_sandbox_it_asks_for_an_address(tmp_path: Path) -> None:
    done = parkgraph(tmp_path, "mcp")
    assert done.returncode != 0
    assert done.stderr.strip() == "Error: There is no sandbox here. Name a server with --url."
