"""A pooler of PostgreSQL's connections, as far as a client can tell one from the server.

pgbouncer and its like tell each client of a process at its login, and whichever process of the server is free
carries out its statements. This one passes everything on as it is, but for that process.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

from sqlalchemy import make_url

_SOCKET = ".s.PGSQL.5432"
_PROCESS, _READY = b"K", b"Z"
"""The server's messages that end a login: which process it is, and that it takes statements."""
_ANOTHER = (1 << 30).to_bytes(4, "big")
"""A number that no process has."""


@contextmanager
def pooled(url: str, folder: Path) -> Iterator[str]:
    """Give the URL of a database behind a pooler that listens in a folder."""
    direct = make_url(url)
    server = str(Path(str(direct.query["host"])) / _SOCKET)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(folder / _SOCKET))
        door.listen()
        Thread(target=_welcome, args=[door, server], daemon=True).start()
        yield direct.set(query={"host": str(folder)}).render_as_string(hide_password=False)


def _welcome(door: socket.socket, server: str) -> None:
    with suppress(OSError):  # the door is shut
        while True:
            client, _ = door.accept()
            behind = socket.socket(socket.AF_UNIX)
            behind.connect(server)
            Thread(target=_pass_on, args=[client, behind], daemon=True).start()
            Thread(target=_answer, args=[behind, client], daemon=True).start()


def _answer(behind: socket.socket, client: socket.socket) -> None:
    """Pass on what the server says: message by message until the login is over, then as it comes."""
    with suppress(OSError), behind.makefile("rb") as said:
        kind = b""
        while kind != _READY and (kind := said.read(1)):
            length = said.read(4)
            content = said.read(int.from_bytes(length, "big") - len(length))
            client.sendall(kind + length + (_ANOTHER + content[4:] if kind == _PROCESS else content))
        _pass_on(behind, client)


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError), one, other:
        while part := one.recv(1 << 16):
            other.sendall(part)
