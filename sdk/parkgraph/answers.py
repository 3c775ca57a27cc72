"""What every answer says beside its body: which request it was, and what is left of the rate budget."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self

import httpx


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The rate budget with least left after a request.

    >>> Budget(limit=240, remaining=60, reset_at=datetime(2026, 4, 10, 23, 30, tzinfo=UTC)).used
    180
    """

    limit: int
    """Requests per minute."""
    remaining: int
    """Requests that it admits right now."""
    reset_at: datetime
    """When it is full again."""

    @property
    def used(self) -> int:
        """Return how many requests it does not admit any more."""
        return self.limit - self.remaining

    @classmethod
    def of(cls, headers: httpx.Headers) -> Self | None:
        """Read the budget off an answer; None where something between us and Park Graph answered."""
        try:
            return cls(
                limit=int(headers["X-RateLimit-Limit"]),
                remaining=int(headers["X-RateLimit-Remaining"]),
                reset_at=datetime.fromtimestamp(int(headers["X-RateLimit-Reset"]), UTC),
            )
        except (KeyError, ValueError, OverflowError, OSError):
            return None


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The facts of one answer. Where an operation has nothing to give back, it is all that comes."""

    status: int
    headers: httpx.Headers = field(repr=False)
    received_at: datetime = field(default_factory=_now, repr=False, compare=False)
    """When it came, by our clock."""

    @property
    def request_id(self) -> str | None:
        """Return the id by which support finds the request; None where Park Graph was not reached."""
        named: str | None = self.headers.get("X-Request-Id")
        return named

    @property
    def budget(self) -> Budget | None:
        """Return the rate budget with least left."""
        return Budget.of(self.headers)

    @property
    def replayed(self) -> bool:
        """Tell whether this is the first answer to an idempotency key, given again."""
        return "true" in self.headers.get_list("Idempotent-Replayed")

    @property
    def retry_after(self) -> float | None:
        """Return the seconds that the server asks callers to wait; None where it does not.

        Proxies name a time instead. It is compared with the answer's own Date, so our clock need not be
        right; where there is none, with when it was received.

        >>> headers = httpx.Headers({"Retry-After": "Fri, 10 Apr 2026 23:30:07 GMT"})
        >>> at = datetime(2026, 4, 10, 23, 30, tzinfo=UTC)
        >>> Answer(status=503, headers=headers, received_at=at).retry_after
        7.0
        """
        asked = self.headers.get("Retry-After", "")
        if asked.isascii() and asked.isdigit():
            return float(asked)
        until = _instant(asked)
        if until is None:
            return None
        since = _instant(self.headers.get("Date", "")) or self.received_at
        return max(0.0, (until - since).total_seconds())


def _instant(written: str) -> datetime | None:
    """Read a date of HTTP; None where it is none."""
    try:
        at = parsedate_to_datetime(written)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
