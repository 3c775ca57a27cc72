"""Telling others what happened, beside all other work, so that a slow receiver holds up nothing but its like.

Events are spread by one loop and delivered by another, which waits for nobody: each receiver has a thread of
its own while it is served. Live projects and sandboxes have theirs apart, since anyone makes a sandbox.

One that hangs holds its thread for as long as an attempt may take. So receivers that failed last get no more
than half of the threads, and a thread that is free goes to a project that has none before one that has.
"""

import logging
import threading
import time
from collections.abc import Collection, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from app.domain.callers import ProjectKind
from app.services import deliveries, event_spreading, stripe_event_log
from app.services.deliveries import Receiver
from app.worker.loop import DAILY, Loop, Sweep, unwatched

EVERY_SECONDS: Final = 1.0
RECEIVERS_AT_ONCE: Final[dict[ProjectKind, int]] = {"live": 4, "sandbox": 2}
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
        self._most_failing = max(1, most // 2)
        self._busy: dict[Receiver, threading.Thread] = {}
        self._last: UUID | None = None
        """The receiver that was begun with last: the next round goes on behind it."""
        self._stopping = threading.Event()

    def begin(self) -> int:
        """Begin the turns of receivers for which something is due; return how many."""
        self._busy = {receiver: thread for receiver, thread in self._busy.items() if thread.is_alive()}
        begun = 0
        while (receiver := self._next()) is not None:
            thread = threading.Thread(
                target=self._serve, args=(receiver.webhook_id,), name="teller", daemon=True
            )
            self._busy[receiver] = thread
            self._last = receiver.webhook_id
            thread.start()
            begun += 1
        return begun

    def stop(self) -> None:
        """Begin no further attempt, and wait a little for those under way."""
        self._stopping.set()
        ends_at = time.monotonic() + LAST_WORDS_SECONDS
        for thread in self._busy.values():
            thread.join(max(0.0, ends_at - time.monotonic()))

    def _next(self) -> Receiver | None:
        """Find a receiver for a thread that is free, from where the last one stood, once around."""
        if len(self._busy) >= self._most or self._stopping.is_set():
            return None
        projects = {receiver.project_id for receiver in self._busy}
        for not_of in (projects, ()) if projects else ((),):
            for after in (self._last, None) if self._last else (None,):
                found = self._ask(not_of=not_of, after=after)
                if found:
                    return found[0]
        return None

    def _ask(self, *, not_of: Collection[UUID], after: UUID | None) -> Sequence[Receiver]:
        failing = sum(receiver.failed_last for receiver in self._busy)
        return deliveries.due_receivers(
            self.kind,
            limit=1,
            besides=[receiver.webhook_id for receiver in self._busy],
            not_of=not_of,
            most_failures=None if failing < self._most_failing else 0,
            after=after,
        )

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
        _routine("delete old events of the processor", stripe_event_log.forget, DAILY),
    ]
    tellers = [Tellers(kind, most=most) for kind, most in RECEIVERS_AT_ONCE.items()]
    telling = [_routine(f"deliver events ({each.kind})", each.begin, EVERY_SECONDS) for each in tellers]
    return [
        Loop(spreading, name="spreading", beat=unwatched),
        Loop(telling, name="telling", beat=unwatched, at_end=partial(_stop, tellers)),
    ]


def _stop(tellers: Sequence[Tellers]) -> None:
    for each in tellers:
        each.stop()
