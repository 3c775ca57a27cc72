"""For the tests of programs that use this library: Park Graph without a network, and signed webhooks.

>>> from parkgraph import ParkGraph, RateLimited, Retries
>>> rehearsal = Rehearsal()
>>> rehearsal.refuse("getHealth", "RATE_LIMITED", retry_after=2)
>>> rehearsal.answer("getHealth", {"status": "ok"})
>>> waits: list[float] = []
>>> park = ParkGraph(transport=rehearsal, sleep=waits.append, retries=Retries(random=lambda: 0.0))
>>> park.status.get_health().status, waits, len(rehearsal.requests)
('ok', [2.0], 2)
"""

import json
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import httpx

from parkgraph.model import encode
from parkgraph.operations import OPERATIONS
from parkgraph.webhooks import sign

__all__ = ["Rehearsal", "Reply", "signed"]

Reply = Callable[[httpx.Request], httpx.Response]
"""What answers a request; it may raise what a network raises, `httpx.ReadTimeout` say."""

REQUEST_ID: Final = "req_00000000000000000000000000000000"
HEADERS: Final[Mapping[str, str]] = {
    "X-Request-Id": REQUEST_ID,
    "X-RateLimit-Limit": "240",
    "X-RateLimit-Remaining": "239",
    "X-RateLimit-Reset": "1775863801",
}
STATUSES: Final[Mapping[str, int]] = {
    "BAD_REQUEST": 400,
    "UNAUTHORIZED": 401,
    "PAYMENT_REQUIRED": 402,
    "FORBIDDEN": 403,
    "AGENT_OPT_IN_REQUIRED": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406,
    "CONFLICT": 409,
    "PAYLOAD_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "IDEMPOTENCY_KEY_REUSED": 422,
    "UPGRADE_REQUIRED": 426,
    "RATE_LIMITED": 429,
    "INTERNAL": 500,
    "BAD_GATEWAY": 502,
    "SERVICE_UNAVAILABLE": 503,
}


class Rehearsal(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that answers from a script, for both clients, and keeps what it was asked.

    What is scripted for an operation is played in order, and the last of it again and again. An operation
    that nobody scripted fails the test.
    """

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        """Every request so far."""
        self._scripts: defaultdict[str, deque[Reply]] = defaultdict(deque)

    def answer(
        self,
        operation_id: str,
        body: Mapping[str, Any] | str | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Let an operation be answered by JSON, in which models may stand, by a text, or by nothing."""
        sent = {**HEADERS, **(headers or {})}
        if isinstance(body, str):
            self.play(operation_id, lambda _: httpx.Response(status, headers=sent, text=body))
        elif body is None:
            self.play(operation_id, lambda _: httpx.Response(status, headers=sent))
        else:
            written = encode(body)
            self.play(operation_id, lambda _: httpx.Response(status, headers=sent, json=written))

    def refuse(
        self,
        operation_id: str,
        code: str,
        *,
        message: str = "Refused by the rehearsal.",
        details: Mapping[str, str] | None = None,
        retry_after: int | None = None,
    ) -> None:
        """Let an operation be refused with a code of the catalogue; `details` are sentences by field."""
        if code not in STATUSES:
            raise KeyError(f"There is no code {code}, but {', '.join(STATUSES)}")
        error: dict[str, Any] = {"code": code, "message": message, "request_id": REQUEST_ID}
        if details:
            error["details"] = [{"field": field, "message": said} for field, said in details.items()]
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        self.answer(operation_id, {"error": error}, status=STATUSES[code], headers=headers)

    def play(self, operation_id: str, reply: Reply) -> None:
        """Let an operation be answered by a function."""
        if operation_id not in OPERATIONS:
            raise KeyError(f"There is no operation {operation_id}")
        self._scripts[operation_id].append(reply)

    def forget(self) -> None:
        """Forget every script and every request, for the next act of a test."""
        self._scripts.clear()
        self.requests.clear()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of a client that waits."""
        request.read()
        return self._reply(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of a client that does not."""
        await request.aread()
        return self._reply(request)

    def _reply(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        script = self._scripts[_operation_of(request)]
        if not script:
            raise AssertionError(f"Nobody scripted an answer to {_operation_of(request)}")
        return (script.popleft() if len(script) > 1 else script[0])(request)


def signed(
    event_type: str,
    data: Mapping[str, Any],
    *,
    secret: str,
    id_: str = "019d79bb-20c0-7128-a24b-e40ad23f0824",
    now: Callable[[], float] = time.time,
) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of a webhook as Park Graph would send it."""
    sent_at = int(now())
    at = datetime.fromtimestamp(sent_at, UTC)
    body = json.dumps(encode({"type": event_type, "timestamp": at, "data": data})).encode()
    signature = sign(body, id_=id_, sent_at=sent_at, secret=secret)
    return body, {
        "webhook-id": id_,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": signature,
        "content-type": "application/json",
    }


def _operation_of(request: httpx.Request) -> str:
    path = request.url.raw_path.partition(b"?")[0].decode()
    fitting = [
        operation
        for operation in OPERATIONS.values()
        if operation.method == request.method and _pattern(operation.path).fullmatch(path)
    ]
    if not fitting:
        raise AssertionError(f"There is no operation {request.method} {path}")
    # of /lots/search and /lots/{lot_id}, the first is meant
    return min(fitting, key=lambda operation: operation.path.count("{")).id


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", template)
    return re.compile(".*" + "[^/]+".join(re.escape(quote(part)) for part in parts))
