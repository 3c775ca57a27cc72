"""The way of a tool's call, as a request within the message that it is."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope

from app.contract.document import Contract
from app.http import platforms
from app.http.exchange import Headers, exchange_of
from app.http.within import Within
from app.mcp import calls
from app.mcp.calls import Answered

Whole = tuple[int, Headers, bytes]
"""An answer: status, headers and body."""

_PASSED_ON: Final = frozenset({b"authorization", b"idempotency-key", b"user-agent"})


class Passage(NamedTuple):
    """The way for the calls of one message: with its key, request id and trace, and its caller's budgets."""

    contract: Contract
    within: Within
    scope: Scope
    receive: Receive

    async def __call__(self, tool: str, arguments: Mapping[str, Any], meta: Mapping[str, Any]) -> Answered:
        """Ask for what a call asks for; `meta` may name person and conversation behind it."""
        exchange, headers = exchange_of(self.scope), kept(self.scope["headers"])
        has_key = any(name == b"authorization" for name, _ in headers)
        request = calls.request_of(self.contract, tool, arguments, has_key=has_key)
        exchange.platform = calls.PLATFORM
        exchange.method, exchange.path, exchange.body = request.method, request.path, request.body
        headers += platforms.headers_of(meta)
        inner = {"type": "http", "query_string": request.query.encode(), "headers": headers}
        exchange.outcome, _, content = await self.within.answer(exchange, inner)
        exchange.any_origin = False  # whatever the operation allows, a message is answered to whom may call
        return calls.answered(exchange.outcome, content)


async def whole(app: ASGIApp, scope: Scope, content: bytes, receive: Receive) -> Whole:
    """Give a request with its body to an application, and return the whole answer."""
    started: list[Message] = []
    parts: list[bytes] = []
    given = [content]

    async def receive_again() -> Message:
        if given:
            return {"type": "http.request", "body": given.pop(), "more_body": False}
        return await receive()  # which comes back once the client has left

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.append(message)
        else:
            parts.append(message.get("body", b""))

    try:
        await app(scope, receive_again, send)
    except Exception:
        if not started:  # else it was answered, logged and traced before it was raised again
            raise
    return started[0]["status"], list(started[0]["headers"]), b"".join(parts)


def kept(headers: Headers) -> Headers:
    """Return those headers of a message that are its call's, too."""
    return [(name, value) for name, value in headers if name in _PASSED_ON]
