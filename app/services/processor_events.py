"""Carry the embedded processor's events to our own door, signed like Stripe's and through the same route."""

from collections.abc import Callable

from app.gateways import processors

Send = Callable[[bytes, str], bool]
"""Post a payload with its Stripe-Signature; tell whether it was taken (2xx)."""

BATCH = 100


def deliver(send: Send) -> int:
    """Send what waits in the embedded processor's outbox; return how many events were taken.

    What is not taken stays in the outbox for the next time. Never called while a request waits for it.
    """
    embedded = processors.embedded()
    taken = [
        event.id for event in embedded.pending_events(limit=BATCH) if send(event.payload, event.signature)
    ]
    embedded.mark_delivered(taken)
    return len(taken)
