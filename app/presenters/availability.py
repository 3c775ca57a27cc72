"""The free spaces of a lot, as the contract shows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.presenters.instants import instant


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityFacts:
    """How many spaces of a lot are free, and where the figure comes from."""

    lot_id: UUID
    available: int
    capacity: int
    open_now: bool | None
    """None where the hours are not known."""
    updated_at: datetime
    source: str


def present(facts: AvailabilityFacts) -> dict[str, Any]:
    """Return the free spaces in the contract's shape; unknown hours are absent."""
    answer = {
        "lot_id": str(facts.lot_id),
        "available": facts.available,
        "capacity": facts.capacity,
        "updated_at": instant(facts.updated_at),
        "source": facts.source,
    }
    return answer if facts.open_now is None else answer | {"open_now": facts.open_now}
