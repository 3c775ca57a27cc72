"""Live servers, each a process of its own on a free port of the loopback, with files of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
SERVE = (str(Path(sys.executable).with_name("parkgraph")), "serve")
WEBHOOK_SECRET = "whsec_synthetic0gate0secret0of0no0account"

_START_SECONDS = 30
_STOP_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    url: str
    port: int
    log: Path
    environment: Mapping[str, str]
    process: "subprocess.Popen[bytes]"

    def tracebacks(self) -> int:
        """Count the stack traces in its log."""
        return self.log.read_text(encoding="utf-8", errors="replace").count(
            "Traceback (most recent call last)"
        )


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
def serve(environ: Mapping[str, str], *, log: Path, command: tuple[str, ...] = SERVE) -> Iterator[Server]:
    """Run a server until the block ends; it has to start, and to stop when asked, within bounds."""
    log.parent.mkdir(parents=True, exist_ok=True)
    port = int(environ["PORT"])
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=dict(environ), cwd=ROOT, stdout=output, stderr=output)
    server = Server(f"http://127.0.0.1:{port}", port, log, environ, process)
    try:
        _await_answer(server)
        yield server
    finally:
        _stop(server)


def _await_answer(server: Server) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            httpx.get(f"{server.url}/api/v1/health")
        except httpx.TransportError:
            time.sleep(0.1)
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
