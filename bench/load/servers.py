"""Peers as processes: one worker each, all pinned to the same core, with a database of their own."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.load import callers
from bench.load.callers import NextRequest, Round
from tests.ports import free_port

READY_WITHIN_SECONDS = 120
STOPPED_WITHIN_SECONDS = 20
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Peer:
    """How a peer is started: `{port}` in words and environment stands for the port."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Server:
    """A peer that runs, and its log."""

    peer: Peer
    log: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Return where the server is."""
        return f"http://127.0.0.1:{self.port}"

    def round(self, next_request: NextRequest, *, callers_at_once: int, seconds: float) -> Round:
        """Let callers at it for a while; raise if any answer was not 200."""
        before = cpu_seconds(self.process.pid)
        try:
            outcome = callers.run(self.port, next_request, callers=callers_at_once, seconds=seconds)
        except OSError as error:
            raise RuntimeError(f"{self.peer.name} broke off:\n{_end_of(self.log)}") from error
        outcome.cpu_seconds = cpu_seconds(self.process.pid) - before
        if set(outcome.statuses) != {200}:
            answered = dict(outcome.statuses)
            raise RuntimeError(f"{self.peer.name} answered {answered}:\n{_end_of(self.log)}")
        return outcome


def server_cores() -> set[int]:
    """Return the cores that servers are pinned to: the first, where there is another for the callers."""
    return set(sorted(_all_cores())[:1])


def pin(process_id: int) -> None:
    """Put a process that starts on the servers' core; its threads and children stay there with it."""
    os.sched_setaffinity(process_id, server_cores())


def pin_callers() -> None:
    """Keep this process, and the database that it starts, off the servers' core, where there is another."""
    others = _all_cores() - server_cores()
    if others:
        os.sched_setaffinity(0, others)


def _all_cores() -> set[int]:
    return set(range(os.cpu_count() or 1))


@contextmanager
def running(peers: Sequence[Peer]) -> Iterator[list[Server]]:
    """Start peers, and stop them all in the end."""
    servers: list[Server] = []
    with tempfile.TemporaryDirectory(prefix="parkgraph-bench-logs-") as logs:
        try:
            for peer in peers:
                servers.append(_start(peer, Path(logs) / f"{len(servers)}.log"))
            yield servers
        finally:
            for server in servers:
                _stop(server)


def _start(peer: Peer, log: Path) -> Server:
    port = free_port()
    settings = {name: value.replace("{port}", str(port)) for name, value in peer.environment.items()}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [word.replace("{port}", str(port)) for word in peer.command],
            env=dict(os.environ) | settings,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    pin(process.pid)
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while not _listens(port):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"{peer.name} did not start:\n{_end_of(log)}")
        time.sleep(0.05)
    return Server(peer, log, port, process)


def _end_of(log: Path) -> str:
    return log.read_text()[-4000:]


def _stop(server: Server) -> None:
    server.process.send_signal(signal.SIGINT)
    try:
        server.process.wait(STOPPED_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        print(f"{server.peer.name} did not stop by itself", file=sys.stderr)
        server.process.kill()
        server.process.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def cpu_seconds(process_id: int) -> float:
    """Return the CPU time of a process and the children that it has, with all their threads."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
    return (int(fields[11]) + int(fields[12])) / _TICKS + sum(cpu_seconds(int(child)) for child in children)
