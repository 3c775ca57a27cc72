"""The address /mcp: one message of JSON-RPC comes in, one goes out, and nothing is kept between two of them.

The official package reads and answers messages, of both eras of the protocol. A tool's call goes through the
rest of the chain as a request of its own, with the caller's key, budgets, checks and handlers; request id and
trace are those of the message. All other messages are paid from the budget of pages.
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
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.contract import tools
from app.contract.document import Contract
from app.domain.errors import BadRequest, Forbidden, MethodNotAllowed, NotFound, ParkGraphError
from app.http import body, cors
from app.http.chain import Admit
from app.http.exchange import Exchange, Headers, exchange_of
from app.mcp import calls, server
from app.mcp.calls import Answered
from app.settings import Settings

PATH: Final = "/mcp"

_CALL: Final = "tools/call"
_STREAM: Final = "subscriptions/listen"
_CARRY_OUT: Final = "park_graph_mcp"
"""Where the way to carry out the call of a message hangs in the scope's `extensions`."""
_LOCAL: Final = ("127.0.0.1", "localhost", "[::1]")
_PASSED_ON: Final = frozenset({b"authorization", b"idempotency-key", b"user-agent"})
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
        self._names = frozenset(tool.name for tool in tools.of(contract))
        self._manager: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Serve as long as the application runs."""
        manager = StreamableHTTPSessionManager(
            app=server.build(self._contract, _carry_out),
            stateless=True,
            json_response=True,
            # Host and Origin are checked here before, and refused in our form.
            security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
            max_request_body_size=body.LARGEST,
        )
        async with manager.run():
            self._manager = manager
            yield

    def middleware(self, app: ASGIApp, *, admit: Admit) -> ASGIApp:
        """Stand before `app`, which is the rest of the chain."""
        behind = _Behind(app, admit)

        async def enter(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"] != PATH:
                await app(scope, receive, send)
                return
            exchange_of(scope).is_page = False
            await _send(send, *await self._answer(behind, scope, receive))

        return enter

    async def _answer(self, behind: "_Behind", scope: Scope, receive: Receive) -> "Whole":
        exchange, origin = exchange_of(scope), _only(scope["headers"], b"origin")
        readable = cors.for_origin(origin) if origin and _matches(origin, self._origins) else []
        if readable and exchange.method == "OPTIONS" and exchange.refusal is None:
            await behind.admit(exchange)
            return 204, [*readable, *_PREFLIGHT], b""
        raw, sent = await self._read(exchange, scope, receive)
        is_call = self._is_call(sent, scope["headers"])
        if exchange.refusal is None and not is_call:
            await behind.admit(exchange)
        is_refused = exchange.refusal is not None
        if not is_refused:
            carry_out = _Calls(self._contract, behind.app, scope, receive)
            within = {**scope, "extensions": {**scope["extensions"], _CARRY_OUT: carry_out}}
            whole = await _whole(self._served(), within, raw, receive)
            if exchange.verdict is None:  # it looked like a call, and was none
                await behind.admit(exchange)
                is_refused = exchange.refusal is not None
        if is_refused:
            whole = await _refused(behind.app, scope, receive)
        status, headers, content = whole
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
            if isinstance(sent, dict) and sent.get("method") == _STREAM:
                raise NotFound("This server sends nothing by itself.")
        except ParkGraphError as refusal:
            exchange.refuse(refusal)
            return b"", None
        return raw, sent

    def _refuse_strangers(self, headers: Headers) -> None:
        """Refuse what a browser may have been tricked into: a name or a page that is not ours."""
        host = _only(headers, b"host")
        if host is None or not _matches(host.lower(), self._hosts):
            raise Forbidden("This server is not known by this Host. PARKGRAPH_PUBLIC_URL says its name.")
        origins = [value for name, value in headers if name == b"origin"]
        if not all(_matches(origin, self._origins) for origin in origins):
            raise Forbidden("Web pages of this origin may not call tools here.")

    def _is_call(self, sent: Any, headers: Headers) -> bool:
        """Tell whether a message calls a tool that there is, which then pays from the tool's own budget."""
        params = sent.get("params") if isinstance(sent, dict) else None
        name = params.get("name") if isinstance(params, dict) else None
        if not isinstance(name, str) or name not in self._names:
            return False
        routed = _only(headers, b"mcp-method"), _only(headers, b"mcp-name")
        return sent.get("method") == _CALL and routed in ((None, None), (_CALL.encode(), name.encode()))

    def _served(self) -> ASGIApp:
        if self._manager is None:
            raise RuntimeError("The MCP server is not open.")
        return self._manager.handle_request


Whole = tuple[int, Headers, bytes]
"""An answer: status, headers and body."""


@dataclass(frozen=True, slots=True)
class _Behind:
    """The rest of the chain, and what charges those who do not get there."""

    app: ASGIApp
    admit: Admit


@dataclass(frozen=True, slots=True)
class _Calls:
    """Carries calls out for one message."""

    contract: Contract
    app: ASGIApp
    scope: Scope
    receive: Receive

    async def __call__(self, tool: str, arguments: Mapping[str, Any]) -> Answered:
        """Send a call through the rest of the chain."""
        exchange, kept = exchange_of(self.scope), _kept(self.scope["headers"])
        has_key = any(name == b"authorization" for name, _ in kept)
        request = calls.request_of(self.contract, tool, arguments, has_key=has_key)
        exchange.platform = calls.PLATFORM
        exchange.method, exchange.path = request.method, request.path
        inner = {
            **self.scope,
            "method": exchange.method,
            "path": exchange.path,
            "raw_path": request.path.encode(),
            "query_string": request.query.encode(),
            "headers": [*kept, *_headers_of(request)],
        }
        exchange.outcome, _, content = await _whole(self.app, inner, request.body, self.receive)
        exchange.any_origin = False  # whatever the operation allows, a message is answered to whom may call
        return calls.answered(exchange.outcome, content)


async def _carry_out(
    ctx: "ServerRequestContext[Any, Request]", tool: str, arguments: dict[str, Any]
) -> Answered:
    if ctx.request is None:
        raise RuntimeError("A call came by no request.")
    carry_out: _Calls = ctx.request.scope["extensions"][_CARRY_OUT]
    return await carry_out(tool, arguments)


async def _refused(app: ASGIApp, scope: Scope, receive: Receive) -> Whole:
    """Answer what is wrong with a request as the chain does, as the error of a message."""
    refusal = exchange_of(scope).refusal
    status, headers, content = await _whole(app, {**scope, "headers": _kept(scope["headers"])}, b"", receive)
    envelope = json.loads(content)
    code = types.INTERNAL_ERROR if status >= _FIRST_SERVER_ERROR else types.INVALID_REQUEST
    code = next((code for kind, code in _CODES.items() if type(refusal) is kind), code)
    error = {"code": code, "message": envelope["error"]["message"], "data": envelope}
    written = json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()
    others = [(name, value) for name, value in headers if name != b"content-length"]
    return status, [*others, (b"content-length", b"%d" % len(written))], written


async def _whole(app: ASGIApp, scope: Scope, content: bytes, receive: Receive) -> Whole:
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


async def _send(send: Send, status: int, headers: Headers, content: bytes) -> None:
    """Send an answer."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _kept(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name in _PASSED_ON]


def _headers_of(request: calls.Request) -> Headers:
    if not request.body:
        return []
    return [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(request.body))]


def _only(headers: Headers, name: bytes) -> bytes | None:
    """Return a header that is there once."""
    values = [value for each, value in headers if each == name]
    return values[0] if len(values) == 1 else None


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
