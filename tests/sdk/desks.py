"""Both clients behind one desk, so that each test of their rules runs once for each."""

import asyncio
import inspect
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from parkgraph import AsyncParkGraph, ParkGraph, Retries
from parkgraph.client import FromEnvironment
from parkgraph.testing import Rehearsal

Park = Any
"""ParkGraph or AsyncParkGraph: their methods have the same names and arguments."""


@dataclass
class Desk(ABC):
    """A client on a rehearsal, which waits by noting how long."""

    rehearsal: Rehearsal = field(default_factory=Rehearsal)
    waits: list[float] = field(default_factory=list)
    retries: Retries = field(default_factory=lambda: Retries(random=lambda: 0.5))
    keys: Iterable[str] = field(default_factory=lambda: (f"key-{number}" for number in range(1_000)))
    clock: Callable[[], float] = lambda: 0.0
    key: str | FromEnvironment | None = "pk_test_desk"

    @abstractmethod
    def ask(self, question: Callable[[Park], Any]) -> Any:
        """Ask a client something, and return what it answers; a list where it is read page by page."""

    @property
    def sent(self) -> list[Any]:
        """Return the requests so far."""
        return self.rehearsal.requests

    @property
    def _settings(self) -> dict[str, Any]:
        names = iter(self.keys)
        return {"retries": self.retries, "clock": self.clock, "idempotency_key": lambda: next(names)}


class WaitingDesk(Desk):
    """Asks the client that waits."""

    def ask(self, question: Callable[[Park], Any]) -> Any:
        with ParkGraph(self.key, transport=self.rehearsal, sleep=self.waits.append, **self._settings) as park:
            answer = question(park)
            return list(answer) if hasattr(answer, "__next__") or hasattr(answer, "first") else answer


class AsyncDesk(Desk):
    """Asks the client that lets others work meanwhile."""

    def ask(self, question: Callable[[Park], Any]) -> Any:
        return asyncio.run(self._ask(question))

    async def _ask(self, question: Callable[[Park], Any]) -> Any:
        async def sleep(seconds: float) -> None:
            self.waits.append(seconds)

        async with AsyncParkGraph(self.key, transport=self.rehearsal, sleep=sleep, **self._settings) as park:
            return await _awaited(question(park))


async def _awaited(answer: Awaitable[Any] | AsyncIterator[Any]) -> Any:
    if inspect.isawaitable(answer):
        return await answer
    return [entry async for entry in answer]
