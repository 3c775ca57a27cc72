"""One server for these tests, and the official client to call it with."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.servers import Server, running

T = TypeVar("T")

LEGACY, MODERN = "legacy", "auto"
"""How the client begins: with a handshake, or by asking for the newest version that both know."""
VERSIONS = {LEGACY: "2025-11-25", MODERN: "2026-07-28"}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server that may be called more often than 30 times a minute, by a sandbox's key or by nobody."""
    more = {
        "PARKGRAPH_BUDGET_SANDBOX_AGENT": "3000",
        "PARKGRAPH_BUDGET_ANONYMOUS": "3000",
        "PARKGRAPH_MCP_ORIGINS": "https://agents.example",
    }
    with running(tmp_path_factory.mktemp("mcp") / "home", **more) as server:
        yield server


@asynccontextmanager
async def connected(url: str, *, mode: str, headers: dict[str, str] | None = None) -> AsyncIterator[Client]:
    """Connect the official client over streamable HTTP."""
    async with httpx2.AsyncClient(headers=headers) as http:
        transport = streamable_http_client(f"{url}/mcp", http_client=http)
        async with Client(transport, mode=mode) as client:
            yield client


def with_client(
    server: Server, work: Callable[[Client], Awaitable[T]], *, mode: str = MODERN, key: str | None = None
) -> T:
    """Do something with a client that is connected, with a key or without."""

    async def run() -> T:
        headers = {"Authorization": f"Bearer {key}"} if key else None
        async with connected(server.url, mode=mode, headers=headers) as client:
            return await work(client)

    return asyncio.run(run())


def called(
    server: Server, tool: str, arguments: dict[str, Any], *, mode: str = MODERN, key: str | None = None
) -> Any:
    """Call one tool and return its result."""
    return with_client(server, lambda client: client.call_tool(tool, arguments), mode=mode, key=key)
