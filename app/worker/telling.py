"""Telling others what happened: a loop of its own, so that a slow receiver holds up nothing but its like."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final
from uuid import UUID

from app.services import deliveries, event_spreading
from app.worker.loop import Loop, Sweep

EVERY_SECONDS: Final = 1.0
RECEIVERS_AT_ONCE: Final = 4
DAILY: Final = 24 * 60 * 60.0

log = logging.getLogger("parkgraph.worker")

_routine = partial(Sweep, is_routine=True)


def loop() -> Loop:
    """Return the loop that tells others."""
    sweeps = [
        _routine("spread events", event_spreading.spread, EVERY_SECONDS),
        _routine("deliver events", deliver_due, EVERY_SECONDS),
        _routine("delete old events", deliveries.forget, DAILY),
    ]
    return Loop(sweeps, name="telling", beat=_unwatched)


def _unwatched() -> None:
    """Say nothing of going round: whether the server is ready, the other loop tells."""


def deliver_due() -> int:
    """Give every receiver for which something is due its turn, a few at a time; return how much arrived."""
    receivers = deliveries.due_receivers()
    if not receivers:
        return 0
    with ThreadPoolExecutor(RECEIVERS_AT_ONCE, thread_name_prefix="telling") as threads:
        return sum(threads.map(partial(_served, deliveries.serve), receivers))


def _served(serve: Callable[[UUID], int], webhook_id: UUID) -> int:
    """Serve one receiver; what goes wrong with it is reported and keeps no other from its turn."""
    try:
        return serve(webhook_id)
    except Exception:
        log.exception("left for a later round: webhook %s", webhook_id)
        return 0
