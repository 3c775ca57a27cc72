"""Park Graph as processes of its own, as `make run` starts it, or as in production."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from app.settings import from_environment
from tests import forks
from tests.ports import free_port

PARKGRAPH = ("-m", "app.cli")
READY_WITHIN_SECONDS = 60
STOPPED_WITHIN_SECONDS = 60
WITHOUT_CERTIFICATES = False
"""For clients of servers on the loopback, which speak plain HTTP: loading certificates takes a while."""


class Process(Protocol):
    """What is known of a server's process, whether it was started by its command or forked."""

    @property
    def pid(self) -> int:
        """Return its id."""
        ...

    def poll(self) -> int | None:
        """Return its exit code, or None while it runs."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit code; raise subprocess.TimeoutExpired."""
        ...

    def send_signal(self, number: int, /) -> None:
        """Send it a signal."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


Begin = Callable[..., Process]
"""Starts a process of an installation: `launch` as anybody would, `fork` with the server loaded."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, the facts of its sandbox, and its log."""

    home: Path
    url: str
    process: Process
    settings: Mapping[str, str]
    """What it was started with beside its home."""

    @property
    def port(self) -> int:
        """Return where it listens."""
        return int(self.url.rpartition(":")[2])

    @property
    def sandbox(self) -> dict[str, Any]:
        """Return what sandbox.json says."""
        facts: dict[str, Any] = json.loads((self.home / "sandbox.json").read_text())
        return facts

    @property
    def log(self) -> str:
        """Return all that the server wrote."""
        return (self.home / "server.log").read_text()

    def client(self, key: str | None = None) -> httpx.Client:
        """Return a client with the sandbox's API key, or another."""
        bearer = {"Authorization": f"Bearer {key or self.sandbox['api_key']}"}
        return httpx.Client(base_url=self.url, headers=bearer, timeout=30, verify=WITHOUT_CERTIFICATES)

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run `parkgraph …` on the server's home."""
        return parkgraph(self.home, *words, **self.settings)

    def rows(self, statement: str) -> Sequence[Any]:
        """Ask the server's database, behind its back."""
        return rows(from_environment(environment(self.home, **self.settings)).database_url, statement)

    def intents(self) -> list[dict[str, Any]]:
        """Return every payment intent that the embedded processor knows."""
        return self.at_the_processor("payment_intent")

    def at_the_processor(self, kind: str) -> list[dict[str, Any]]:
        """Return every object of a kind that the embedded processor knows."""
        wanted = f"SELECT body FROM objects WHERE kind = '{kind}'"
        found = rows(f"sqlite:///{self.home / 'processor.sqlite3'}", wanted)
        return [json.loads(row.body) for row in found]


def rows(url: str, statement: str) -> Sequence[Any]:
    """Ask a database through a connection of its own."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return connection.exec_driver_sql(statement).all()


def parkgraph(home: Path, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run `parkgraph …` with a home of its own."""
    return forks.run(["app.cli", *words], environment(home, **more), timeout=120)


def environment(home: Path, **more: str) -> Mapping[str, str]:
    """Return the environment of a process that knows this home and no other setting."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PARKGRAPH_")}
    return own | {"PARKGRAPH_HOME": str(home), "PYTHONUNBUFFERED": "1"} | more


def launch(
    home: Path, command: str, *, program: Sequence[str] = PARKGRAPH, **more: str
) -> "subprocess.Popen[bytes]":
    """Start a process of an installation as anybody would; it writes to the server's log."""
    with (home / "server.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, *program, command],
            env=environment(home, **more),
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )


def fork(home: Path, command: str, *, program: Sequence[str] = PARKGRAPH, **more: str) -> forks.Fork:
    """Start a process of an installation with the server loaded; it writes to the server's log."""
    _, module = program
    log = home / "server.log"
    return forks.fork([module, command], environment(home, **more), out=log, err=log)


@contextmanager
def running(home: Path, *, begin: Begin = fork, **more: str) -> Iterator[Server]:
    """Run `parkgraph run` until the block ends, then stop it by Ctrl-C and see that it ends cleanly."""
    server = start(home, begin=begin, **more)
    try:
        yield server
    finally:
        stop(server)


@contextmanager
def serving(home: Path, *, workers: int, **more: str) -> Iterator[Server]:
    """Run `parkgraph serve` in several processes, and `parkgraph worker` beside it, until the block ends."""
    server = start(home, command="serve", begin=launch, PARKGRAPH_WORKERS=str(workers), **more)
    try:
        worker = launch(home, "worker", **more)
        try:
            _wait_for(server, "The worker goes round.")
            yield server
        finally:
            _interrupt(worker, server)
    finally:
        stop(server)


def start(
    home: Path,
    *,
    command: str = "run",
    program: Sequence[str] = PARKGRAPH,
    begin: Begin = fork,
    port: int | None = None,
    **more: str,
) -> Server:
    """Start a server, on a free port unless one is named, and wait until it is ready."""
    home.mkdir(exist_ok=True)
    port = port or free_port()
    process = begin(home, command, program=program, PORT=str(port), **more)
    server = Server(home, f"http://127.0.0.1:{port}", process, more)
    try:
        _wait_until_ready(server)
    except AssertionError:
        kill(server)
        raise
    return server


def stop(server: Server) -> None:
    """Stop a server by Ctrl-C."""
    _interrupt(server.process, server)


def _interrupt(process: Process, server: Server) -> None:
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=STOPPED_WITHIN_SECONDS) == 0, server.log


def kill(server: Server) -> None:
    """End a server the way a power cut does."""
    server.process.kill()
    server.process.wait(timeout=20)


def _wait_for(server: Server, words: str) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while words not in server.log:
        assert time.monotonic() < deadline, server.log
        time.sleep(0.05)


def _wait_until_ready(server: Server) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    with httpx.Client(base_url=server.url, verify=WITHOUT_CERTIFICATES) as client:
        while time.monotonic() < deadline:
            assert server.process.poll() is None, server.log
            try:
                if client.get("/api/v1/ready").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
    raise AssertionError(f"The server was not ready in time:\n{server.log}")
