"""The loop that runs the sweeps: at the start and then every few seconds, until it is told to stop."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from app.services import status

DAILY: Final = 24 * 60 * 60.0
HOURLY: Final = 60 * 60.0
MINUTELY: Final = 60.0

log = logging.getLogger("parkgraph.worker")


@dataclass(frozen=True, slots=True)
class Sweep:
    """One kind of background work; `run` does what is due and says how much that was."""

    name: str
    run: Callable[[], int]
    every: float
    """Seconds between two runs."""
    is_routine: bool = False
    """Whether what it does goes on all the time, and matters to nobody who watches the log."""


class Loop:
    """Run sweeps in one thread; several processes may run a loop each."""

    def __init__(
        self,
        sweeps: Sequence[Sweep],
        *,
        name: str = "worker",
        beat: Callable[[], None] = status.beat,
        at_end: Callable[[], None] = lambda: None,
        stopping: threading.Event | None = None,
    ) -> None:
        """Run under a name; `beat` is told before each sweep, `at_end` once the last round is over.

        `stopping` is set for whoever is to stop: a long sweep may look at it and end before its time.
        """
        self._sweeps = sweeps
        self._name = name
        self._beat = beat
        self._at_end = at_end
        self._stopping = stopping or threading.Event()
        self._thread: threading.Thread | None = None
        self._ran_at: dict[str, float] = {}

    def start(self) -> None:
        """Begin in a thread of its own."""
        self._thread = threading.Thread(target=self.run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the sweep at hand and return."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self._at_end()

    def run(self) -> None:
        """Go round until told to stop."""
        pause = min(sweep.every for sweep in self._sweeps)
        while not self._stopping.is_set():
            self.go_round()
            self._stopping.wait(pause)

    def go_round(self) -> None:
        """Run every sweep whose time has come."""
        for sweep in self._sweeps:
            self._beat()
            now = time.monotonic()
            if now - self._ran_at.get(sweep.name, -sweep.every) >= sweep.every:
                self._ran_at[sweep.name] = now
                _run(sweep)


def _run(sweep: Sweep) -> None:
    """Run one sweep; its failure is reported and must not keep the others from running."""
    try:
        done = sweep.run()
    except Exception:
        log.exception("failed: %s", sweep.name)
    else:
        if done:
            log.log(logging.DEBUG if sweep.is_routine else logging.INFO, "%s: %d", sweep.name, done)


def unwatched() -> None:
    """Say nothing of going round, as the beat of a loop beside the one that tells whether all is ready."""
