"""Free spaces are shown with where the figure comes from."""

from dataclasses import replace
from uuid import UUID

from app.presenters.availability import AvailabilityFacts, present
from tests.conftest import EVENING

LIONSHEAD = AvailabilityFacts(
    lot_id=UUID("019bc262-9800-752e-89a7-834df2a74de4"),
    available=87,
    capacity=120,
    open_now=False,
    updated_at=EVENING,
    source="counted",
)


def test_free_spaces_are_shown_as_the_contract_tells_them() -> None:
    assert present(LIONSHEAD) == {
        "lot_id": "019bc262-9800-752e-89a7-834df2a74de4",
        "available": 87,
        "capacity": 120,
        "open_now": False,
        "updated_at": "2026-11-22T18:30:00Z",
        "source": "counted",
    }


def test_unknown_hours_are_absent() -> None:
    assert "open_now" not in present(replace(LIONSHEAD, open_now=None))
