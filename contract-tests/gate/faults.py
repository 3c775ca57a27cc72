"""The way to the faults of a server that runs as `faulty_server.py` does."""

import json
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.servers import Command

TRIES = 3
"""How often the gateway tries a call before it gives up."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What can be made to fail, by the port that takes orders of it."""

    port: int

    @property
    def command(self) -> Command:
        """Return what starts the server."""
        return (sys.executable, str(Path(__file__).with_name("faulty_server.py")), str(self.port))

    def of_processor(self, *, times: int = TRIES, **fault: Any) -> None:
        """Let the processor's next calls fail: the fields of `stripe_sandbox.Fault`."""
        self._order(times=times, **fault)

    @contextmanager
    def of_operations(self) -> Iterator[None]:
        """Break the code of all operations for as long as the block runs."""
        self._order(broken=True)
        try:
            yield
        finally:
            self._order(broken=False)

    def of_names(self, *addresses: str) -> None:
        """Let names that lead nowhere else lead to these addresses."""
        self._order(addresses=addresses)

    def _order(self, **order: Any) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(json.dumps(order).encode() + b"\n")
            assert connection.recv(16) == b"done\n"
