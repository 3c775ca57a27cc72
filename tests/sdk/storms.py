"""Time that passes only when everybody waits: a thousand callers on one clock, without a second of it."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar

from tests.http.conftest import Ticker

T = TypeVar("T")


@dataclass
class Hourglass:
    """Runs callers until each of them waits, then turns the clock on to whom is first to wake."""

    ticker: Ticker
    _awake: int = 0
    _sleepers: list[tuple[float, int, asyncio.Event]] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)

    async def sleep(self, seconds: float) -> None:
        """Wait on this clock."""
        turned = asyncio.Event()
        heapq.heappush(self._sleepers, (self.ticker.at + seconds, next(self._order), turned))
        self._rest()
        await turned.wait()

    async def run(self, callers: list[Callable[[], Awaitable[T]]]) -> list[T]:
        """Let all callers begin at once, and return what became of them."""
        self._awake = len(callers)
        return list(await asyncio.gather(*map(self._live, callers)))

    async def _live(self, caller: Callable[[], Awaitable[T]]) -> T:
        try:
            return await caller()
        finally:
            self._rest()

    def _rest(self) -> None:
        self._awake -= 1
        if self._awake == 0 and self._sleepers:
            at, _, turned = heapq.heappop(self._sleepers)
            self.ticker.at = max(self.ticker.at, at)
            self._awake = 1
            turned.set()
