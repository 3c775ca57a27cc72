"""Step 8: one hop to a thread, where Connexion as it ships takes four or five.

A thread runs the operation's handler itself: going through Flask's dispatch would cost as much as the rest of
the chain together, and no handler knows of Flask. Pages and published forms are Flask's.

There are two pools. An operation that waits for the payment processor gets at most half of the threads, so
that a processor that hangs leaves searches, look-ups and pages alone. The operators' writes get at most half
of the other ones, since they may wait for each other's locks. Whole files have one thread beside them: a list
of thousands of lots takes seconds, and several at once would only wait for each other's locks. Each project
has one file there at a time, so that many of one operator hold up no other.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

from connexion.apps.flask import FlaskASGIApp
from starlette.types import Receive, Scope, Send

from app.contract.document import Contract, Operation
from app.domain.errors import ServiceUnavailable
from app.http import wsgi
from app.http.exchange import Exchange, exchange_of
from app.http.threads import Threads
from app.http.views import Handler, View, compile_view
from app.http.wsgi import WholeAnswer

PAYING: Final = frozenset(
    {
        "createSession",
        "extendSession",
        "endSession",
        "createRefund",
        "createPayoutAccountLink",
        "receiveStripeEvent",
        "advanceSandboxClock",
        "createSandbox",
    }
)
"""Operations that may wait for the payment processor."""
FILES: Final = frozenset({"importLots"})
"""Operations that take a whole file."""

LONGEST_WAIT_SECONDS: Final = 45.0
"""Whoever asked has given up by then, ChatGPT too; serving nobody would only make the others wait longer."""

Work = Callable[[], WholeAnswer]
ResolveHandler = Callable[[Operation], Handler]


class Pools:
    """The threads that handlers run on: with three or more, one of those that read is left by every write."""

    def __init__(self, *, threads: int) -> None:
        half = max(1, threads // 2)
        self.paying = Threads(half, name="paying")
        rest = max(1, threads - half)
        self.reading = Threads(rest, name="reading")
        self.most_writes = max(1, rest // 2)
        """How many of the threads that read may write at a time."""
        self.files = Threads(1, name="files")

    def of(self, exchange: Exchange) -> Threads:
        """Return the pool that a request belongs to."""
        if exchange.served is None:  # what drivers send from their receipts may wait for the processor, too
            return self.paying if exchange.method == "POST" else self.reading
        name = exchange.served.id
        if name in FILES:
            return self.files
        return self.paying if name in PAYING else self.reading

    def close(self) -> None:
        """Take no more work; what runs is finished."""
        for threads in (self.paying, self.files, self.reading):
            threads.close()


class Turns:
    """Lets one file of each project wait for the thread at a time, and few writes at once for theirs."""

    def __init__(self, *, most_writes: int) -> None:
        self._writes = asyncio.Semaphore(most_writes)
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    def of(self, exchange: Exchange) -> AbstractAsyncContextManager[object]:
        """Return what a request has to hold while it runs: nothing, unless it brings a file or writes."""
        served = exchange.served
        if served is None or exchange.identity is None or served.id in PAYING:
            return nullcontext()
        if served.id in FILES:
            return self._locks.setdefault(exchange.identity.project.id, asyncio.Lock())
        return nullcontext() if served.method == "GET" else self._writes


class Handlers:
    """The contract's handlers, compiled, and the threads that they run on."""

    def __init__(self, pools: Pools, *, contract: Contract, resolve_handler: ResolveHandler) -> None:
        self._pools = pools
        self._turns = Turns(most_writes=pools.most_writes)
        self._views: Mapping[str, View] = {
            operation.id: compile_view(operation, resolve_handler(operation))
            for operation in contract.operations.values()
        }

    async def answer(self, exchange: Exchange, operation: Operation) -> WholeAnswer:
        """Run the handler of an operation; raise what it raises."""
        return await self.run(exchange, partial(self._views[operation.id], exchange))

    async def run(self, exchange: Exchange, work: Work) -> WholeAnswer:
        """Do the work of a request on a thread, when it is its turn."""
        in_time = unless_too_late(work)
        async with self._turns.of(exchange):
            return await self._pools.of(exchange).run(in_time)


class Bridge:
    """The innermost middleware: runs a handler, or Flask for what the contract lacks, on a thread."""

    def __init__(self, next_app: FlaskASGIApp, *, handlers: Handlers) -> None:
        self._next_app = next_app
        self._flask = next_app.app
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._next_app(scope, receive, send)
            return
        exchange = exchange_of(scope)
        if exchange.operation is not None:
            status, headers, body = await self._handlers.answer(exchange, exchange.operation)
        else:
            environment = wsgi.environment(scope, exchange)
            page = partial(wsgi.call, self._flask.wsgi_app, environment)
            status, headers, body = await self._handlers.run(exchange, page)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def unless_too_late(work: Work, *, clock: Callable[[], float] = time.monotonic) -> Work:
    """Refuse work that a thread takes up only when nobody waits for it any more; raise ServiceUnavailable."""
    queued_at = clock()

    def begin() -> WholeAnswer:
        if clock() - queued_at > LONGEST_WAIT_SECONDS:
            message = "The server is too busy, and nothing was done. Try again shortly."
            raise ServiceUnavailable(message, headers={"Retry-After": "5"})
        return work()

    return begin
