"""Rates: what parking in a lot costs."""

from typing import Any
from uuid import UUID

from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.domain.prices import Prices
from app.presenters import answers
from app.presenters.rates import present
from app.services import rates


def get_rates(user: Caller, lot_id: str) -> dict[str, Any]:
    """Read a lot's rates."""
    return {"rates": present(rates.get(user, UUID(lot_id)))}


def set_rates(user: Caller, lot_id: str, body: dict[str, Any], once: Once | None = None) -> answers.Response:
    """Replace what parking in a lot costs."""
    answer = rates.change(user, UUID(lot_id), Prices.read(body), once=once)
    return {"rates": present(answer.value)}, 200, answers.headers(answer.replayed)
