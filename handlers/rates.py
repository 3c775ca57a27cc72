"""Rates: what parking in a lot costs."""

from typing import Any
from uuid import UUID

from app.domain.callers import Caller
from app.presenters.rates import present
from app.services import rates


def get_rates(user: Caller, lot_id: str) -> dict[str, Any]:
    """Read a lot's rates."""
    return {"rates": present(rates.get(user, UUID(lot_id)))}
