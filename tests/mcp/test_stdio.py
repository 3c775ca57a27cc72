"""The tools over standard input and output, as a client on a desktop starts them."""

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from tests.ports import free_port
from tests.servers import Server, environment, parkgraph

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
    error = refused.structured_content["error"]
    assert error["code"] == "UNAUTHORIZED"
    assert "PARK_GRAPH_KEY" in error["message"]  # whoever uses such a client sends no headers


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
    where = "Name its home with PARKGRAPH_HOME, or a server with --url."
    assert done.stderr.strip() == f"Error: There is no sandbox in {tmp_path} ({tmp_path}). {where}"


def test_a_misspelt_setting_is_told_although_another_server_is_named(tmp_path: Path) -> None:
    done = parkgraph(tmp_path, "mcp", "--url", "http://127.0.0.1:1", PARKGRAPH_KEY="pk_test_nonsense")
    assert done.returncode != 0
    assert done.stderr.startswith("Error: PARKGRAPH_KEY is no setting; ")


@contextmanager
def stranger(status: int, content: bytes) -> Iterator[str]:
    """Run a server that is not ours and always answers the same."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (502, b"<html>Bad gateway</html>"),
        (502, b'{"error": "Bad gateway"}'),
        (502, b'{"error": null}'),
        (200, b"[]"),
        (200, b'"x"'),
        (302, b""),
    ],
)
def test_what_a_stranger_answers_is_a_refusal(tmp_path: Path, status: int, content: bytes) -> None:
    with stranger(status, content) as url:
        seen = by_stdio(
            tmp_path, "--url", url, work=lambda client: client.call_tool("search_parking", SEARCH)
        )
    assert seen.structured_content["error"]["code"] == "SERVICE_UNAVAILABLE"


def test_an_empty_key_is_none(server: Server, tmp_path: Path) -> None:
    seen = by_stdio(
        tmp_path,
        "--url",
        server.url,
        work=lambda client: client.call_tool("search_parking", SEARCH),
        PARK_GRAPH_KEY=" ",
    )
    assert not seen.is_error


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8080",
        "http://127.0.0.1:port",
        "https://ada:secret@parking.example",
        "https://a.example/mcp",
    ],
)
def test_an_address_that_is_none_is_one_sentence(tmp_path: Path, url: str) -> None:
    done = parkgraph(tmp_path, "mcp", "--url", url)
    assert done.returncode != 0
    assert done.stderr.startswith(f"Error: {url!r} is no server; say for example --url https://")
    assert done.stderr.count("\n") == 1


def test_a_key_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    done = parkgraph(tmp_path, "mcp", "--url", "https://parking.example", PARK_GRAPH_KEY="pk_tést")
    assert (done.returncode != 0, done.stderr) == (True, "Error: PARK_GRAPH_KEY holds no API key.\n")
