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
from app.domain.errors import Forbidden, MethodNotAllowed, ParkGraphError
from app.http import body
from app.http.chain import Admit
from app.http.exchange import Exchange, Headers, exchange_of
from app.mcp import calls, server
from app.mcp.calls import Answered
from app.settings import Settings

PATH: Final = "/mcp"
_CARRY_OUT: Final = "park_graph_mcp"
"""Where the way to carry out the call of a message hangs in the scope's `extensions`."""
_LOCAL: Final = ("127.0.0.1", "localhost", "[::1]")
_PASSED_ON: Final = frozenset({b"authorization", b"idempotency-key", b"user-agent"})
_FIRST_SERVER_ERROR: Final = 500


class McpDoor:
    """What the chain puts in front: it takes what comes to /mcp, and passes everything else on."""

    def __init__(self, contract: Contract, settings: Settings) -> None:
        self._contract = contract
        self._security = TransportSecuritySettings(
            allowed_hosts=_hosts(settings), allowed_origins=_origins(settings)
        )
        self._names = frozenset(tool.name for tool in tools.of(contract))
        self._manager: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Serve as long as the application runs."""
        manager = StreamableHTTPSessionManager(
            app=server.build(self._contract, _carry_out),
            stateless=True,
            json_response=True,
            security_settings=self._security,
            max_request_body_size=body.LARGEST,
        )
        async with manager.run():
            self._manager = manager
            yield

    def middleware(self, app: ASGIApp, *, admit: Admit) -> ASGIApp:
        """Stand before `app`, which is the rest of the chain."""
        behind = _Behind(app, admit)

        async def enter(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and scope["path"] == PATH:
                await self._answer(behind, scope, receive, send)
            else:
                await app(scope, receive, send)

        return enter

    async def _answer(self, behind: "_Behind", scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope)
        exchange.is_page = False
        message = await self._read(exchange, scope, receive)
        if exchange.refusal is None and not self._is_call(message, scope["headers"]):
            await behind.admit(exchange)
        if exchange.refusal is not None:
            await _refuse(behind.app, scope, send)
            return
        calls_of_it = _Calls(self._contract, behind.app, scope)
        extensions = {**scope["extensions"], _CARRY_OUT: calls_of_it}
        await self._served()({**scope, "extensions": extensions}, _replay(message), send)
        if exchange.verdict is None:  # a call that came to nothing before it was one
            await behind.admit(exchange)

    async def _read(self, exchange: Exchange, scope: Scope, receive: Receive) -> bytes:
        """Read a message; what is wrong with its request is noted."""
        try:
            if exchange.method != "POST":
                message = f"This path does not take {exchange.method[:20]}; it takes POST."
                raise MethodNotAllowed(message, headers={"Allow": "POST"})
            if not self._is_ours(scope["headers"]):
                raise Forbidden("Web pages of this origin may not call tools here.")
            return await body.read(scope["headers"], receive)
        except ParkGraphError as refusal:
            exchange.refuse(refusal)
            return b""

    def _is_ours(self, headers: Headers) -> bool:
        """Tell whether a request comes from no web page, or from one that may call."""
        origins = [value.decode("latin-1") for name, value in headers if name == b"origin"]
        allowed = self._security.allowed_origins
        return all(_matches(origin, allowed) for origin in origins)

    def _is_call(self, message: bytes, headers: Headers) -> bool:
        """Tell whether a message calls a tool that there is, which then pays from the tool's own budget."""
        try:
            sent = json.loads(message)
            method, name = sent["method"], sent["params"]["name"]
        except (ValueError, KeyError, TypeError):
            return False
        said = dict(headers)
        routed = said.get(b"mcp-method", b"tools/call"), said.get(b"mcp-name", str(name).encode())
        return (method, *routed) == ("tools/call", b"tools/call", str(name).encode()) and name in self._names

    def _served(self) -> ASGIApp:
        if self._manager is None:
            raise RuntimeError("The MCP server is not open.")
        return self._manager.handle_request


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

    async def __call__(self, tool: str, arguments: Mapping[str, Any]) -> Answered:
        """Send a call through the rest of the chain."""
        exchange, kept = exchange_of(self.scope), _kept(self.scope["headers"])
        has_key = any(name == b"authorization" for name, _ in kept)
        request = calls.request_of(self.contract, tool, arguments, has_key=has_key)
        exchange.method, exchange.path, exchange.platform = request.method, request.path, calls.PLATFORM
        inner = {
            **self.scope,
            "method": request.method,
            "path": request.path,
            "raw_path": request.path.encode(),
            "query_string": request.query.encode(),
            "headers": [*kept, *_headers_of(request)],
        }
        status, _, content = await _whole(self.app, inner, request.body)
        exchange.any_origin = False  # whatever the operation allows, a message is answered to whom may call
        return calls.answered(status, content)


async def _carry_out(
    ctx: "ServerRequestContext[Any, Request]", tool: str, arguments: dict[str, Any]
) -> Answered:
    if ctx.request is None:
        raise RuntimeError("A call came by no request.")
    carry_out: _Calls = ctx.request.scope["extensions"][_CARRY_OUT]
    return await carry_out(tool, arguments)


def _kept(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name in _PASSED_ON]


def _headers_of(request: calls.Request) -> Headers:
    if not request.body:
        return []
    return [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(request.body))]


async def _refuse(app: ASGIApp, scope: Scope, send: Send) -> None:
    """Answer what is wrong with a request as the chain does, as the error of a message."""
    status, headers, content = await _whole(app, {**scope, "headers": _kept(scope["headers"])}, b"")
    envelope = json.loads(content)
    code = types.INTERNAL_ERROR if status >= _FIRST_SERVER_ERROR else types.INVALID_REQUEST
    error = {"code": code, "message": envelope["error"]["message"], "data": envelope}
    written = json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()
    others = [(name, value) for name, value in headers if name != b"content-length"]
    length = (b"content-length", b"%d" % len(written))
    await send({"type": "http.response.start", "status": status, "headers": [*others, length]})
    await send({"type": "http.response.body", "body": written})


async def _whole(app: ASGIApp, scope: Scope, content: bytes) -> tuple[int, Headers, bytes]:
    """Ask an application and return its whole answer."""
    started: list[Message] = []
    parts: list[bytes] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.append(message)
        else:
            parts.append(message.get("body", b""))

    try:
        await app(scope, _replay(content), send)
    except Exception:
        if not started:  # else it was answered, logged and traced before it was raised again
            raise
    return started[0]["status"], list(started[0]["headers"]), b"".join(parts)


def _replay(content: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    return receive


def _matches(origin: str, allowed: list[str]) -> bool:
    without_port = origin.rpartition(":")[0]
    return origin in allowed or f"{without_port}:*" in allowed


def _hosts(settings: Settings) -> list[str]:
    """Return what a request's Host may be: another one is a web page that poses as this server."""
    addresses = (settings.public_url, settings.pages_url)
    return [
        *(urlsplit(address).netloc for address in addresses),
        *(f"{name}:*" for name in _LOCAL),
        *_LOCAL,
        f"{settings.host}:{settings.port}",
    ]


def _origins(settings: Settings) -> list[str]:
    addresses = (settings.public_url, settings.pages_url)
    return [*addresses, *settings.mcp_origins, *(f"http://{name}:*" for name in _LOCAL)]
