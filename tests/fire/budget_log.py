"""What callers saw of a budget, and whether any window of time was given more than it may have."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection

ADMITTED_UNLESS = 429


@dataclass(frozen=True, slots=True)
class Request:
    """One request: between `sent` and `received`, on the clock that Redis reads too, it was judged."""

    sent: float
    received: float
    status: int
    limit: int
    retry_after: float

    @property
    def was_admitted(self) -> bool:
        """Tell whether the budget admitted it."""
        return self.status != ADMITTED_UNLESS


@dataclass(slots=True)
class BudgetLog:
    """All requests of one key."""

    key: str
    path: str
    requests: list[Request] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, connection: HTTPConnection) -> Request:
        """Send a request and write down what came of it."""
        sent = time.time()
        connection.request("GET", self.path, headers={"Authorization": f"Bearer {self.key}"})
        answer = connection.getresponse()
        answer.read()
        request = Request(
            sent=sent,
            received=time.time(),
            status=answer.status,
            limit=int(answer.headers["X-RateLimit-Limit"]),
            retry_after=float(answer.headers.get("Retry-After", "0")),
        )
        with self._lock:
            self.requests.append(request)
        return request

    def admitted(self, *, since: float = 0.0, until: float = float("inf")) -> list[Request]:
        """Return what was certainly admitted in a span of time."""
        return [
            each
            for each in self.requests
            if each.was_admitted and each.sent >= since and each.received <= until
        ]


def largest_burst(admitted: Sequence[Request], *, per_minute: int) -> float:
    """Return by how much some window of time was given more than what refills in it.

    A request counts for a window only if it was sent and answered inside, so that it was certainly judged
    there, and no allowance for measuring is needed. A bucket never gives more than its budget.
    """
    by_answer = sorted(admitted, key=lambda each: each.received)
    largest = 0.0
    for first in by_answer:
        count = 0
        for last in by_answer:
            if last.sent >= first.sent:
                count += 1
                largest = max(largest, count - per_minute * (last.received - first.sent) / 60)
    return largest
