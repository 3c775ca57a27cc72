"""Availability: how many spaces of a lot are free."""

from typing import Any
from uuid import UUID

from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.presenters import answers
from app.presenters.availability import present
from app.services import availability


def get_availability(user: Caller, lot_id: str) -> dict[str, Any]:
    """Count the free spaces of a lot."""
    return {"availability": present(availability.get(user, UUID(lot_id)))}


def report_occupancy(
    user: Caller, lot_id: str, body: dict[str, Any], once: Once | None = None
) -> answers.Response:
    """Take over how full a lot is."""
    answer = availability.report(
        user,
        UUID(lot_id),
        occupied=body.get("occupied"),
        occupied_elsewhere=body.get("occupied_elsewhere"),
        once=once,
    )
    return {"availability": present(answer.value)}, 200, answers.headers(answer.replayed)
