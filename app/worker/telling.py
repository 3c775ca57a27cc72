"""Telling others what happened, beside all other work, so that a slow receiver holds up nothing but its like.

Events are spread by one loop and delivered by another, which waits for nobody: each receiver has a thread of
its own while it is served. Live projects and sandboxes have theirs apart, since anyone makes a sandbox.
"""

import logging
import threading
import time
from collections.abc import Sequence
from functools import partial
from typing import Final
from uuid import UUID

from app.domain.callers import ProjectKind
from app.services import deliveries, event_spreading
from app.worker.loop import Loop, Sweep

EVERY_SECONDS: Final = 1.0
RECEIVERS_AT_ONCE: Final[dict[ProjectKind, int]] = {"live": 4, "sandbox": 2}
DAILY: Final = 24 * 60 * 60.0
LAST_WORDS_SECONDS: Final = 3.0
"""How long whoever stops waits for attempts under way; one that is cut off is made again by its lease."""

log = logging.getLogger("parkgraph.worker")

_routine = partial(Sweep, is_routine=True)


class Tellers:
    """Threads that serve the receivers of one kind of project, each receiver one at a time."""

    def __init__(self, kind: ProjectKind, *, most: int) -> None:
        """Serve at most so many receivers at once."""
        self.kind = kind
        self._most = most
        self._busy: dict[UUID, threading.Thread] = {}
        self._last: UUID | None = None
        """The receiver that was begun with last: the next round goes on behind it."""
        self._stopping = threading.Event()

    def begin(self) -> int:
        """Begin the turns of receivers for which something is due; return how many."""
        self._busy = {webhook_id: thread for webhook_id, thread in self._busy.items() if thread.is_alive()}
        due = self._due(self._most - len(self._busy))
        for webhook_id in due:
            thread = threading.Thread(target=self._serve, args=(webhook_id,), name="teller", daemon=True)
            self._busy[webhook_id] = thread
            self._last = webhook_id
            thread.start()
        return len(due)

    def stop(self) -> None:
        """Begin no further attempt, and wait a little for those under way."""
        self._stopping.set()
        ends_at = time.monotonic() + LAST_WORDS_SECONDS
        for thread in self._busy.values():
            thread.join(max(0.0, ends_at - time.monotonic()))

    def _due(self, free: int) -> Sequence[UUID]:
        """Find as many receivers as there are threads, from where the last round stopped, once around."""
        if free <= 0 or self._stopping.is_set():
            return []
        ask = partial(deliveries.due_receivers, self.kind)
        behind = ask(limit=free, besides=self._busy.keys(), after=self._last)
        if self._last is None or len(behind) == free:
            return behind
        return [*behind, *ask(limit=free - len(behind), besides=[*self._busy, *behind])]

    def _serve(self, webhook_id: UUID) -> None:
        """Serve one receiver; what goes wrong with it is reported and keeps no other from its turn."""
        try:
            deliveries.serve(webhook_id, goes_on=lambda: not self._stopping.is_set())
        except Exception:
            log.exception("left for a later round: webhook %s", webhook_id)


def loops() -> Sequence[Loop]:
    """Return the loops that tell others."""
    spreading = [
        _routine("spread events", event_spreading.spread, EVERY_SECONDS),
        _routine("delete old events", deliveries.forget, DAILY),
    ]
    tellers = [Tellers(kind, most=most) for kind, most in RECEIVERS_AT_ONCE.items()]
    telling = [_routine(f"deliver events ({each.kind})", each.begin, EVERY_SECONDS) for each in tellers]
    return [
        Loop(spreading, name="spreading", beat=_unwatched),
        Loop(telling, name="telling", beat=_unwatched, at_end=partial(_stop, tellers)),
    ]


def _stop(tellers: Sequence[Tellers]) -> None:
    for each in tellers:
        each.stop()


def _unwatched() -> None:
    """Say nothing of going round: whether the server is ready, the other loop tells."""
