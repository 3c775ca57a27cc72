"""What parking in a lot costs, as the contract shows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.tariffs import Band, Tariff

NO_TARIFF = "No rates are known for this lot, so it can't be booked."


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesFacts:
    """A lot's tariff, if it has one, at one moment."""

    lot_id: UUID
    currency: str
    tariff: Tariff | None
    at: datetime


def present(facts: RatesFacts) -> dict[str, Any]:
    """Return the rates in the contract's shape; what the tariff does not have is absent."""
    answer: dict[str, Any] = {"lot_id": str(facts.lot_id), "currency": facts.currency}
    if facts.tariff is None:
        return answer | {"free_minutes": 0, "bands": [], "summary": NO_TARIFF}
    tariff = facts.tariff
    amounts = {
        "rate": tariff.rate_at(facts.at),
        "daily_maximum": tariff.daily_maximum,
        "minimum_charge": tariff.minimum_charge,
        "flat_fee": tariff.flat_fee,
    }
    answer |= {name: amount.to_major() for name, amount in amounts.items() if amount is not None}
    return (
        answer
        | _more(tariff)
        | {
            "free_minutes": tariff.free_minutes,
            "bands": _bands(tariff),
            "summary": tariff.summary(),
        }
    )


def _more(tariff: Tariff) -> dict[str, Any]:
    """Return what few tariffs have."""
    more = {
        "free_cancellation_minutes": tariff.free_cancellation_minutes,
        "increment_minutes": tariff.increment_minutes,
        "steps": [
            {"after_minutes": step.after_minutes, "rate": step.rate.to_major()} for step in tariff.steps
        ],
        "holidays": [day.isoformat() for day in tariff.holidays],
    }
    return {name: value for name, value in more.items() if value}


def _bands(tariff: Tariff) -> list[dict[str, Any]]:
    """Return the bands, or none where one rate holds always."""
    bands = tariff.bands()
    return [_band(band) for band in bands] if tariff.week or len(bands) > 1 else []


def _band(band: Band) -> dict[str, Any]:
    shown = {"days": list(band.days), "from": band.start, "to": band.end, "rate": band.rate.to_major()}
    return shown if band.flat_fee is None else shown | {"flat_fee": band.flat_fee.to_major()}
