"""A lot shows what is known, and nothing of what is not."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.domain.money import Money
from app.presenters import lots
from app.presenters.lots import LotDetails, LotFacts

DETAILS = LotDetails(
    accessible_spaces=6, ev_charging_spaces=4, max_height_cm=210, max_stay_hours=24, tax_rate="4.9"
)
LIONSHEAD = LotFacts(
    id=UUID("019bc262-9800-752e-89a7-834df2a74de4"),
    name="Lionshead Public Parking",
    slug="lionshead-public-parking",
    address="395 East Lionshead Circle",
    city="Vail",
    country="US",
    lat=39.6436,
    lng=-106.3866,
    time_zone="America/Denver",
    currency="USD",
    type="garage",
    capacity=120,
    amenities=["covered", "ev_charging"],
    opening_hours="24/7",
    created_at=datetime(2026, 1, 15, 16, tzinfo=UTC),
    updated_at=datetime(2026, 4, 10, 23, 29, 41, 500_000, tzinfo=UTC),
    available=87,
    open_now=True,
    rate=Money(600, "USD"),
    agent_bookable=True,
    distance_km=1.12345,
    details=DETAILS,
)
UNKNOWN = LIONSHEAD._replace(
    address=None,
    city=None,
    country=None,
    opening_hours=None,
    open_now=None,
    rate=None,
    distance_km=None,
    details=DETAILS._replace(max_height_cm=None, tax_rate=None),
)


def test_a_search_shows_a_lot_as_the_contract_tells_it() -> None:
    assert lots.summary(LIONSHEAD) == {
        "id": "019bc262-9800-752e-89a7-834df2a74de4",
        "name": "Lionshead Public Parking",
        "slug": "lionshead-public-parking",
        "address": "395 East Lionshead Circle",
        "city": "Vail",
        "lat": 39.6436,
        "lng": -106.3866,
        "distance_km": 1.123,
        "walking_minutes": 19,
        "rate": 6.0,
        "currency": "USD",
        "available": 87,
        "capacity": 120,
        "type": "garage",
        "amenities": ["covered", "ev_charging"],
        "open_now": True,
        "agent_bookable": True,
        "updated_at": "2026-04-10T23:29:41Z",
    }


def test_one_lot_shows_everything_public_and_no_distance() -> None:
    details = lots.details(LIONSHEAD)
    assert "distance_km" not in details
    assert details | lots.summary(LIONSHEAD._replace(distance_km=None)) == details
    more = {name: value for name, value in details.items() if name not in lots.summary(LIONSHEAD)}
    assert more == {
        "country": "US",
        "time_zone": "America/Denver",
        "opening_hours": "24/7",
        "max_height_cm": 210,
        "max_stay_hours": 24,
        "accessible": 6,
        "ev_charging": 4,
        "tax_rate": 4.9,
        "created_at": "2026-01-15T16:00:00Z",
    }


def test_the_details_of_a_lot_that_was_only_found_are_not_made_up() -> None:
    with pytest.raises(ValueError, match="not looked at alone"):
        lots.details(LIONSHEAD._replace(details=None))


def test_what_is_not_known_is_absent_and_never_null() -> None:
    gone = {"address", "city", "distance_km", "walking_minutes", "rate", "open_now"}
    assert lots.summary(LIONSHEAD).keys() - lots.summary(UNKNOWN).keys() == gone
    for shown in (lots.summary(UNKNOWN), lots.details(UNKNOWN)):
        assert None not in shown.values()


def test_no_and_nothing_are_known_things() -> None:
    shown = lots.summary(
        LIONSHEAD._replace(open_now=False, available=0, rate=Money(0, "USD"), distance_km=0.0, amenities=[])
    )
    assert (shown["open_now"], shown["available"], shown["rate"], shown["distance_km"]) == (
        False,
        0,
        0.0,
        0.0,
    )
    assert (shown["walking_minutes"], shown["amenities"]) == (0, [])


@pytest.mark.parametrize(
    ("distance", "shown", "minutes"), [(0.10349, 0.103, 2), (1.1231, 1.123, 19), (0.0004, 0.0, 0)]
)
def test_the_walk_is_that_of_the_distance_shown(distance: float, shown: float, minutes: int) -> None:
    walk = lots.summary(LIONSHEAD._replace(distance_km=distance))
    assert (walk["distance_km"], walk["walking_minutes"]) == (shown, minutes)
