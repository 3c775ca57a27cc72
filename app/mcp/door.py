"""The address /mcp: one message of JSON-RPC comes in, one goes out, and nothing is kept between two of them.

The official package reads and answers messages, of both eras of the protocol. A tool's call is asked all
that a request of its own is, with the caller's key, budgets, checks and handlers; request id and trace are
those of the message. All other messages are paid from the budget of pages.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from mcp import types
from mcp.server import ServerRequestContext
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.contract.document import Contract
from app.domain.errors import BadRequest, Forbidden, MethodNotAllowed, NotFound, ParkGraphError
from app.http import body, cors
from app.http.chain import Admit
from app.http.exchange import Exchange, Headers, exchange_of
from app.http.within import Within
from app.mcp import envelopes, messages, server
from app.mcp.calls import Answered
from app.mcp.messages import STREAM, Call, calls_one_of, only, plain_call
from app.mcp.passage import Passage, Whole, kept, whole
from app.settings import Settings

PATH: Final = "/mcp"
_PATHS: Final = frozenset({PATH, f"{PATH}/"})
"""Many a client is configured with a slash at the end, and could do nothing with a redirect."""

_CARRY_OUT: Final = "park_graph_mcp"
"""Where the way to carry out the call of a message hangs in the scope's `extensions`."""
_LOCAL: Final = ("127.0.0.1", "localhost", "[::1]")
_FIRST_SERVER_ERROR: Final = 500
_CODES: Final[Mapping[type[ParkGraphError], int]] = {
    BadRequest: types.PARSE_ERROR,
    NotFound: types.METHOD_NOT_FOUND,
}
_PREFLIGHT: Final[Headers] = [
    (b"access-control-allow-methods", b"POST"),
    (
        b"access-control-allow-headers",
        b"authorization, content-type, accept, idempotency-key, mcp-protocol-version, mcp-method, mcp-name",
    ),
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
]


