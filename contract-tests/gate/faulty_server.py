"""The ordinary server, in which what it stands on fails when it is told to.

Faults belong to the server's own process, so this one also listens on the port that its argument names for a
line of JSON, one order each:

- the fields of a `stripe_sandbox.Fault`, and how many `times` the processor is to fail so; 0 times heals it,
  and lets what hangs go on;
- whether the operations' own code is `broken`;
- the `addresses` that the names below `LYING` lead to from now on, none of them at first.
"""

import json
import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import uvicorn

from app import factory
from app.gateways import processors
from app.http.views import Handler
from app.settings import from_environment
from stripe_sandbox import Fault, Sandbox

LYING = ".gate.lies"
"""The end of names that lead where an order says; no other resolver knows them."""
NEVER_SHOWN = "CO-7891 of driver@example.com"
"""What the exception of broken code says, and nobody outside may read."""

_is_broken = threading.Event()
_is_well = threading.Event()
_addresses: list[str] = []


def _processor_fails(*, times: int, **fault: Any) -> None:
    if times:
        _is_well.clear()
    else:
        _sandbox().heal()
        _is_well.set()
    for _ in range(times):
        _sandbox().inject(Fault(**fault))


def _operations_break(*, broken: bool) -> None:
    _is_broken.set() if broken else _is_broken.clear()


def _names_lead_to(*, addresses: list[str]) -> None:
    _addresses[:] = addresses


_ORDERS: dict[str, Callable[..., None]] = {
    "times": _processor_fails,
    "broken": _operations_break,
    "addresses": _names_lead_to,
}
"""By the field that each of them has to have."""


class _Order(socketserver.StreamRequestHandler):
    """Take one order of faults."""

    def handle(self) -> None:
        """Carry it out, and say that it was done."""
        order = json.loads(self.rfile.readline())
        [carry_out] = [_ORDERS[field] for field in order if field in _ORDERS]
        carry_out(**order)
        self.wfile.write(b"done\n")


def _sandbox() -> Sandbox:
    # The server itself has no reason to hand it out.
    sandbox = processors._processors().sandbox
    assert sandbox is not None
    return sandbox


def _breakable(find: Callable[..., Handler]) -> Callable[..., Handler]:
    """Let what serves an operation fail while code is broken."""

    def found(*args: Any) -> Handler:
        handler = find(*args)

        @wraps(handler)
        def handled(*args: Any, **kwargs: Any) -> Any:
            if _is_broken.is_set():
                raise RuntimeError(NEVER_SHOWN)
            return handler(*args, **kwargs)

        return handled

    return found


def _lying(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Let some names lead where they were told to."""

    def resolved(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not str(host).endswith(LYING):
            return resolve(host, *args, **kwargs)
        if not _addresses:
            raise socket.gaierror(socket.EAI_NONAME, "This name leads nowhere.")
        return [found for address in _addresses for found in resolve(address, *args, **kwargs)]

    return resolved


def main() -> None:
    """Serve until asked to stop."""
    settings = from_environment()
    processors.Sandbox = partial(Sandbox, sleep=_is_well.wait)  # type: ignore[assignment,misc] # it makes one
    factory._handler = _breakable(factory._handler)
    socket.getaddrinfo = _lying(socket.getaddrinfo)
    app = factory.create_app(settings)
    with socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[1])), _Order) as orders:
        threading.Thread(target=orders.serve_forever, daemon=True).start()
        uvicorn.Server(factory.serve(settings, app)).run()
        orders.shutdown()


if __name__ == "__main__":
    main()
