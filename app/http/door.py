"""The server's own front door, for requests that the process makes to itself."""

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Scope

_PATIENCE_SECONDS: Final = 30.0
_FIRST_ERROR: Final = 300


class Door:
    """Post to the application from another thread of its process, through all of the chain."""

    def __init__(self, app: ASGIApp, loop: asyncio.AbstractEventLoop) -> None:
        self._app = app
        self._loop = loop

    def post_event(self, payload: bytes, signature: str) -> bool:
        """Post a signed event of the embedded processor to its route; tell whether it was taken."""
        scope = _scope("/api/v1/webhooks/stripe", payload, (b"stripe-signature", signature.encode("ascii")))
        posted = asyncio.run_coroutine_threadsafe(_status(self._app, scope, payload), self._loop)
        return posted.result(_PATIENCE_SECONDS) < _FIRST_ERROR


async def _status(app: ASGIApp, scope: Scope, body: bytes) -> int:
    statuses: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return statuses[0]


def _scope(path: str, body: bytes, *headers: tuple[bytes, bytes]) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https",  # it never leaves the process
        "path": path,
        "raw_path": path.encode("ascii"),
        "query_string": b"",
        "headers": [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            *headers,
        ],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
    }
