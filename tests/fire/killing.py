"""An installation whose processes are killed in the middle of their work, the way a power cut does it."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.fire.fleet import Machine
from tests.ports import free_port
from tests.servers import environment, launch

PROCESSES = 2
STOPPED_WITHIN_SECONDS = 30
VICTIMS = ("one that serves",) * 6 + ("the background work",) * 3 + ("all",)
"""Who dies among ten; the same each time, in an order of chance."""


@dataclass(slots=True)
class Mortal:
    """`parkgraph serve` with two processes and `parkgraph worker` beside it, all of them mortal."""

    home: Path
    port: int
    settings: Mapping[str, str]
    server: "subprocess.Popen[bytes]" = field(init=False)
    worker: "subprocess.Popen[bytes]" = field(init=False)
    killed: Counter[str] = field(default_factory=Counter)
    last_kill_at: float = 0.0

    def begin(self) -> None:
        """Start everything."""
        self._serve()
        self._work()

    def end(self) -> None:
        """Stop everything by Ctrl-C."""
        for process in (self.worker, self.server):
            process.send_signal(signal.SIGINT)
        for process in (self.worker, self.server):
            process.wait(timeout=STOPPED_WITHIN_SECONDS)

    def kill(self, whom: str, *, chance: random.Random) -> bool:
        """Kill, and start again what nobody else starts again; false where there was nobody to kill."""
        if whom == "one that serves":
            serving = sorted(Machine(self.home, self.port, self.server).workers() - {self.server.pid})
            if not serving:
                return False
            os.kill(chance.choice(serving), signal.SIGKILL)
        elif whom == "the background work":
            self._end_worker()
            self._work()
        else:
            os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait()
            self._end_worker()
            self.begin()
        self.killed[whom] += 1
        self.last_kill_at = time.monotonic()
        return True

    def _end_worker(self) -> None:
        self.worker.kill()
        self.worker.wait()

    def _serve(self) -> None:
        with (self.home / "server.log").open("ab") as log:
            self.server = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "serve", "--workers", str(PROCESSES)],
                env=environment(self.home, PORT=str(self.port), **self.settings),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def _work(self) -> None:
        self.worker = launch(self.home, "worker", **self.settings)


@contextmanager
def mortal(home: Path, settings: Mapping[str, str]) -> Iterator[Mortal]:
    """Run an installation until the block ends; whoever serves then stops cleanly."""
    installation = Mortal(home, free_port(), settings)
    installation.begin()
    try:
        yield installation
    finally:
        installation.end()
