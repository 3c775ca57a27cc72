"""Send requests to an ASGI application inside this process, and count the CPU time of all its threads."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.frame.requests import ACTION_BODY, ACTION_PATH, KEY, SEARCH_PATH, SEARCH_QUERY

Application = Callable[..., Awaitable[None]]

_HEADERS = [
    (b"host", b"127.0.0.1:8080"),
    (b"authorization", f"Bearer {KEY}".encode()),
    (b"accept", b"application/json"),
    (b"user-agent", b"bench"),
]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request."""

    name: str
    method: str
    path: str
    query: bytes = b""
    body: bytes = b""

    def scope(self) -> dict[str, Any]:
        """Return a fresh ASGI scope."""
        headers = list(_HEADERS)
        if self.body:
            headers.append((b"content-type", b"application/json"))
            headers.append((b"content-length", str(len(self.body)).encode()))
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": self.query,
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8080),
            "state": {},
            "extensions": {},
        }


KINDS = [
    Kind("POST action", "POST", ACTION_PATH, body=ACTION_BODY),
    Kind("GET search", "GET", SEARCH_PATH, query=SEARCH_QUERY),
]


async def send(app: Application, kind: Kind) -> tuple[int, bytes]:
    """Send one request; return status and body."""
    answer: list[Any] = [0, b""]
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if asked:
            await asyncio.sleep(3600)
        asked = True
        return {"type": "http.request", "body": kind.body, "more_body": False}

    async def respond(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer[0] = message["status"]
        elif message["type"] == "http.response.body":
            answer[1] += message.get("body", b"")

    await app(kind.scope(), receive, respond)
    return answer[0], answer[1]


async def measure(
    peers: Mapping[str, Application], *, rounds: int, requests: int
) -> dict[tuple[str, str], list[float]]:
    """Return CPU microseconds per request, a figure a round, by (peer, kind); peers take turns in a round."""
    figures: dict[tuple[str, str], list[float]] = {}
    for _ in range(rounds):
        for kind in KINDS:
            for name, app in peers.items():
                figures.setdefault((name, kind.name), []).append(await _round(app, kind, requests))
    return figures


async def _round(app: Application, kind: Kind, requests: int) -> float:
    before = time.process_time()
    for _ in range(requests):
        status, _body = await send(app, kind)
        if status != 200:
            raise RuntimeError(f"{kind.name} answered {status}")
    return (time.process_time() - before) / requests * 1e6


def medians(figures: Mapping[tuple[str, str], list[float]]) -> dict[tuple[str, str], float]:
    """Return the median of each list of figures."""
    return {key: statistics.median(values) for key, values in figures.items()}
