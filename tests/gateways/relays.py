"""A mail relay on this machine, which says what a test lets it say."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

TAKES = {
    "": "220 relay.example at your service",
    "EHLO": "250-relay.example\r\n250-AUTH PLAIN\r\n250 8BITMIME",
    "AUTH": "235 welcome",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    ".": "250 taken",
    "QUIT": "221 bye",
}
"""What it says to each command, to whoever connects, and to the dot that ends a message."""
HANGS_UP, SAYS_NOTHING = "hangs up", "says nothing"


@dataclass(slots=True)
class Relay:
    """What came in."""

    port: int
    answers: Mapping[str, str]
    commands: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Return the address under which the relay is configured, without any security."""
        return f"smtp+plain://127.0.0.1:{self.port}"


@contextmanager
def relay(**answers: str) -> Iterator[Relay]:
    """Serve while the block runs; `answers` differ by command, `hello` and `dot` being those without one."""
    said = {**TAKES, **{{"hello": "", "dot": "."}.get(name, name): text for name, text in answers.items()}}
    with socket.create_server(("127.0.0.1", 0)) as server:
        made = Relay(server.getsockname()[1], said)
        thread = threading.Thread(target=_accept, args=(server, made))
        thread.start()
        try:
            yield made
        finally:
            made.done.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _accept(server: socket.socket, made: Relay) -> None:
    while True:
        try:
            peer, _ = server.accept()
        except OSError:
            return
        with peer:
            peer.settimeout(5)
            try:
                _serve(peer, made)
            except OSError:
                continue


def _serve(peer: socket.socket, made: Relay) -> None:
    lines = peer.makefile("rb")
    verb = ""
    while _say(peer, made, verb) and verb != "QUIT":
        if verb == "DATA" and made.answers["DATA"].startswith("354"):
            made.messages.append(_message(lines))
            verb = "."
            continue
        line = lines.readline().decode("latin-1").strip()
        if not line:
            return
        made.commands.append(line)
        verb = line.split(maxsplit=1)[0].upper()


def _say(peer: socket.socket, made: Relay, verb: str) -> bool:
    answer = made.answers.get(verb, "502 what?")
    if answer == SAYS_NOTHING:
        made.done.wait(10)
        return False
    if answer == HANGS_UP:
        return False
    peer.sendall(f"{answer}\r\n".encode())
    return True


def _message(lines: object) -> str:
    said = []
    for line in lines:  # type: ignore[attr-defined]  # a file of bytes
        if line == b".\r\n":
            break
        said.append(line.decode())
    return "".join(said)
