"""What events say, in JSON whose bytes are fixed once: ids and figures, never a plate, an email or a secret.

`timestamp` is real time, in a sandbox too; what is said of a session has the times of its world.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.domain.sessions import PUBLIC_STATUS
from app.domain.webhooks import LARGEST_BODY
from app.models import ApiKey, Dispute, Event, Hold, ParkingSession, Refund
from app.presenters import disputes, refunds
from app.presenters.instants import instant, precise_instant
from app.presenters.refunds import RefundFacts
from app.presenters.sessions import end_of, payment_of


def body(event_type: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    """Write the body of an event; raise ValueError beyond 1 MiB, which no receiver has to take."""
    written = orjson.dumps({"type": event_type, "timestamp": precise_instant(at), "data": data})
    if len(written) > LARGEST_BODY:
        raise ValueError(f"An event {event_type} of {len(written)} bytes is larger than a mebibyte.")
    return written


def session(told: ParkingSession, holds: Sequence[Hold]) -> dict[str, Any]:
    """Say of a session what an event may say."""
    shown: dict[str, Any] = {
        "id": str(told.id),
        "lot_id": str(told.lot_id),
        "status": PUBLIC_STATUS[told.status],
        "currency": told.currency,
        "started_at": instant(told.started_at),
        "planned_end_at": instant(told.planned_end_at),
        "latest_end_at": instant(told.latest_end_at),
        "payment": payment_of(told, holds),
    }
    return {"session": shown | end_of(told)}


def refund(told: ParkingSession, holds: Sequence[Hold], about: Refund) -> dict[str, Any]:
    """Say of a refund how it stands, and what is left of the session's money by it."""
    return session(told, holds) | {"refund": refunds.present(RefundFacts(about, told.currency))}


def dispute(told: ParkingSession, holds: Sequence[Hold], about: Dispute) -> dict[str, Any]:
    """Say of a dispute how it stands, and what became of the session's money by it."""
    return session(told, holds) | {"dispute": disputes.present(about)}


def lot(lot_id: UUID, action: str) -> dict[str, Any]:
    """Say which lot was changed, and by which action of the audit log."""
    return {"lot": {"id": str(lot_id), "action": action}}


def occupancy(lot_id: UUID, *, capacity: int, free: int, occupied_elsewhere: int) -> dict[str, Any]:
    """Say how many spaces of a lot are free after a report."""
    said = {"available": max(free, 0), "capacity": capacity, "occupied_elsewhere": occupied_elsewhere}
    return {"availability": {"lot_id": str(lot_id), **said}}


def rotated_key(key: ApiKey, *, replaces: UUID) -> dict[str, Any]:
    """Say which key took the place of which."""
    return {"api_key": {"id": str(key.id), "replaces": str(replaces), "last_four": key.last_four}}


def ping(webhook_id: UUID) -> dict[str, Any]:
    """Say who is tried out."""
    return {"webhook": {"id": str(webhook_id)}}


def present(event: Event) -> dict[str, Any]:
    """Return an event with the very words that a receiver is sent."""
    return {"id": str(event.id), **orjson.loads(event.body)}
