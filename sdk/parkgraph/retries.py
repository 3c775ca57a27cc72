"""When a call is tried again, and how long to wait before."""

from collections.abc import Callable
from dataclasses import dataclass
from random import SystemRandom


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often a call is tried, and how long that may take altogether.

    A wait is what `Retry-After` asks for and a part of `first_pause`, doubled after each attempt, that chance
    takes from all of it (full jitter): callers that were refused together do not come back together.

    >>> calm = Retries(random=lambda: 0.5)
    >>> [calm.pause(attempt) for attempt in (1, 2, 3)]
    [0.25, 0.5, 1.0]
    >>> calm.pause(1, retry_after=7)
    7.25
    """

    attempts: int = 10
    """How often a call is sent at most; 1 for no retries. Ten outlast a server that has to start again."""
    first_pause: float = 0.5
    """Seconds, of which the first pause is a part."""
    longest_pause: float = 30.0
    """Seconds that the pauses grow up to, beside what the server asks for."""
    patience: float = 120.0
    """Seconds after which no attempt begins, pauses and attempts counted; a call fails at once if the next
    pause is beyond them.
    """
    random: Callable[[], float] = SystemRandom().random
    """Chance, from 0 up to 1."""

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError("A call is sent at least once.")
        if min(self.first_pause, self.longest_pause, self.patience) < 0:
            raise ValueError("Nobody waits for less than no time.")

    def pause(self, attempt: int, *, retry_after: float | None = None) -> float:
        """Return the seconds to wait after an attempt, the first of which is 1."""
        spread = min(self.longest_pause, self.first_pause * 2.0 ** min(attempt - 1, 60))
        return (retry_after or 0.0) + self.random() * spread
