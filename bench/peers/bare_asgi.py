"""A floor: an ASGI application that answers every request with the same few lots, and looks at nothing."""

import orjson
from starlette.types import Receive, Scope, Send

from bench.frame.requests import LOT

ANSWER = orjson.dumps({"lots": [LOT] * 8})
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer."""
    if scope["type"] == "lifespan":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})
