"""A quote, as the contract shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.domain.money import Money, tax_within
from app.domain.tariffs import LineItem
from app.models import Quote
from app.presenters import line_items
from app.presenters.instants import precise_instant


@dataclass(frozen=True, slots=True)
class QuoteFacts:
    """A quote with how its total comes about."""

    quote: Quote
    hours: Decimal
    lines: Sequence[LineItem]
    free_cancellation_minutes: int


def present(facts: QuoteFacts) -> dict[str, Any]:
    """Return a quote in the contract's shape; where the lot says nothing of tax, it is absent."""
    quote = facts.quote
    total = Money(quote.total_minor, quote.currency)
    answer: dict[str, Any] = {
        "id": str(quote.id),
        "lot_id": str(quote.lot_id),
        "starts_at": precise_instant(quote.starts_at),
        "ends_at": precise_instant(quote.ends_at),
        "duration_hours": float(facts.hours),
        "currency": quote.currency,
        "line_items": [line_items.present(line) for line in facts.lines],
        "total": total.to_major(),
        "expires_at": precise_instant(quote.expires_at),
    }
    if facts.free_cancellation_minutes:
        answer["free_cancellation_minutes"] = facts.free_cancellation_minutes
    if quote.tax_rate is not None:
        percent = Decimal(quote.tax_rate)
        answer["tax"] = {"rate": float(percent), "amount": tax_within(total, percent).to_major()}
    return answer
