"""Whom to ask no more for a while: somebody from whom several calls wait for an answer in vain.

Whoever calls a processor that hangs waits for its whole deadline, in a thread that others wait for. Once it
is known to hang, everybody is told so at once, and one call now and then finds out whether it answers again.
"""

import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Final

SILENCES: Final = 4
"""How many calls in vain, given up in a row or waiting too long by now, before nobody waits any more."""
LONG_SECONDS: Final = 3.0
"""How long a call waits before it counts as one in vain; half of the deadline."""
ASK_EVERY_SECONDS: Final = 2.0


class Circuit:
    """What is known of one processor, by all threads together."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._given_up = 0
        """Calls in a row."""
        self._waiting: dict[int, float] = {}
        """Since when each call waits."""
        self._ask_at = 0.0
        self._numbers = count()
        self._guard = threading.Lock()

    def enter(self) -> int | None:
        """Begin a call and return its number; None where nobody is to ask just now."""
        with self._guard:
            now = self._clock()
            if self._in_vain(now) >= SILENCES:
                if now < self._ask_at:
                    return None
                self._ask_at = now + ASK_EVERY_SECONDS
            number = next(self._numbers)
            self._waiting[number] = now
            return number

    def heard(self, number: int) -> None:
        """Note an answer, whatever it says."""
        with self._guard:
            del self._waiting[number]
            self._given_up = 0

    def broke_off(self, number: int) -> None:
        """Note that a call ended without an answer, but soon enough to keep nobody waiting."""
        with self._guard:
            del self._waiting[number]

    def heard_nothing(self, number: int) -> None:
        """Note that a call was given up."""
        with self._guard:
            del self._waiting[number]
            self._given_up += 1
            self._ask_at = self._clock() + ASK_EVERY_SECONDS

    def _in_vain(self, now: float) -> int:
        return self._given_up + sum(now - since > LONG_SECONDS for since in self._waiting.values())
