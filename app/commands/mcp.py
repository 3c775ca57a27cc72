"""parkgraph mcp: the tools for programs that start an MCP server themselves, as desktop clients do."""

import asyncio
import os
import re
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import click
import httpx2
from mcp.server import ServerRequestContext
from mcp.server.stdio import stdio_server

from app.commands import sandbox_file
from app.contract.document import Contract
from app.mcp import calls, server
from app.mcp.calls import Answered
from app.settings import from_environment

KEY_VARIABLE: Final = "PARK_GRAPH_KEY"

_NO_KEY: Final = f"This takes an API key. Put one into {KEY_VARIABLE} where parkgraph mcp is started."
_HOST: Final = r"(\[[0-9a-fA-F:.]+\]|[\w.-]+)(:[0-9]{1,5})?"
_PATIENCE_SECONDS: Final = 50.0
"""Longer than the server takes for anything."""


@click.command()
@click.option("--url", metavar="URL", help="The Park Graph to call.")
def mcp(url: str | None) -> None:
    """Serve the tools over standard input and output (MCP).

    For clients on a desktop, which start this themselves and end it by closing its input. Each call goes to
    a running Park Graph, with the API key in PARK_GRAPH_KEY. Without one, tools that only read work all the
    same, where the server shows lots to anyone.

    Without --url it is the server that parkgraph run started in this home, and the key of its sandbox.
    """
    key = os.environ.get(KEY_VARIABLE, "").strip() or None
    home = from_environment().home
    if url is None:
        sandbox = sandbox_file.find(home)
        if sandbox is None:
            message = f"There is no sandbox in {home} ({home.absolute()}). "
            raise click.ClickException(f"{message}Name its home with PARKGRAPH_HOME, or a server with --url.")
        url, key = sandbox.url, key or sandbox.api_key
    asyncio.run(_serve(_address(url), _sendable(key)))


def _address(url: str) -> str:
    """Return where a server is; a password in it would be shown to models."""
    parts = urlsplit(url)
    is_server = parts.scheme in {"http", "https"} and re.fullmatch(_HOST, parts.netloc)
    if not is_server or parts.path.strip("/"):
        raise click.ClickException(f"{url!r} is no server; say for example --url https://parking.example")
    return f"{parts.scheme}://{parts.netloc}"


def _sendable(key: str | None) -> str | None:
    if key is not None and not re.fullmatch(r"[!-~]+", key):
        raise click.ClickException(f"{KEY_VARIABLE} holds no API key.")
    return key


async def _serve(url: str, key: str | None) -> None:
    contract = Contract.read()
    headers = {"User-Agent": "parkgraph-mcp"} | ({"Authorization": f"Bearer {key}"} if key else {})
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=_PATIENCE_SECONDS) as http:

        async def call(_: "ServerRequestContext[Any, Any]", tool: str, arguments: dict[str, Any]) -> Answered:
            request = calls.request_of(contract, tool, arguments, has_key=key is not None)
            return await _sent(http, request)

        tools = server.build(contract, call)
        async with stdio_server() as (read, write):
            await tools.run(read, write, tools.create_initialization_options())


async def _sent(http: httpx2.AsyncClient, request: calls.Request) -> Answered:
    path = f"{request.path}?{request.query}" if request.query else request.path
    try:
        answer = await http.request(
            request.method,
            path,
            content=request.content or None,
            headers={"Content-Type": "application/json"} if request.content else None,
        )
        answered = calls.answered_from_afar(answer.status_code, answer.content)
    except (httpx2.TransportError, ValueError):  # nobody is there, or somebody else
        message = f"There is no answer from Park Graph at {http.base_url}. Try again later."
        return calls.refusal("SERVICE_UNAVAILABLE", message)
    if answer.status_code == HTTPStatus.UNAUTHORIZED and "Authorization" not in http.headers:
        return calls.refusal("UNAUTHORIZED", _NO_KEY)
    return answered
