"""The ordinary server, whose embedded payment processor fails when it is told to.

Faults belong to the processor's own process, so this one also listens on the port that its argument names for
a line of JSON: the fields of a `stripe_sandbox.Fault`, and how many times it is to happen; 0 times heals it.
"""

import json
import socketserver
import sys
import threading

import uvicorn

from app.factory import create_app, serve
from app.gateways import processors
from app.settings import from_environment
from stripe_sandbox import Fault, Sandbox


class _Order(socketserver.StreamRequestHandler):
    """Take one order of faults."""

    def handle(self) -> None:
        """Inject them, and say that it was done."""
        order = json.loads(self.rfile.readline())
        times = order.pop("times")
        if not times:
            _sandbox().heal()
        for _ in range(times):
            _sandbox().inject(Fault(**order))
        self.wfile.write(b"done\n")


def _sandbox() -> Sandbox:
    # The server itself has no reason to hand it out.
    sandbox = processors._processors().sandbox
    assert sandbox is not None
    return sandbox


def main() -> None:
    """Serve until asked to stop."""
    settings = from_environment()
    app = create_app(settings)
    with socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[1])), _Order) as orders:
        threading.Thread(target=orders.serve_forever, daemon=True).start()
        uvicorn.Server(serve(settings, app)).run()
        orders.shutdown()


if __name__ == "__main__":
    main()
