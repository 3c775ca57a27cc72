"""Send an event to a receiver that somebody else named, and reach nothing but the public internet by it.

A name is resolved once; all of its addresses are looked at, and one of those is connected to, with the name
in TLS and in the Host header. Redirects are not followed, no proxy is asked, and of what a receiver says only
a little is read, within one deadline.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Final, Protocol

from standardwebhooks import Webhook

from app.domain import webhook_targets
from app.domain.webhook_targets import Target
from app.domain.webhooks import Failure, Outcome
from app.gateways import open_transactions, webhook_answers

RESOLVE_SECONDS: Final = 5.0
MOST_ADDRESSES: Final = 4
"""Of a name; the first that takes a connection is used."""
CONNECT_SECONDS: Final = 4.0
TOTAL_SECONDS: Final = 10.0
"""One deadline over connecting, sending and waiting for an answer."""

_NEVER_RESOLVED: Final = ("example", "invalid", "test")
"""Names for documents and tests (RFC 2606); nobody is asked for them."""
_USER_AGENT: Final = "Park-Graph-Webhooks/1"

Resolve = Callable[[str, int], Sequence[str]]
"""Return the network addresses of a name; raise OSError where there is none."""
Connect = Callable[[str, int, float], socket.socket]
"""Connect to a network address and port within so many seconds; raise OSError."""


@dataclass(frozen=True, slots=True)
class Message:
    """An event on its way: its bytes, and the secrets that sign them."""

    target: Target
    id: str
    """The same however often the event is sent."""
    body: bytes
    secrets: Sequence[str] = field(repr=False)
    at: datetime
    """When this attempt is made; it is signed, too."""


class WebhookDelivery(Protocol):
    """The way to receivers."""

    def may_be_reached(self, target: Target) -> bool:
        """Tell whether nothing is known against a target; a name that leads nowhere as yet is no harm."""
        ...

    def deliver(self, message: Message) -> Outcome:
        """Send a message once and say what came of it; never raise for what a receiver does."""
        ...


class _NoAttempt(Exception):
    """Nothing was connected to."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure: Failure = failure


def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system for a name's addresses."""
    if host.rpartition(".")[2] in _NEVER_RESOLVED:
        raise socket.gaierror(socket.EAI_NONAME, "This name is reserved for documents and tests.")
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def connect(address: str, port: int, seconds: float) -> socket.socket:
    """Connect to an address, not to a name."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.settimeout(seconds)
    try:
        opened.connect((address, port))
    except OSError:
        opened.close()
        raise
    return opened


class Courier:
    """Implement WebhookDelivery over sockets; what resolves and connects may be given."""

    def __init__(
        self, *, resolve: Resolve = resolve, connect: Connect = connect, total_seconds: float = TOTAL_SECONDS
    ) -> None:
        self._resolve = resolve
        self._connect = connect
        self._total_seconds = total_seconds

    def may_be_reached(self, target: Target) -> bool:
        """Tell whether nothing is known against a target; a name that leads nowhere as yet is no harm."""
        open_transactions.refuse()
        try:
            self._addresses(target)
        except _NoAttempt as none:
            return none.failure != "address_refused"
        return True

    def deliver(self, message: Message) -> Outcome:
        """Send a message once and say what came of it."""
        open_transactions.refuse()
        began = time.monotonic()
        ends_at = began + self._total_seconds
        answer, failure = webhook_answers.NOTHING, None
        try:
            answer = self._exchange(message, self._addresses(message.target), ends_at)
        except _NoAttempt as none:
            failure = none.failure
        except OSError as error:
            failure = _failure(error)
        except webhook_answers.NotHttp:
            failure = "not_http"
        return Outcome(
            duration_ms=round((time.monotonic() - began) * 1000),
            status=answer.status,
            failure=failure,
            excerpt=answer.excerpt,
            retry_after=answer.retry_after,
        )

    def _addresses(self, target: Target) -> Sequence[str]:
        try:
            found = _within(RESOLVE_SECONDS, lambda: self._resolve(target.host, target.port))
        except TimeoutError:
            raise _NoAttempt("timed_out") from None
        except (OSError, UnicodeError):
            raise _NoAttempt("name_not_found") from None
        if not webhook_targets.may_connect(target, found):
            raise _NoAttempt("address_refused")
        return found

    def _exchange(self, message: Message, addresses: Sequence[str], ends_at: float) -> webhook_answers.Answer:
        target = message.target
        with closing(self._connected(addresses, target.port, ends_at)) as plain:
            plain.settimeout(_left(ends_at))
            with closing(_secured(plain, target)) as opened:
                opened.settimeout(_left(ends_at))
                opened.sendall(_request(message))
                return webhook_answers.read(opened, ends_at=ends_at)

    def _connected(self, addresses: Sequence[str], port: int, ends_at: float) -> socket.socket:
        """Connect to the first of some addresses that takes it: of two protocols one may lead nowhere."""
        *others, last = addresses[:MOST_ADDRESSES]
        for address in others:
            try:
                return self._connect(address, port, min(CONNECT_SECONDS, _left(ends_at)))
            except OSError:
                continue
        return self._connect(last, port, min(CONNECT_SECONDS, _left(ends_at)))


def signed_headers(message: Message) -> dict[str, str]:
    """Return the headers of Standard Webhooks: id, time, and a signature for each secret."""
    text = message.body.decode("utf-8")
    signatures = [Webhook(secret).sign(message.id, message.at, text) for secret in message.secrets]
    return {
        "webhook-id": message.id,
        "webhook-timestamp": str(int(message.at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _request(message: Message) -> bytes:
    headers = {
        "Host": message.target.authority,
        "User-Agent": _USER_AGENT,
        "Content-Type": "application/json",
        "Content-Length": str(len(message.body)),
        "Accept": "*/*",
        "Connection": "close",
        **signed_headers(message),
    }
    lines = [
        f"POST {message.target.resource} HTTP/1.1",
        *(f"{name}: {each}" for name, each in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + message.body


def _secured(plain: socket.socket, target: Target) -> socket.socket:
    if target.scheme == "http":
        return plain
    return _tls().wrap_socket(plain, server_hostname=target.host)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _left(ends_at: float) -> float:
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _failure(error: OSError) -> Failure:
    if isinstance(error, TimeoutError):
        return "timed_out"
    return "tls_failed" if isinstance(error, ssl.SSLError) else "connection_failed"


def _within(seconds: float, work: Callable[[], Sequence[str]]) -> Sequence[str]:
    """Wait so long for what has no timeout of its own; raise TimeoutError, or what the work raised."""
    done: list[Sequence[str]] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            done.append(work())
        except Exception as error:
            failed.append(error)  # to be raised again in the thread that waits

    thread = threading.Thread(target=run, name="resolver", daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not done:
        raise TimeoutError
    return done[0]


_delivery: WebhookDelivery = Courier()


def delivery() -> WebhookDelivery:
    """Return the way to receivers of this process."""
    return _delivery


@contextmanager
def use(other: WebhookDelivery) -> Iterator[None]:
    """Let events go another way while the block runs."""
    global _delivery  # noqa: PLW0603 -- the process has one way to receivers
    before, _delivery = _delivery, other
    try:
        yield
    finally:
        _delivery = before
