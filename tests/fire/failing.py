"""A server whose payment processor fails when it is told to, and requests that want something of it."""

import json
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from tests.ports import free_port
from tests.servers import STOPPED_WITHIN_SECONDS, Server, launch, start

ROOT = Path(__file__).parents[2]
FAULTY = (str(ROOT / "contract-tests" / "gate" / "faulty_server.py"),)
DONE_WITHIN_SECONDS = 45
"""Of retries, once the processor is well: an attempt of the worker's has an operation for half a minute."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A request that is sent any number of times, and means one thing."""

    path: str
    body: Mapping[str, Any]
    once: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What came, after how many seconds, and when the request was sent."""

    status: int
    body: Any
    seconds: float
    sent_at: float


@dataclass(frozen=True, slots=True)
class Failing:
    """The server, a client with a key, a lot, and the way to its processor's faults."""

    server: Server
    client: httpx.Client
    lot_id: UUID
    fault_port: int

    def fails(self, *, times: int = 400, **fault: Any) -> None:
        """Let the processor's next calls fail: the fields of `stripe_sandbox.Fault`."""
        with socket.create_connection(("127.0.0.1", self.fault_port), timeout=5) as connection:
            connection.sendall(json.dumps({"times": times, **fault}).encode() + b"\n")
            assert connection.recv(16) == b"done\n"

    def heals(self) -> None:
        """Let the processor do its work again."""
        self.fails(times=0)

    def ask(self, wish: Wish) -> Reply:
        """Send a request once."""
        began, sent_at = time.monotonic(), time.time()
        answer = self.client.post(
            f"/api/v1/{wish.path}", json=wish.body, headers={"Idempotency-Key": wish.once}
        )
        return Reply(answer.status_code, answer.json(), time.monotonic() - began, sent_at)

    def ask_at_once(self, wishes: Sequence[Wish]) -> list[Reply]:
        """Send all of them at the same time."""
        with ThreadPoolExecutor(len(wishes)) as threads:
            return list(threads.map(self.ask, wishes))

    def ask_until_done(self, wish: Wish) -> Reply:
        """Send the same request until its outcome is known."""
        deadline = time.monotonic() + DONE_WITHIN_SECONDS
        while True:
            reply = self.ask(wish)
            if reply.status not in {409, 502}:
                return reply
            assert time.monotonic() < deadline, reply
            time.sleep(0.5)

    def search_while(self, work: Callable[[], Any]) -> int:
        """Search one after the other as long as the work lasts; return how many searches were answered."""
        found = 0
        with ThreadPoolExecutor(1) as thread:
            working = thread.submit(work)
            while not working.done():
                answer = self.client.get("/api/v1/lots/search", params={"lat": 39.6436, "lng": -106.3866})
                assert answer.status_code == 200, answer.text
                found += 1
            working.result()
        return found


@contextmanager
def failing(home: Path, key: str, lot_id: UUID, **settings: str) -> Iterator[Failing]:
    """Serve, with the background work in the same process, until the block ends."""
    fault_port = free_port()
    more = {"PARKGRAPH_EMBEDDED_WORKER": "1", "PARKGRAPH_SWEEP_SECONDS": "1", **settings}
    server = start(home, command=str(fault_port), program=FAULTY, begin=launch, **more)
    try:
        with server.client(key) as client:
            yield Failing(server, client, lot_id, fault_port)
    finally:
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(STOPPED_WITHIN_SECONDS) in {0, -signal.SIGTERM}, server.log
