"""A second server on which nothing is raised or allowed, and whose payment processor fails when told to."""

import json
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.grounds import Ground
from gate.installations import Installation, install
from gate.servers import free_port

STRIPE_EVENTS = 25
"""Its budget of events, lowered by the ordinary setting: using up 6,000 would only take time."""
TRIES = 3
"""How often the gateway tries a call before it gives up."""

_COMMAND = (sys.executable, str(Path(__file__).with_name("faulty_server.py")))


@dataclass(frozen=True, slots=True)
class StrictInstallation:
    """The installation, and the way to its processor's faults."""

    running: Installation
    fault_port: int

    def inject(self, *, times: int = TRIES, **fault: Any) -> None:
        """Let the processor's next calls fail: the fields of `stripe_sandbox.Fault`."""
        with socket.create_connection(("127.0.0.1", self.fault_port), timeout=5) as connection:
            connection.sendall(json.dumps({"times": times, **fault}).encode() + b"\n")
            assert connection.recv(16) == b"done\n"


@contextmanager
def install_strict(home: Path, *, log: Path, ground: Ground) -> Iterator[StrictInstallation]:
    """Serve with the catalogue's budgets, behind a proxy that has to say https."""
    fault_port = free_port()
    with install(
        home,
        log=log,
        ground=ground,
        command=(*_COMMAND, str(fault_port)),
        REQUIRE_TLS="1",
        TRUSTED_PROXIES="127.0.0.1",
        BUDGET_STRIPE_EVENTS=str(STRIPE_EVENTS),
    ) as running:
        yield StrictInstallation(running, fault_port)
