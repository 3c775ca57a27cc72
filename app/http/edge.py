"""Step 1: the outermost layer. Every answer leaves through here, and every request is remembered."""

import logging
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain import upstream
from app.domain.errors import BadRequest, UpgradeRequired
from app.http import cors, limits
from app.http.errors import Errors
from app.http.exchange import EXTENSION, Exchange, Headers
from app.http.observation import Observer
from app.http.routing import Site
from app.http.stacks import describe

LARGEST_HEAD: Final = 32_768
"""Bytes of request line and headers together; nginx's own limit is as large."""

DEFAULT_HEADERS: Final[Headers] = [
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains; preload"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    (b"cache-control", b"no-store"),
]
"""On every answer that doesn't say otherwise itself."""

log = logging.getLogger("parkgraph.errors")


class Edge:
    """Open the exchange, finish its answer's headers, catch what nothing else caught, write the trace."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        errors: Errors,
        site: Site,
        observer: Observer,
        require_tls: bool,
        farewells: Mapping[str, Headers],
    ) -> None:
        self.app = app
        self._errors = errors
        self._site = site
        self._observer = observer
        self._require_tls = require_tls
        self._farewells = farewells

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._exchange(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await self.app(scope, receive, send)

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = self._open(scope)
        with upstream.collect() as calls:
            try:
                await self._answered(exchange, scope, receive, send)
            finally:
                self._observer(exchange, calls)

    def _open(self, scope: Scope) -> Exchange:
        path, client = scope["path"], scope.get("client")
        exchange = Exchange(method=scope["method"], path=path, ip=client[0] if client else "unknown")
        exchange.is_page = self._site.is_page(path)
        exchange.is_published = path in self._site.published
        scope.setdefault("extensions", {})[EXTENSION] = exchange
        if self._require_tls and scope.get("scheme") != "https":
            exchange.refuse(
                UpgradeRequired("Use https.", headers={"Upgrade": "TLS/1.3", "Connection": "Upgrade"})
            )
        if _head_size(scope) > LARGEST_HEAD:
            exchange.refuse(BadRequest.of("headers", f"are larger than {LARGEST_HEAD} bytes"))
        return exchange

    async def _answered(self, exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        async def finish(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                message["headers"] = finished(message.get("headers", ()), exchange)
                message["headers"] += self._farewell(exchange, asked=scope["path"])
            else:
                exchange.is_answered = not message.get("more_body", False)
                if exchange.method == "HEAD":
                    message = {**message, "body": b""}
            await _hand_over(message, exchange, send)

        try:
            await self.app(scope, receive, finish)
        except Exception as error:
            if not exchange.status:
                await self._last_resort(exchange, error, finish)
            elif not exchange.is_answered:
                raise _broken_off(exchange, error) from None

    def _farewell(self, exchange: Exchange, *, asked: str) -> Headers:
        """Return the farewell of the operation that was asked for; a call within a message asked /mcp."""
        if exchange.operation is None or exchange.path != asked:
            return []
        return self._farewells.get(exchange.operation.id, [])

    async def _last_resort(self, exchange: Exchange, error: Exception, send: Send) -> None:
        answer = self._errors.answer(exchange, error)
        headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
        headers += [
            (b"content-type", answer.content_type.encode()),
            (b"content-length", b"%d" % len(answer.body)),
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})


async def _hand_over(message: Message, exchange: Exchange, send: Send) -> None:
    """Give a message to the server; that a client has left is no failure of ours."""
    if exchange.client_left:
        return
    try:
        await send(message)
    except (OSError, RuntimeError) as error:  # the latter is what uvloop says of a closed connection
        exchange.client_left = True
        log.info("%s could not be sent: %s", exchange.request_id, type(error).__name__)


def _broken_off(exchange: Exchange, error: Exception) -> RuntimeError:
    """Note why an answer stopped in the middle; the server closes the connection on what is raised."""
    exchange.stack = describe(error)
    log.error("%s broke off its answer\n%s", exchange.request_id, exchange.stack)
    return RuntimeError("The answer broke off.")


def _head_size(scope: Scope) -> int:
    line = len(scope["path"]) + len(scope["query_string"])
    return line + sum(map(len, chain.from_iterable(scope["headers"])))


def finished(given: Iterable[tuple[bytes, bytes]], exchange: Exchange) -> Headers:
    """Return the headers of an answer, with all that every answer carries."""
    headers = list(given)
    names = {name for name, _ in headers}
    headers += [pair for pair in DEFAULT_HEADERS if pair[0] not in names]
    headers.append((b"x-request-id", exchange.request_id.encode()))
    if exchange.verdict is not None:
        headers += limits.headers_of(exchange.verdict)
    if exchange.any_origin:
        headers += cors.ANY_ORIGIN
    return headers
