"""Tell a faulty server what is to go wrong next."""

import json
import socket
import sys
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, str(Path(__file__).with_name("faulty_server.py")))
TRIES = 3
"""How often the gateway tries a call before it gives up."""


def inject(port: int, *, times: int = TRIES, **fault: Any) -> None:
    """Order faults: the fields of `stripe_sandbox.Fault`."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(json.dumps({"times": times, **fault}).encode() + b"\n")
        assert connection.recv(16) == b"done\n"
