"""Carry the embedded processor's events to our own door, signed like Stripe's and through the same route."""

import logging
from collections.abc import Callable

from app.gateways import processors
from app.gateways.embedded_processor import PendingEvent

Send = Callable[[bytes, str], bool]
"""Post a payload with its Stripe-Signature; tell whether it was taken (2xx)."""

BATCH = 100

log = logging.getLogger(__name__)


def deliver(send: Send) -> int:
    """Send what waits in the embedded processor's outbox; return how many events were taken.

    What is not taken stays in the outbox and comes again later. Never called while a request waits for it.
    """
    embedded = processors.find_embedded()
    if embedded is None:
        return 0
    waiting = embedded.pending_events(limit=BATCH)
    taken = {event.id for event in waiting if _is_taken(event, send)}
    embedded.mark_delivered(sorted(taken))
    embedded.mark_failed([event.id for event in waiting if event.id not in taken])
    return len(taken)


def _is_taken(event: PendingEvent, send: Send) -> bool:
    """Send one event; whatever goes wrong with it, those behind it get their turn."""
    try:
        return send(event.payload, event.signature)
    except Exception:
        log.exception("The event %s of the embedded processor could not be delivered.", event.type)
        return False
