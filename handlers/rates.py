"""Rates: what parking in a lot costs."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.presenters import answers
from app.presenters.rates import present
from app.services import rates
from app.services.rates import Prices


def get_rates(user: Caller, lot_id: str) -> dict[str, Any]:
    """Read a lot's rates."""
    return {"rates": present(rates.get(user, UUID(lot_id)))}


def set_rates(user: Caller, lot_id: str, body: dict[str, Any], once: Once | None = None) -> answers.Response:
    """Replace what parking in a lot costs."""
    asked = Prices(
        rate=Decimal(str(body["rate"])),
        free_minutes=body.get("free_minutes", 0),
        daily_maximum=_amount(body, "daily_maximum"),
        minimum_charge=_amount(body, "minimum_charge"),
    )
    answer = rates.change(user, UUID(lot_id), asked, once=once)
    return {"rates": present(answer.value)}, 200, answers.headers(answer.replayed)


def _amount(body: dict[str, Any], name: str) -> Decimal | None:
    return Decimal(str(body[name])) if name in body else None
