"""What a receiver answers: its status, when to come again, and the beginning of what it said."""

import re
import socket
import time
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPException, HTTPResponse, IncompleteRead
from io import BytesIO
from typing import Final, cast

from app.domain import webhooks

MOST_BYTES: Final = 16_384
"""Of head and body together; the rest stays unread."""
BODY_SECONDS: Final = 1.0
"""How long to wait for a body whose head has come; the status is known by then."""

_PART: Final = 4_096
_END_OF_HEAD: Final = re.compile(rb"\r?\n\r?\n")
_SECONDS: Final = re.compile(r"[0-9]{1,9}", re.ASCII)


class NotHttp(Exception):
    """What came is no answer of HTTP."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What counts of an answer; no status means that there was none."""

    status: int | None = None
    excerpt: str = ""
    retry_after: timedelta | None = None


NOTHING: Final = Answer()


def read(opened: socket.socket, *, ends_at: float) -> Answer:
    """Read an answer until a deadline on the monotonic clock; raise TimeoutError, NotHttp or OSError."""
    return understood(_received(opened, ends_at))


def understood(received: bytes) -> Answer:
    """Understand the bytes of an answer, which may break off in its body; raise NotHttp."""
    response = HTTPResponse(cast(socket.socket, _Kept(received)), method="POST")
    try:
        response.begin()
    except (HTTPException, ValueError):
        raise NotHttp from None
    try:
        body = response.read(MOST_BYTES)
    except IncompleteRead as broken:
        body = broken.partial
    except (HTTPException, ValueError):
        body = b""
    retry_after = (response.getheader("Retry-After") or "").strip()
    return Answer(
        status=response.status,
        excerpt=webhooks.excerpt(body),
        retry_after=timedelta(seconds=int(retry_after)) if _SECONDS.fullmatch(retry_after) else None,
    )


class _Kept:
    """Bytes that were received, in the place of the socket that they came from."""

    def __init__(self, received: bytes) -> None:
        self._received = received

    def makefile(self, _mode: str) -> BytesIO:
        return BytesIO(self._received)


def _received(opened: socket.socket, ends_at: float) -> bytes:
    received = b""
    while len(received) < MOST_BYTES:
        try:
            opened.settimeout(max(ends_at - time.monotonic(), 0.001))
            part = opened.recv(_PART)
        except OSError:
            if _END_OF_HEAD.search(received):
                break  # the status is known; the rest would only have been shown
            raise
        if not part:
            break
        if not _END_OF_HEAD.search(received) and _END_OF_HEAD.search(received + part):
            ends_at = min(ends_at, time.monotonic() + BODY_SECONDS)
        received += part
        if time.monotonic() >= ends_at:
            break
    return received[:MOST_BYTES]
