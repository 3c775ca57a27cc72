"""Callers over HTTP/1.1 with keep-alive: each sends its next request when the last one is answered."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import quantiles

import uvloop

NextRequest = Callable[[], bytes]

_HEAD_ENDS = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(slots=True)
class Round:
    """What some callers saw of one server for a while."""

    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    cpu_seconds: float = 0.0
    """CPU time that the server's process took meanwhile."""

    @property
    def per_second(self) -> float:
        """Return the requests answered in a second."""
        return len(self.latencies_ms) / self.seconds

    @property
    def cpu_us(self) -> float:
        """Return the server's CPU microseconds for one request."""
        return self.cpu_seconds / len(self.latencies_ms) * 1e6

    def percentile(self, percent: int) -> float:
        """Return the latency in milliseconds that so many per cent of requests stayed below."""
        return quantiles(self.latencies_ms, n=100)[percent - 1]


def run(port: int, next_request: NextRequest, *, callers: int, seconds: float) -> Round:
    """Let callers send requests for a while; those under way at the end are still waited for."""
    return uvloop.run(_run(port, next_request, callers=callers, seconds=seconds))


def post(path: str, body: bytes, *, key: str, headers: Mapping[str, str] | None = None) -> bytes:
    """Write a request down as it goes over the wire."""
    said = {
        "Host": "127.0.0.1",
        "Authorization": f"Bearer {key}",
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **(headers or {}),
    }
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items()), "", ""]
    return "\r\n".join(lines).encode() + body


async def _run(port: int, next_request: NextRequest, *, callers: int, seconds: float) -> Round:
    loop = asyncio.get_running_loop()
    outcome = Round()
    started = time.perf_counter()
    connections: Sequence[_Caller] = [
        (await loop.create_connection(lambda: _Caller(next_request, started + seconds, outcome), port=port))[
            1
        ]
        for _ in range(callers)
    ]
    await asyncio.gather(*(connection.done for connection in connections))
    outcome.seconds = time.perf_counter() - started
    return outcome


class _Caller(asyncio.Protocol):
    def __init__(self, next_request: NextRequest, until: float, outcome: Round) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self._next_request = next_request
        self._until = until
        self._outcome = outcome
        self._answer = b""
        self._whole = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not self._whole:
            self._whole = _length_of(self._answer)
        if self._whole and len(self._answer) >= self._whole:
            self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("The server closed the connection."))

    def _send(self) -> None:
        self._answer, self._whole = b"", 0
        self._sent = time.perf_counter()
        self._transport.write(self._next_request())

    def _finish(self) -> None:
        now = time.perf_counter()
        self._outcome.latencies_ms.append((now - self._sent) * 1000)
        self._outcome.statuses[int(self._answer[9:12])] += 1
        if now < self._until:
            self._send()
            return
        self.done.set_result(None)
        self._transport.close()


def _length_of(answer: bytes) -> int:
    """Return how long an answer is with its head; 0 while the head is not all there."""
    head, found, _ = answer.partition(_HEAD_ENDS)
    if not found:
        return 0
    lowered = head.lower()
    at = lowered.find(_LENGTH)
    if at < 0:
        raise ValueError("An answer without Content-Length.")
    return len(head) + len(_HEAD_ENDS) + int(lowered[at + len(_LENGTH) :].split(b"\r\n", 1)[0])
