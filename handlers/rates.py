"""Rates: what parking in a lot costs."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.domain.prices import Prices
from app.presenters import answers
from app.presenters.quotes import present as present_quote
from app.presenters.rates import present
from app.services import quotes, rates
from app.services.quotes import Wish


def get_rates(user: Caller, lot_id: str) -> dict[str, Any]:
    """Read a lot's rates."""
    return {"rates": present(rates.get(user, UUID(lot_id)))}


def set_rates(user: Caller, lot_id: str, body: dict[str, Any], once: Once | None = None) -> answers.Response:
    """Replace what parking in a lot costs."""
    answer = rates.change(user, UUID(lot_id), Prices.read(body), once=once)
    return {"rates": present(answer.value)}, 200, answers.headers(answer.replayed)


def create_quote(
    user: Caller, lot_id: str, body: dict[str, Any], once: Once | None = None
) -> answers.Response:
    """Say what a stay will cost, and hold the price."""
    starts_at, hours = body.get("starts_at"), body.get("duration_hours")
    wish = Wish(
        starts_at=None if starts_at is None else datetime.fromisoformat(starts_at),
        duration_hours=None if hours is None else Decimal(str(hours)),
    )
    answer = quotes.create(user, UUID(lot_id), wish, once)
    return {"quote": present_quote(answer.value)}, 201, answers.headers(answer.replayed)
