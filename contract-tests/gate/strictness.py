"""A second server on which nothing is raised or allowed, and whose payment processor fails when told to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.faults import TRIES, Faults
from gate.grounds import Ground
from gate.installations import Installation, install
from tests.ports import free_port

STRIPE_EVENTS = 25
"""Its budget of events, lowered by the ordinary setting: using up 6,000 would only take time."""

WHOEVER_ASKS = 50
"""More writes than come in such a block; the worker's are among them."""
HANG_SECONDS = 60.0
"""Longer than the gateway waits for an answer."""


@dataclass(frozen=True, slots=True)
class StrictInstallation:
    """The installation, and the way to its processor's faults."""

    running: Installation
    faults: Faults

    def inject(self, *, times: int = TRIES, **fault: Any) -> None:
        """Let the processor's next calls fail: the fields of `stripe_sandbox.Fault`."""
        self.faults.of_processor(times=times, **fault)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Let the processor answer no write for as long as the block runs, whoever asks."""
        self.inject(times=WHOEVER_ASKS, status=None, hang_seconds=HANG_SECONDS)
        try:
            yield
        finally:
            self.inject(times=0)


@contextmanager
def install_strict(home: Path, *, log: Path, ground: Ground) -> Iterator[StrictInstallation]:
    """Serve with the catalogue's budgets, behind a proxy that has to say https."""
    faults = Faults(free_port())
    with install(
        home,
        log=log,
        ground=ground,
        command=faults.command,
        REQUIRE_TLS="1",
        TRUSTED_PROXIES="127.0.0.1",
        BUDGET_STRIPE_EVENTS=str(STRIPE_EVENTS),
    ) as running:
        yield StrictInstallation(running, faults)
