"""The two clients: one that waits for answers, and one that lets others work meanwhile."""

import os
import re
import time
from collections.abc import Awaitable, Callable
from enum import Enum
from types import TracebackType
from typing import Final, Self, TypeVar
from uuid import uuid4

import anyio
import httpx

from parkgraph.async_resources import AsyncResources
from parkgraph.calls import JSON, Call, Reply
from parkgraph.exchange import Outcome, Send, Step, exchange
from parkgraph.resources import Resources
from parkgraph.retries import Retries, judged
from parkgraph.version import VERSION

T = TypeVar("T")

BASE_URL: Final = "https://parkgraph.com"
KEY_VARIABLE: Final = "PARK_GRAPH_KEY"
URL_VARIABLE: Final = "PARK_GRAPH_URL"
TIMEOUT: Final = httpx.Timeout(30.0, connect=5.0)
"""Longer than a payment takes at its slowest."""
DEFAULT_RETRIES: Final = Retries()
A_DAY: Final = 86_400
_SENDABLE: Final = re.compile("[!-~]+")


class FromEnvironment(Enum):
    """The type of `FROM_ENVIRONMENT`."""

    FROM_ENVIRONMENT = "from the environment"

    def __repr__(self) -> str:
        return "FROM_ENVIRONMENT"


FROM_ENVIRONMENT: Final = FromEnvironment.FROM_ENVIRONMENT
"""Where a key comes from that nobody gives. None is no such word: it would be a secret that did not come."""


def new_idempotency_key() -> str:
    """Make a key that names one write."""
    return str(uuid4())


