"""Carry the embedded processor's events to our own door, signed like Stripe's and through the same route."""

from collections.abc import Callable

from app.gateways import processors

Send = Callable[[bytes, str], bool]
"""Post a payload with its Stripe-Signature; tell whether it was taken (2xx)."""

BATCH = 100


def deliver(send: Send) -> int:
    """Send what waits in the embedded processor's outbox; return how many events were taken.

    What is not taken stays in the outbox and comes again later. Never called while a request waits for it.
    """
    embedded = processors.find_embedded()
    if embedded is None:
        return 0
    waiting = embedded.pending_events(limit=BATCH)
    taken = [event.id for event in waiting if send(event.payload, event.signature)]
    embedded.mark_delivered(taken)
    embedded.mark_failed([event.id for event in waiting if event.id not in set(taken)])
    return len(taken)
