"""A client that costs little: hundreds of callers in one process, each on a connection of its own."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
import uvloop

T = TypeVar("T")
Call = Callable[["Connection"], Awaitable["Answer"]]

PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said, and after how many seconds."""

    status: int
    headers: Mapping[str, str]
    body: Any
    seconds: float


class Connection:
    """A connection that stays open from one request to the next."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """Connect to a server on this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def get(self, path: str, *, key: str) -> Answer:
        """Ask for something."""
        return await self._ask("GET", path, key=key)

    async def put(self, path: str, body: object, *, key: str) -> Answer:
        """Set something."""
        return await self._ask("PUT", path, key=key, content=orjson.dumps(body))

    async def post(self, path: str, body: object, *, key: str, once: str | None = None) -> Answer:
        """Have something done, with an idempotency key or without."""
        return await self._ask("POST", path, key=key, content=orjson.dumps(body), once=once)

    async def _ask(
        self, method: str, path: str, *, key: str, content: bytes = b"", once: str | None = None
    ) -> Answer:
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {key}"]
        if content:
            lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
        if once is not None:
            lines.append(f"Idempotency-Key: {once}")
        began = time.perf_counter()
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + content)
        async with asyncio.timeout(PATIENCE_SECONDS):
            status, headers = _head(await self._reader.readuntil(b"\r\n\r\n"))
            body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(status, headers, orjson.loads(body) if body else None, time.perf_counter() - began)

    def drop(self) -> None:
        """Hang up without waiting for anything, as one does whose server is gone."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        await self._writer.wait_closed()


def _head(raw: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = raw.decode("latin-1").strip().split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    return int(first.split(" ")[1]), {name.lower(): value for name, _, value in pairs}


def play(scene: Callable[[], Awaitable[T]]) -> T:
    """Run something asynchronous to its end."""

    async def begin() -> T:
        return await scene()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(begin())


async def at_one_barrier(port: int, calls: Sequence[Call]) -> list[Answer]:
    """Let every call wait on an open connection until all are there, then send all at once."""
    connections = [await Connection.open(port) for _ in calls]
    gate = asyncio.Event()

    async def wait(call: Call, connection: Connection) -> Answer:
        await gate.wait()
        return await call(connection)

    pairs = zip(calls, connections, strict=True)
    waiting = [asyncio.create_task(wait(call, connection)) for call, connection in pairs]
    await asyncio.sleep(0)
    gate.set()
    answers = await asyncio.gather(*waiting)
    await asyncio.gather(*(connection.close() for connection in connections))
    return answers
