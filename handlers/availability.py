"""Availability: how many spaces of a lot are free."""

from typing import Any
from uuid import UUID

from app.domain.callers import Caller
from app.presenters.availability import present
from app.services import availability


def get_availability(user: Caller, lot_id: str) -> dict[str, Any]:
    """Count the free spaces of a lot."""
    return {"availability": present(availability.get(user, UUID(lot_id)))}
