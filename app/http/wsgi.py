"""From an ASGI scope to a WSGI call and back, for bodies that were read already."""

import io
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from starlette.types import Scope

from app.http.exchange import Exchange, Headers

EXCHANGE: Final = "park_graph.exchange"
"""Where the exchange stands in the WSGI environment."""
REQUEST_ID: Final = "park_graph.request_id"
"""Where pages find the id of the request."""

Environment = dict[str, Any]
StartResponse = Callable[..., Callable[[bytes], object]]
WsgiApp = Callable[[Environment, StartResponse], Iterable[bytes]]

_PLAIN_NAMES: Final = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


class WholeAnswer(NamedTuple):
    """A response, ready to be sent."""

    status: int
    headers: Headers
    body: bytes


def environment(scope: Scope, exchange: Exchange) -> Environment:
    """Describe a request as PEP 3333 wants it."""
    host, port = scope.get("server") or ("localhost", 80)
    environ: Environment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "REMOTE_ADDR": exchange.ip,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(exchange.raw),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        EXCHANGE: exchange,
        REQUEST_ID: exchange.request_id,
    }
    for name, value in scope["headers"]:
        key = _PLAIN_NAMES.get(name) or f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


def call(app: WsgiApp, environ: Environment) -> WholeAnswer:
    """Run a WSGI application and gather its whole answer; exceptions pass through."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], None]:
        started[:] = [(status, headers)]
        return _write

    chunks = app(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        if close := getattr(chunks, "close", None):
            close()
    status, headers = started[0]
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return WholeAnswer(int(status[:3]), encoded, body)


def _write(_: bytes) -> None:
    raise RuntimeError("Answers are returned whole, not written piece by piece.")
