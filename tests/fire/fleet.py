"""Several workers on one database: real processes, as many homes as there are machines."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tests.ports import free_port
from tests.servers import environment

PATIENCE = 120.0
LONGEST_STOP = 30.0
HEALTH = "/api/v1/health"


@dataclass(frozen=True, slots=True)
class Machine:
    """A home with its workers, on a port."""

    home: Path
    port: int
    supervisor: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        """Return all that its processes wrote."""
        return (self.home / "server.log").read_text()

    def connect(self) -> HTTPConnection:
        """Open a connection, which one worker will serve as long as it is open."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.connect()
        return connection

    def workers(self) -> set[int]:
        """Return the process ids of those that serve: all of them have the port open."""
        pid = self.supervisor.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return {int(child) for child in children if "spawn_main" in _command(child)} or {pid}

    def worker_of(self, connection: HTTPConnection) -> int | None:
        """Return which process serves a connection, once it has answered on it."""
        inode = _inode(server=self.port, client=connection.sock.getsockname()[1])
        return next((pid for pid in self.workers() if inode in _sockets(pid)), None)


def _command(pid: str) -> str:
    """Return the command of a process; none for a worker that has ended since it was listed."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode()
    except FileNotFoundError:
        return ""


def _inode(*, server: int, client: int) -> str:
    """Return the number of the server's end of a connection."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        ends = tuple(int(end.rpartition(":")[2], 16) for end in fields[1:3])
        if ends == (server, client):
            return f"socket:[{fields[9]}]"
    raise AssertionError("There is no such connection.")


def _sockets(pid: int) -> set[str]:
    found: set[str] = set()
    with suppress(FileNotFoundError):  # the worker ended in the meantime
        for descriptor in list(Path(f"/proc/{pid}/fd").iterdir()):
            with suppress(FileNotFoundError):  # it was closed in the meantime
                found.add(str(descriptor.readlink()))
    return found


@contextmanager
def serving(home: Path, *, workers: int, **more: str) -> Iterator[Machine]:
    """Run `parkgraph serve` until the block ends, then stop it by SIGTERM."""
    home.mkdir()
    port = free_port()
    with (home / "server.log").open("ab") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve", "--workers", str(workers)],
            env=environment(home, PORT=str(port), PARKGRAPH_THREADS="4", **more),
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    machine = Machine(home, port, supervisor)
    try:
        yield machine
    finally:
        supervisor.send_signal(signal.SIGTERM)
        supervisor.wait(timeout=LONGEST_STOP)


@contextmanager
def fleet(folder: Path, *, machines: int, workers: int, **more: str) -> Iterator[list[Machine]]:
    """Run several machines with so many workers each, and wait until every worker serves."""
    with ExitStack() as stack:
        made = [
            stack.enter_context(serving(folder / f"machine-{number}", workers=workers, **more))
            for number in range(machines)
        ]
        for machine in made:
            for connection in one_to_each_worker(machine, workers=workers):
                connection.close()
        yield made


def one_to_each_worker(machine: Machine, *, workers: int) -> list[HTTPConnection]:
    """Open connections until there is one to each worker, and keep those."""
    kept: dict[int, HTTPConnection] = {}
    deadline = time.monotonic() + PATIENCE
    while len(kept) < workers:
        assert machine.supervisor.poll() is None, machine.log
        assert time.monotonic() < deadline, f"Only {len(kept)} workers serve:\n{machine.log}"
        candidates = [*kept.values(), *_a_handful(machine)]
        # Asked each time, because a server closes connections that are idle for some seconds.
        kept = {
            pid: connection
            for connection in candidates
            if _answers(connection) and (pid := machine.worker_of(connection)) is not None
        }
        for connection in candidates:
            if connection not in kept.values():
                connection.close()
    return list(kept.values())


def _answers(connection: HTTPConnection) -> bool:
    try:
        connection.request("GET", HEALTH)
        connection.getresponse().read()
    except (OSError, HTTPException):
        return False
    return True


def _a_handful(machine: Machine) -> list[HTTPConnection]:
    """Open some connections at once, so that a single worker can't take them all."""
    opened = []
    try:
        for _ in range(8):
            opened.append(machine.connect())
            opened[-1].request("GET", HEALTH)
        for connection in opened:
            connection.getresponse().read()
    except (OSError, HTTPException):  # nobody listens yet, or the one who did has died
        for connection in opened:
            connection.close()
        time.sleep(0.2)
        return []
    return opened


def ask(connections: Sequence[HTTPConnection], path: str, *, key: str) -> list[int]:
    """Ask all of them at once with a key, and return the statuses of their answers."""
    for connection in connections:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
    statuses = []
    for connection in connections:
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    return statuses
