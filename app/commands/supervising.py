"""Several processes that serve side by side on one socket, and the one that looks after them."""

import logging
import signal
import socket
import time
from contextlib import suppress
from typing import Final

from uvicorn import Config
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

_LONGEST_STOP_SECONDS: Final = 12.0
"""Seconds after which a worker that was asked to stop is ended; its requests had most of them."""
_EVERY: Final = 0.05

log = logging.getLogger("parkgraph.workers")


class Supervisor(Multiprocess):
    """Keep the workers running until a signal comes; afterwards let each finish its requests.

    uvicorn's own supervisor asks its workers every half second whether they live, and waits five seconds for
    an answer, which a worker that still starts can't give on a busy machine. This one asks the system.
    SIGHUP replaces the workers one by one.
    """

    def __init__(self, config: Config, *, bound: socket.socket) -> None:
        super().__init__(config, sockets=[bound])
        self.has_failed = False
        self._serving: set[int | None] = set()

    def init_processes(self) -> None:
        """Start the workers."""
        self.processes = [self._start() for _ in range(self.processes_num)]

    def keep_subprocess_alive(self) -> None:
        """Put another worker in the place of each that died; give up where they cannot even start."""
        for place, worker in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if worker.process.is_alive():
                self._look_at(worker)
                continue
            if self._could_not_start(worker):
                log.error("Worker %s ended with code %s as it started", worker.pid, worker.exitcode)
                self.has_failed = True
                self.should_exit.set()
                return
            log.warning("Worker %s died (code %s) and is replaced", worker.pid, worker.exitcode)
            self.processes[place] = self._start()

    def join_all(self) -> None:
        """Wait for the workers to finish their requests, and end those that don't."""
        deadline = time.monotonic() + _LONGEST_STOP_SECONDS
        while time.monotonic() < deadline and any(worker.process.is_alive() for worker in self.processes):
            time.sleep(_EVERY)
        for worker in self.processes:
            if worker.process.is_alive():
                log.warning("Worker %s did not stop in time and was ended", worker.pid)
                worker.process.kill()
            worker.process.join()

    def _start(self) -> Process:
        worker = Process(self.config, self.sockets)
        # Ctrl-C reaches every process of a terminal: a worker that still starts would die of it, loudly.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        worker.start()
        signal.signal(signal.SIGINT, before)
        return worker

    def _look_at(self, worker: Process) -> None:
        """Note that a worker serves; it says so when it can, and is not waited for."""
        if worker.pid in self._serving:
            return
        with suppress(OSError, EOFError):  # it dies just now
            while worker.parent_conn.poll():
                if worker.parent_conn.recv():
                    self._serving.add(worker.pid)
            worker.parent_conn.send(b"ping")

    def _could_not_start(self, worker: Process) -> bool:
        """Tell whether a worker gave up by itself before it served; one that was killed did not."""
        return (worker.exitcode or 0) > 0 and worker.pid not in self._serving
