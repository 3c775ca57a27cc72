"""The limiter: budgets shared through Redis, counted in the process alone while Redis is away.

Flask-Limiter's own fallback works inside its Flask hook only, which refused requests never reach; so it
builds storage and strategy here, and switching is ours. Without Redis every call stays on the event loop:
it is a dictionary look-up. With Redis it is one script call on a thread of its own.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

import flask
from flask_limiter import Limiter as FlaskLimiter
from limits.storage import RedisStorage
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.http.token_bucket import NAME, Charge, Clock, MemoryBuckets, Outdated, TokenBucket, Verdict, take

SOCKET_TIMEOUT: Final = 0.2
"""Seconds that a step of the conversation with Redis may take."""
PATIENCE: Final = 0.25
"""Seconds that a request waits for Redis altogether before it is counted in the process."""
PREFIX: Final = "{parkgraph}"
"""Before every bucket's name: a hash tag, so that one call may see several where Redis is divided."""
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
_THREADS: Final = 4

log = logging.getLogger("parkgraph.limits")


def build_strategy(redis_url: str | None) -> TokenBucket:
    """Let Flask-Limiter build the storage and the strategy; nothing is connected to yet."""
    options: dict[str, Any] = {
        "socket_timeout": SOCKET_TIMEOUT,
        "socket_connect_timeout": SOCKET_TIMEOUT,
        "retry": Retry(NoBackoff(), 0),
        "key_prefix": PREFIX,
    }
    limiter = FlaskLimiter(
        key_func=lambda: "",
        storage_uri=redis_url or "memory://",
        storage_options=options if redis_url else {},
        strategy=NAME,
    )
    # On an application of its own: the hooks that it adds would cost every request and judge none.
    limiter.init_app(flask.Flask("limits"))
    strategy = limiter.limiter
    if not isinstance(strategy, TokenBucket):
        raise TypeError(f"Flask-Limiter built {strategy!r}")
    return strategy


class Limiter:
    """Judge charges by the shared buckets, or by the process's own while those can't be reached."""

    def __init__(
        self,
        strategy: TokenBucket,
        *,
        workers: int = 1,
        clock: Clock = time.monotonic,
        heard: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._strategy = strategy
        self._heard = heard
        self._workers = workers
        self._clock = clock
        self._shared = isinstance(strategy.storage, RedisStorage)
        self._outage = Outage(clock=clock)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="limits") if self._shared else None

    @property
    def outages(self) -> int:
        """Return how often the shared buckets were lost since the start."""
        return self._outage.count

    async def take(self, charges: Sequence[Charge], *, believed: str | None = None) -> Verdict:
        """Charge every bucket or none of them.

        `believed` is the number of revocations under which the caller's key was remembered. Raise Outdated
        where it is another by now, and where Redis, which would know, is away.
        """
        if self._threads is None:
            return self._strategy.take(self._shares(charges))
        ticket = self._outage.ticket()
        if ticket is None:
            return self._take_alone(charges, believed)
        loop = asyncio.get_running_loop()
        asked = loop.run_in_executor(self._threads, self._take_shared, charges, believed, ticket)
        done, _ = await asyncio.wait((asked,), timeout=PATIENCE)
        if done:
            return asked.result()
        asked.add_done_callback(_look_at)
        self._outage.lost(ticket, TimeoutError())
        return self._take_alone(charges, believed)

    def take_here(self, charges: Sequence[Charge]) -> Verdict:
        """Charge buckets of this process only, without waiting for anything."""
        if self._threads is None:
            return self._strategy.take(self._shares(charges))
        return take(self._outage.own, charges)

    def close(self) -> None:
        """Let go of the threads."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    def _take_shared(self, charges: Sequence[Charge], believed: str | None, ticket: int) -> Verdict:
        if self._outage.began_after(ticket):
            return self._take_alone(charges, believed)
        try:
            verdict = self._strategy.take(charges, believed=believed)
        except self._strategy.storage.base_exceptions as error:
            self._outage.lost(ticket, error)
            return self._take_alone(charges, believed)
        except Outdated as outdated:
            self._hear(outdated.epoch, ticket)
            raise
        self._hear(verdict.epoch, ticket)
        return verdict

    def _hear(self, epoch: str | None, ticket: int) -> None:
        self._outage.over(ticket)
        if epoch is not None:
            self._heard(epoch)

    def _take_alone(self, charges: Sequence[Charge], believed: str | None) -> Verdict:
        """Count in the process, and believe nothing: nobody tells it of revocations."""
        if believed is not None:
            raise Outdated
        return take(self._outage.own, self._shares(charges))

    def _shares(self, charges: Sequence[Charge]) -> Sequence[Charge]:
        """Return this worker's part of what is charged."""
        if self._workers == 1:
            return charges
        return [replace(charge, shares=self._workers) for charge in charges]


def _look_at(late: "asyncio.Future[Verdict]") -> None:
    """Take note of what came too late, which asyncio would complain about otherwise."""
    if not late.cancelled():
        late.exception()


class Outage:
    """Whether Redis is away, since when, and when to ask it again: after 1, 2, 4 … 30 seconds."""

    def __init__(self, *, clock: Clock) -> None:
        self.own = MemoryBuckets(clock=clock)
        self.count = 0
        self._clock = clock
        self._lock = threading.Lock()
        self._pause = 0.0
        self._ask_at = 0.0

    def ticket(self) -> int | None:
        """Return leave to ask Redis now, or None; during an outage one request in each pause gets it."""
        if not self._pause:
            return self.count
        with self._lock:
            now = self._clock()
            if self._pause and now < self._ask_at:
                return None
            self._ask_at = now + self._pause
            return self.count

    def began_after(self, ticket: int) -> bool:
        """Tell whether Redis was lost while the holder of this leave waited for a thread."""
        return self.count != ticket

    def lost(self, ticket: int, error: Exception) -> None:
        """Note that Redis did not answer the holder of this leave; only the first of a crowd counts."""
        with self._lock:
            if self.count != ticket:
                return
            if self._pause:
                self._pause = min(self._pause * 2, LONGEST_PAUSE)
            else:
                self.count += 1
                self._pause = FIRST_PAUSE
                self.own = MemoryBuckets(clock=self._clock, empty=True)
                log.warning("Redis is away (%s); this process counts alone", type(error).__name__)
            self._ask_at = self._clock() + self._pause

    def over(self, ticket: int) -> None:
        """Note that Redis answered the holder of this leave."""
        if not self._pause:
            return
        with self._lock:
            if self._pause and self.count == ticket:
                self._pause = 0.0
                log.warning("Redis is back; budgets are shared again")
