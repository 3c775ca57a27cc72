"""Live servers, each a process of its own on a free port of the loopback, with files of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import httpx

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
SERVE = (str(Path(sys.executable).with_name("parkgraph")), "serve")
WITHOUT_CERTIFICATES = False
"""For clients of servers on the loopback, which speak plain HTTP: loading certificates takes a while."""
WEBHOOK_SECRET = "whsec_synthetic0gate0secret0of0no0account"

_START_SECONDS = 60
_STOP_SECONDS = 15

Command = tuple[str, ...]


class Process(Protocol):
    """What is known of a server's process, which need not be one that was started by its command."""

    def poll(self) -> int | None:
        """Return its exit code, or None while it runs."""
        ...

    def send_signal(self, sig: int) -> None:
        """Send it a signal."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit code; raise subprocess.TimeoutExpired."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


Start = Callable[[Command, Mapping[str, str], Path, BinaryIO], Process]
"""Starts a command in an environment and a folder; what it says goes into the file."""


def spawn(command: Command, environ: Mapping[str, str], folder: Path, output: BinaryIO) -> Process:
    """Start a command as anybody would."""
    return subprocess.Popen(command, env=dict(environ), cwd=folder, stdout=output, stderr=output)


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    url: str
    port: int
    log: Path
    environment: Mapping[str, str]
    process: Process

    def tracebacks(self) -> int:
        """Count the stack traces in its log."""
        return self.log.read_text(encoding="utf-8", errors="replace").count(
            "Traceback (most recent call last)"
        )


def environment(home: Path, **settings: str) -> dict[str, str]:
    """Describe an installation in a folder: ours is inherited, all of its own settings aside."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PARKGRAPH_")}
    given = {f"PARKGRAPH_{name}": value for name, value in settings.items()}
    port = free_port()
    return inherited | {
        "PORT": str(port),
        "PARKGRAPH_HOME": str(home),
        "PARKGRAPH_EMBEDDED_WORKER": "1",
        "PARKGRAPH_STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET,
        **given,
    }


@contextmanager
def serve(
    environ: Mapping[str, str], *, log: Path, command: Command = SERVE, start: Start = spawn
) -> Iterator[Server]:
    """Run a server until the block ends; it has to start, and to stop when asked, within bounds."""
    log.parent.mkdir(parents=True, exist_ok=True)
    port = int(environ["PORT"])
    with log.open("wb") as output:
        process = start(command, environ, ROOT, output)
    server = Server(f"http://127.0.0.1:{port}", port, log, environ, process)
    try:
        _await_answer(server)
        yield server
    finally:
        _stop(server)


def _await_answer(server: Server) -> None:
    deadline = time.monotonic() + _START_SECONDS
    with httpx.Client(trust_env=False, verify=WITHOUT_CERTIFICATES) as http:
        while time.monotonic() < deadline and server.process.poll() is None:
            try:
                http.get(f"{server.url}/api/v1/health")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
    raise RuntimeError(f"The server did not start. Its log says:\n{server.log.read_text(errors='replace')}")


def _stop(server: Server) -> None:
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGTERM)
    try:
        code = server.process.wait(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()
        raise RuntimeError(f"The server did not stop within {_STOP_SECONDS} seconds.") from None
    if code not in (0, -signal.SIGTERM):
        raise RuntimeError(f"The server ended with {code}:\n{server.log.read_text(errors='replace')[-4000:]}")
