"""When a call is tried again, and how long to wait before."""

from collections.abc import Callable
from dataclasses import dataclass
from random import SystemRandom
from types import UnionType


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
        _judge("attempts", self.attempts, int, "a whole number")
        for name in ("first_pause", "longest_pause", "patience"):
            _judge(name, getattr(self, name), int | float, "a number of seconds")
        if self.attempts < 1:
            raise ValueError("A call is sent at least once.")
        if not all(seconds >= 0 for seconds in (self.first_pause, self.longest_pause, self.patience)):
            raise ValueError("Nobody waits for less than no time.")

    def pause(self, attempt: int, *, retry_after: float | None = None) -> float:
        """Return the seconds to wait after an attempt, the first of which is 1."""
        spread = min(self.longest_pause, self.first_pause * 2.0 ** min(attempt - 1, 60))
        return (retry_after or 0.0) + self.random() * spread


def judged(retries: object) -> Retries:
    """Return what a client was given as its retries; raise TypeError for what is none."""
    if not isinstance(retries, Retries):
        kind = type(retries).__name__
        raise TypeError(f"retries takes a Retries, such as Retries(attempts=3), not {kind}.")
    return retries


def _judge(name: str, value: object, kind: type | UnionType, wanted: str) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"{name} takes {wanted}, not {type(value).__name__}.")
