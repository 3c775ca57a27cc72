"""Bytes over a socket, as no HTTP library would send them, and the answers as they come."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

_SECONDS = 8.0
_CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes

    @property
    def error(self) -> Mapping[str, Any] | None:
        """Return what the envelope holds, or None if the body is no envelope."""
        try:
            parsed = json.loads(self.body)
        except ValueError:
            return None
        error = parsed.get("error") if isinstance(parsed, dict) and parsed.keys() == {"error"} else None
        return error if isinstance(error, dict) else None


class Closed(Exception):
    """The server closed the connection and had nothing (more) to say."""


class Connection:
    """One connection to a server on the loopback."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes; a server that closed meanwhile may have answered already, so that is no failure."""
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return

    def finish_sending(self) -> None:
        """Say that nothing more will come, and go on listening."""
        self._socket.shutdown(socket.SHUT_WR)

    def read(self, *, to_head: bool = False) -> Answer:
        """Read one answer; raise Closed if there is none. `to_head`: an answer to HEAD has no body."""
        head = self._until(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        status = int(status_line.split(" ")[1])
        bodiless = to_head or status < 200 or status == 204
        body = b"" if bodiless else self._body(headers)
        return Answer(status, headers, body)

    def is_closed(self) -> bool:
        """Tell whether the server has closed the connection, giving it a moment to do so."""
        self._socket.settimeout(0.5)
        try:
            return not self._buffer and self._socket.recv(1) == b""
        except TimeoutError:
            return False
        except ConnectionResetError:
            return True
        finally:
            self._socket.settimeout(_SECONDS)

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if "chunked" in headers.get("transfer-encoding", ""):
            return self._chunked()
        return self._exactly(int(headers.get("content-length", 0)))

    def _chunked(self) -> bytes:
        body = b""
        while size := int(self._until(b"\r\n"), 16):
            body += self._exactly(size)
            self._until(b"\r\n")
        self._until(b"\r\n")
        return body

    def _until(self, end: bytes) -> bytes:
        while end not in self._buffer:
            self._receive()
        found, _, self._buffer = self._buffer.partition(end)
        return found

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._receive()
        found, self._buffer = self._buffer[:size], self._buffer[size:]
        return found

    def _receive(self) -> None:
        try:
            data = self._socket.recv(_CHUNK)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Closed
        self._buffer += data


def request(
    method: str, target: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> bytes:
    """Write a request; Host and the length of a body are added unless given."""
    given = dict(headers or {})
    names = {name.lower() for name in given}
    if "host" not in names:
        given = {"Host": "gate.test"} | given
    if body is not None and not names & {"content-length", "transfer-encoding"}:
        given["Content-Length"] = str(len(body))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1") + (body or b"")


def chunked(*pieces: bytes, trailer: bytes = b"") -> bytes:
    """Write a body in chunks."""
    written = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return written + b"0\r\n" + trailer + b"\r\n"