class _Door:
    """Where calls go, and as whom."""

    def __init__(
        self, key: str | FromEnvironment | None, *, base_url: str | None, timeout: httpx.Timeout | float
    ) -> None:
        if key is None:
            raise ValueError(
                'The key is None: give one, or "" for none. If an answer had it: a secret is shown once, and '
                "a repeated answer (answer.replayed) has none."
            )
        address = os.environ.get(URL_VARIABLE) or BASE_URL if base_url is None else base_url
        self.base_url = _printable(address).rstrip("/")
        self._timeout = _bounded(timeout)
        self._key = os.environ.get(KEY_VARIABLE) if key is FROM_ENVIRONMENT else key
        if self._key and not _SENDABLE.fullmatch(self._key):
            # said here, as what refuses it later would print it
            raise ValueError("An API key has no spaces, line ends or letters beyond ASCII.")

    def request(self, call: Call[T], http: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """Write the request of a call."""
        headers = {
            "Accept": ", ".join(dict.fromkeys((call.operation.answers, JSON))),
            "User-Agent": f"parkgraph-python/{VERSION}",
            **call.headers,
        }
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        if call.idempotency_key is not None:
            headers["Idempotency-Key"] = call.idempotency_key
        return http.build_request(
            call.operation.method,
            f"{self.base_url}{call.path}",
            params=call.query,
            headers=headers,
            content=call.content,
            timeout=self._timeout,
        )


def _printable(base_url: str) -> str:
    """Return an address that holds no secret; raise ValueError for one that does, or that is none."""
    try:
        address = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise ValueError(f"The base_url is no address: {error}") from None
    if address.scheme not in {"http", "https"} or not address.host:
        raise ValueError("The base_url is no address: it begins with https:// or http:// and names a server.")
    if address.userinfo:
        raise ValueError("A base_url has no user name or password, as it is printed and replaced by the key.")
    return base_url


def _bounded(timeout: object) -> httpx.Timeout | float:
    """Return how long a step may take; raise TypeError or ValueError for what no timer counts."""
    if isinstance(timeout, httpx.Timeout):
        return timeout
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise TypeError(f"timeout takes seconds or an httpx.Timeout, not {type(timeout).__name__}.")
    if not 0 < timeout <= A_DAY:
        raise ValueError("timeout takes seconds, more than 0 and no more than a day.")
    return timeout


class ParkGraph(Resources):
    """Park Graph, for programs that wait for answers. May be used by several threads at once.

    `key` is an API key; where none is given, what the environment has in `PARK_GRAPH_KEY`. Finding lots needs
    none. An empty one is none, whatever the environment has, and None is refused: it is a secret that was not
    shown again. `base_url` is the server, by default what the environment has in `PARK_GRAPH_URL`, or else
    https://parkgraph.com.
    `http` is an httpx client of your own, which you close yourself; `transport` is what carries the requests
    of ours. Each request has `timeout`, whoever's the client is. `sleep`, `clock` and `idempotency_key` are
    there for tests.
    """

    def __init__(
        self,
        key: str | FromEnvironment | None = FROM_ENVIRONMENT,
        *,
        base_url: str | None = None,
        retries: Retries = DEFAULT_RETRIES,
        timeout: httpx.Timeout | float = TIMEOUT,
        http: httpx.Client | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        idempotency_key: Callable[[], str] = new_idempotency_key,
    ) -> None:
        if http is not None and transport is not None:
            raise ValueError("A client of your own has a transport already.")
        super().__init__(self._send)
        self._door = _Door(key, base_url=base_url, timeout=timeout)
        self._retries = judged(retries)
        self._is_own = http is None
        self._http = http if http is not None else httpx.Client(transport=transport)
        self._sleep = sleep
        self._clock = clock
        self._idempotency_key = idempotency_key

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._door.base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, unless they are those of a client of yours."""
        if self._is_own:
            self._http.close()

    def _send(self, call: Call[T]) -> T:
        named = call.named(self._idempotency_key)
        steps = exchange(named, server=self._door.base_url, retries=self._retries, clock=self._clock)
        step = next(steps)
        while True:
            try:
                step = steps.send(self._done(step, named))
            except StopIteration as end:
                answer: T = end.value
                return answer

    def _done(self, step: Step, call: Call[T]) -> Outcome:
        if not isinstance(step, Send):
            self._sleep(step.seconds)
            return None
        request = self._door.request(call, self._http)
        try:
            response = self._http.send(request, follow_redirects=False)
            return Reply.of(response, idempotency_key=call.idempotency_key)
        except httpx.RequestError as error:
            return error


class AsyncParkGraph(AsyncResources):
    """Park Graph, for programs on asyncio or trio.

    `key` is an API key; where none is given, what the environment has in `PARK_GRAPH_KEY`. Finding lots needs
    none. An empty one is none, whatever the environment has, and None is refused: it is a secret that was not
    shown again. `base_url` is the server, by default what the environment has in `PARK_GRAPH_URL`, or else
    https://parkgraph.com.
    `http` is an httpx client of your own, which you close yourself; `transport` is what carries the requests
    of ours. Each request has `timeout`, whoever's the client is. `sleep`, `clock` and `idempotency_key` are
    there for tests.
    """

    def __init__(
        self,
        key: str | FromEnvironment | None = FROM_ENVIRONMENT,
        *,
        base_url: str | None = None,
        retries: Retries = DEFAULT_RETRIES,
        timeout: httpx.Timeout | float = TIMEOUT,
        http: httpx.AsyncClient | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        clock: Callable[[], float] = time.monotonic,
        idempotency_key: Callable[[], str] = new_idempotency_key,
    ) -> None:
        if http is not None and transport is not None:
            raise ValueError("A client of your own has a transport already.")
        super().__init__(self._send)
        self._door = _Door(key, base_url=base_url, timeout=timeout)
        self._retries = judged(retries)
        self._is_own = http is None
        self._http = http if http is not None else httpx.AsyncClient(transport=transport)
        self._sleep = sleep
        self._clock = clock
        self._idempotency_key = idempotency_key

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._door.base_url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections, unless they are those of a client of yours."""
        if self._is_own:
            await self._http.aclose()

    async def _send(self, call: Call[T]) -> T:
        named = call.named(self._idempotency_key)
        steps = exchange(named, server=self._door.base_url, retries=self._retries, clock=self._clock)
        step = next(steps)
        while True:
            try:
                step = steps.send(await self._done(step, named))
            except StopIteration as end:
                answer: T = end.value
                return answer

    async def _done(self, step: Step, call: Call[T]) -> Outcome:
        if not isinstance(step, Send):
            await self._sleep(step.seconds)
            return None
        request = self._door.request(call, self._http)
        try:
            response = await self._http.send(request, follow_redirects=False)
            return Reply.of(response, idempotency_key=call.idempotency_key)
        except httpx.RequestError as error:
            return error
