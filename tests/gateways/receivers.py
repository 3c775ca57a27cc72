"""Receivers on this machine: each does one thing with whoever connects, and counts them."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Receiver:
    """A socket that listens, and what came in."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0


Serve = Callable[[socket.socket], None]
"""What to do once the request has come."""


def says(answer: bytes) -> Serve:
    """Answer with these bytes."""
    return lambda peer: peer.sendall(answer)


def status(code: int, *headers: str, body: bytes = b"") -> Serve:
    """Answer with a status, and close."""
    lines = [f"HTTP/1.1 {code} Said", f"Content-Length: {len(body)}", *headers, "", ""]
    return says("\r\n".join(lines).encode() + body)


@contextmanager
def listening(serve: Serve) -> Iterator[Receiver]:
    """Listen while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        receiver = Receiver(server.getsockname()[1])
        thread = threading.Thread(target=_accept, args=(server, receiver, serve))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _accept(server: socket.socket, receiver: Receiver, serve: Serve) -> None:
    while True:
        try:
            peer, _ = server.accept()
        except OSError:
            return
        receiver.connections += 1
        with peer:
            peer.settimeout(5)
            try:
                receiver.requests.append(_request(peer))
                serve(peer)
            except OSError:
                continue  # the sender had enough


def _request(peer: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        part = peer.recv(4096)
        if not part:
            return received
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += peer.recv(4096)
    return head + b"\r\n\r\n" + body