class McpDoor:
    """What the chain puts in front: it takes what comes to /mcp, and passes everything else on."""

    def __init__(self, contract: Contract, settings: Settings) -> None:
        self._contract = contract
        self._hosts = _hosts(settings)
        self._origins = _origins(settings)
        self._names = frozenset(contract.actions)
        self._server = server.build(contract, _carry_out)
        self._info = self._server.server_info_stamp
        self._manager: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Serve as long as the application runs."""
        manager = StreamableHTTPSessionManager(
            app=self._server,
            stateless=True,
            json_response=True,
            # Host and Origin are checked here before, and refused in our form.
            security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
            max_request_body_size=body.LARGEST,
        )
        async with manager.run():
            self._manager = manager
            yield

    def middleware(self, app: ASGIApp, *, admit: Admit, within: Within) -> ASGIApp:
        """Stand before `app`, which is the rest of the chain."""
        behind = _Behind(app, admit, within)

        async def enter(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"] not in _PATHS:
                await app(scope, receive, send)
                return
            exchange = exchange_of(scope)
            exchange.is_page = False
            try:
                answer = await self._answer(behind, scope, receive)
            except Exception:  # whatever it is, the edge answers it; but nothing is free
                if exchange.verdict is None:
                    await behind.admit(exchange)
                raise
            await _send(send, *answer)

        return enter

    async def _answer(self, behind: "_Behind", scope: Scope, receive: Receive) -> Whole:
        exchange, origin = exchange_of(scope), only(scope["headers"], b"origin")
        readable = cors.for_origin(origin) if origin and _matches(origin, self._origins) else []
        if readable and exchange.method == "OPTIONS" and exchange.refusal is None:
            await behind.admit(exchange)
            return 204, [*readable, *_PREFLIGHT], b""
        raw, sent = await self._read(exchange, scope, receive)
        is_call = calls_one_of(self._names, sent)
        call = plain_call(sent, scope["headers"]) if is_call else None
        if exchange.refusal is None and call is None and (refusal := envelopes.refusal_of(sent)):
            exchange.refuse(refusal)
        if exchange.refusal is None and not is_call:
            await behind.admit(exchange)
        is_refused = exchange.refusal is not None
        if not is_refused:
            passage = Passage(self._contract, behind.within, scope, receive)
            answer = await (self._served(passage, raw) if call is None else self._carried_out(passage, call))
            if exchange.verdict is None:  # it only looked like a call, or failed before it was charged
                await behind.admit(exchange)
                is_refused = exchange.refusal is not None
        if is_refused:
            answer = await _refused(behind.app, scope, receive)
        status, headers, content = answer
        return status, [*headers, *readable], content

    async def _read(self, exchange: Exchange, scope: Scope, receive: Receive) -> tuple[bytes, Any]:
        """Read a message; what is wrong with its request is noted."""
        headers = scope["headers"]
        if exchange.refusal is not None:
            return b"", None
        try:
            if exchange.method != "POST":
                told = f"This path does not take {exchange.method[:20]}; it takes POST."
                raise MethodNotAllowed(told, headers={"Allow": "POST"})
            self._refuse_strangers(headers)
            raw = await body.read(headers, receive)
            sent = body.message(headers, raw)
            if isinstance(sent, dict) and sent.get("method") == STREAM:
                raise NotFound("This server sends nothing by itself.")
        except ParkGraphError as refusal:
            exchange.refuse(refusal)
            return b"", None
        return raw, sent

    def _refuse_strangers(self, headers: Headers) -> None:
        """Refuse what a browser may have been tricked into: a name or a page that is not ours."""
        host = only(headers, b"host")
        if host is None or not _matches(host.lower(), self._hosts):
            raise Forbidden("This server is not known by this Host. PARKGRAPH_PUBLIC_URL says its name.")
        origins = [value for name, value in headers if name == b"origin"]
        if not all(_matches(origin, self._origins) for origin in origins):
            raise Forbidden("Web pages of this origin may not call tools here.")

    async def _carried_out(self, passage: Passage, call: Call) -> Whole:
        """Answer a call that is just as it should be."""
        answered = await passage(call.tool, call.arguments, call.meta)
        content = messages.answer(call, answered, server=self._info)
        length = b"%d" % len(content)
        return 200, [(b"content-type", b"application/json"), (b"content-length", length)], content

    async def _served(self, passage: Passage, raw: bytes) -> Whole:
        """Let the package answer a message."""
        if self._manager is None:
            raise RuntimeError("The MCP server is not open.")
        scope = passage.scope
        inner = {**scope, "extensions": {**scope["extensions"], _CARRY_OUT: passage}}
        return await whole(self._manager.handle_request, inner, raw, passage.receive)


@dataclass(frozen=True, slots=True)
class _Behind:
    """The rest of the chain, what charges those who do not get there, and the way for calls."""

    app: ASGIApp
    admit: Admit
    within: Within


async def _carry_out(
    ctx: "ServerRequestContext[Any, Request]", tool: str, arguments: dict[str, Any]
) -> Answered:
    if ctx.request is None:
        raise RuntimeError("A call came by no request.")
    passage: Passage = ctx.request.scope["extensions"][_CARRY_OUT]
    return await passage(tool, arguments, ctx.meta or {})


async def _refused(app: ASGIApp, scope: Scope, receive: Receive) -> Whole:
    """Answer what is wrong with a request as the chain does, as the error of a message."""
    refusal = exchange_of(scope).refusal
    status, headers, content = await whole(app, {**scope, "headers": kept(scope["headers"])}, b"", receive)
    envelope = json.loads(content)
    code = types.INTERNAL_ERROR if status >= _FIRST_SERVER_ERROR else types.INVALID_REQUEST
    code = next((code for kind, code in _CODES.items() if type(refusal) is kind), code)
    error = {"code": code, "message": envelope["error"]["message"], "data": envelope}
    written = json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()
    others = [(name, value) for name, value in headers if name != b"content-length"]
    return status, [*others, (b"content-length", b"%d" % len(written))], written


async def _send(send: Send, status: int, headers: Headers, content: bytes) -> None:
    """Send an answer."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _matches(given: bytes, allowed: frozenset[bytes]) -> bool:
    """Tell whether a Host or an Origin is allowed, as it is or with any port."""
    return given in allowed or given.rpartition(b":")[0] + b":*" in allowed


def _hosts(settings: Settings) -> frozenset[bytes]:
    """Return what a request's Host may be: another one is a web page that poses as this server."""
    named = {urlsplit(address).netloc for address in (settings.public_url, settings.pages_url)}
    named |= {f"{settings.host}:{settings.port}", *_LOCAL, *(f"{name}:*" for name in _LOCAL)}
    return frozenset(name.lower().encode() for name in named)


def _origins(settings: Settings) -> frozenset[bytes]:
    local = [f"http://{name}" for name in _LOCAL]
    named = [settings.public_url, settings.pages_url, *settings.mcp_origins]
    return frozenset(name.encode() for name in [*named, *local, *(f"{name}:*" for name in local)])
