"""A lot, as the contract shows it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.domain.money import Money
from app.domain.positions import walking_minutes
from app.presenters.instants import instant

_METRES = 3
_NOT_ALWAYS_KNOWN = ("address", "city", "distance_km", "walking_minutes", "rate", "open_now")


class LotDetails(NamedTuple):
    """What is told of a lot only where one looks at it alone, as it is kept; None is what is not known."""

    accessible_spaces: int
    ev_charging_spaces: int
    max_height_cm: int | None
    max_stay_hours: int
    tax_rate: str | None


class LotFacts(NamedTuple):
    """What is public about a lot at one moment; None is what is not known.

    What is shown as it is kept comes first, up to `created_at`; the rest holds at this moment.
    """

    id: UUID
    name: str
    slug: str
    address: str | None
    city: str | None
    country: str | None
    lat: float
    lng: float
    time_zone: str
    currency: str
    type: str
    capacity: int
    amenities: Sequence[str]
    opening_hours: str | None
    created_at: datetime
    updated_at: datetime
    available: int
    open_now: bool | None
    rate: Money | None
    agent_bookable: bool
    distance_km: float | None = None
    """From the position searched for."""
    details: LotDetails | None = None
    """Of a lot that was looked at alone."""


AS_KEPT = LotFacts._fields[: LotFacts._fields.index("updated_at")]
"""What is shown of a lot as it is kept, in order."""


def summary(lot: LotFacts) -> dict[str, Any]:
    """Return a lot as a search shows it, without what is not known."""
    # Minutes are counted from the distance that is shown, so that a reader gets the same number.
    shown_km = None if lot.distance_km is None else round(lot.distance_km, _METRES)
    shown = {
        "id": str(lot.id),
        "name": lot.name,
        "slug": lot.slug,
        "address": lot.address,
        "city": lot.city,
        "lat": lot.lat,
        "lng": lot.lng,
        "distance_km": shown_km,
        "walking_minutes": None if shown_km is None else walking_minutes(shown_km),
        "rate": None if lot.rate is None else lot.rate.to_major(),
        "currency": lot.currency,
        "available": lot.available,
        "capacity": lot.capacity,
        "type": lot.type,
        "amenities": lot.amenities,
        "open_now": lot.open_now,
        "agent_bookable": lot.agent_bookable,
        "updated_at": instant(lot.updated_at),
    }
    for name in _NOT_ALWAYS_KNOWN:
        if shown[name] is None:
            del shown[name]
    return shown


def details(lot: LotFacts) -> dict[str, Any]:
    """Return everything public about a lot that was looked at alone, without what is not known."""
    if lot.details is None:
        raise ValueError(f"The lot {lot.id} was not looked at alone.")
    more = lot.details
    return summary(lot._replace(distance_km=None)) | _known(
        {
            "country": lot.country,
            "time_zone": lot.time_zone,
            "opening_hours": lot.opening_hours,
            "max_height_cm": more.max_height_cm,
            "max_stay_hours": more.max_stay_hours,
            "accessible": more.accessible_spaces,
            "ev_charging": more.ev_charging_spaces,
            "tax_rate": None if more.tax_rate is None else float(more.tax_rate),
            "created_at": instant(lot.created_at),
        }
    )


def _known(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}
