"""A live server on loopback, and a client that sends bytes as they are."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from app.contract.document import Contract
from app.domain.traces import Trace
from app.http.chain import Chain, build
from app.http.identify import Keys
from app.http.protocol import EnvelopeProtocol
from app.settings import Settings
from tests.http.site import Answer, Database, Handlers, contract, pages

PATIENCE = 10.0


class AnnouncingServer(uvicorn.Server):
    """uvicorn's server, saying when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()

    @property
    def port(self) -> int:
        """Return the port that it got."""
        return int(self.servers[0].sockets[0].getsockname()[1])


@contextmanager
def running(app: ASGIApp) -> Iterator[int]:
    """Serve an application as in production, on a port of the system's choice."""
    config = uvicorn.Config(
        app,
        port=0,
        http=EnvelopeProtocol,
        loop="uvloop",
        lifespan="on",
        ws="none",
        server_header=False,
        date_header=False,
        access_log=False,
        log_config=None,
    )
    server = AnnouncingServer(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert server.listens.wait(PATIENCE)
    try:
        yield server.port
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


def live_app(
    settings: Settings,
    traces: list[Trace],
    handlers: dict[str, Callable[..., Any]] | None = None,
    *,
    contract_of: Contract | None = None,
) -> ASGIApp:
    """Build the chain with handlers that tell what they were given."""
    app: ASGIApp = build(
        Chain(
            contract=contract_of or contract(),
            settings=settings,
            keys=Keys(remembered=lambda _: None, resolve=Database().resolve),
            record_trace=traces.append,
            resolve_handler=Handlers(handlers or {}),
            register_pages=pages,
        )
    )
    return app


def connect(port: int) -> socket.socket:
    """Open a connection."""
    return socket.create_connection(("127.0.0.1", port), PATIENCE)


def answers_to(port: int, *pieces: bytes) -> list[Answer]:
    """Send bytes, piece by piece, and read whatever comes until the server closes or all is answered."""
    with connect(port) as connection:
        for piece in pieces:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
        return parse(received(connection))


def received(connection: socket.socket) -> bytes:
    """Read until the server closes."""
    chunks = []
    while chunk := connection.recv(65_536):
        chunks.append(chunk)
    return b"".join(chunks)


def parse(data: bytes) -> list[Answer]:
    """Take answers apart; every body has a length."""
    answers = []
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        headers = [(name.lower(), value) for name, value in (field.split(": ", 1) for field in fields)]
        length = int(dict(headers).get("content-length", "0"))
        status = re.fullmatch(r"HTTP/1\.1 (\d{3}) .*", line)
        assert status, line
        answers.append(Answer(int(status[1]), headers, rest[:length]))
        data = rest[length:]
    return answers
