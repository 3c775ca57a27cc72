"""Deliveries and their attempts, as the contract shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.models import Delivery, DeliveryAttempt
from app.presenters.instants import instant


@dataclass(frozen=True, slots=True)
class DeliveryFacts:
    """A delivery with what was tried so far."""

    delivery: Delivery
    attempts: Sequence[DeliveryAttempt]


def present(facts: DeliveryFacts) -> dict[str, Any]:
    """Return a delivery with all of its attempts."""
    delivery = facts.delivery
    shown = {
        "id": str(delivery.id),
        "event_id": str(delivery.event_id),
        "event_type": delivery.event_type,
        "state": delivery.state,
        "created_at": instant(delivery.created_at),
        "attempts": [_attempt(attempt) for attempt in facts.attempts],
    }
    return shown | ({"next_attempt_at": instant(delivery.due_at)} if delivery.state == "pending" else {})


def present_new(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery just asked for."""
    return {
        "id": str(delivery.id),
        "webhook_id": str(delivery.webhook_id),
        "event_id": str(delivery.event_id),
        "created_at": instant(delivery.created_at),
    }


def _attempt(attempt: DeliveryAttempt) -> dict[str, Any]:
    shown = {"number": attempt.number, "at": instant(attempt.at), "duration_ms": attempt.duration_ms}
    known = {"status": attempt.status, "failure": attempt.failure, "excerpt": attempt.excerpt or None}
    return shown | {name: value for name, value in known.items() if value is not None}
