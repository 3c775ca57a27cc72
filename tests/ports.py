"""Ports of the loopback for servers that tests start."""

import secrets
import socket

_LISTENED_ON = range(20_000, 32_768)
"""Below those that Linux gives to connections that leave, of which a test makes thousands."""
_given: set[int] = set()


def free_port() -> int:
    """Return a port that nobody listens on: another one each time, since servers take a while to listen."""
    while True:
        port = secrets.choice(_LISTENED_ON)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
