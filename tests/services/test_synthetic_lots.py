"""The lots of a sandbox are those of the reference's evening in Vail, and enough others to try everything."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from app import database
from app.domain.callers import Caller
from app.domain.money import Money
from app.presenters.lots import LotFacts
from app.services import availability, lots, rates, synthetic_lots
from app.services.lot_fields import TYPES
from tests.conftest import EVENING, SetClock
from tests.factories import caller_of, make_project

VAIL: dict[str, Any] = {"lat": 39.6403, "lng": -106.3742}
DENVER: dict[str, Any] = {"lat": 39.7392, "lng": -104.9903}
SAN_FRANCISCO: dict[str, Any] = {"lat": 37.7749, "lng": -122.4194}
FROM_THE_REFERENCE = ("Vail Village Lifthouse Lot", "Lionshead Public Parking")


@pytest.fixture
def driver(db: None, time: SetClock) -> Caller:
    """Call as a project whose world the synthetic lots were placed in."""
    project = make_project()
    with database.transaction() as open_db:
        placed = synthetic_lots.place(
            open_db, world_id=project.id, operator_id=project.operator_id, at=EVENING
        )
    assert placed > 20
    return caller_of(project)


def every_lot(driver: Caller) -> list[LotFacts]:
    places = (VAIL, DENVER, SAN_FRANCISCO)
    return [lot for place in places for lot in lots.search(driver, **place, radius_km=50.0, limit=50)]


def test_the_search_of_the_transcript_finds_its_two_lots_first(driver: Caller) -> None:
    found = lots.search(driver, **VAIL, radius_km=1.5, limit=5)
    assert [(lot.name, lot.rate, lot.available) for lot in found[:2]] == [
        ("Vail Village Lifthouse Lot", Money(800, "USD"), 12),
        ("Lionshead Public Parking", Money(600, "USD"), 87),
    ]
    assert len(found) == 5
    assert all(lot.capacity > lot.available and lot.agent_bookable and lot.open_now for lot in found[:2])


def test_one_lot_is_of_the_last_day_before_agents_were_let_in(driver: Caller) -> None:
    older = [lot for lot in every_lot(driver) if lot.created_at < datetime(2026, 1, 1, tzinfo=UTC)]
    assert [lot.created_at.date().isoformat() for lot in older] == ["2025-12-31"]
    assert not older[0].agent_bookable
    assert older[0].rate is not None


def test_every_kind_of_lot_can_be_tried(driver: Caller) -> None:
    found = every_lot(driver)
    assert {lot.type for lot in found} == set(TYPES)
    assert {lot.city for lot in found} == {"Vail", "Denver", "San Francisco"}
    assert any(lot.available == 0 for lot in found)
    assert any(lot.open_now is None for lot in found)
    assert any(lot.rate is None for lot in found)
    details = [details for lot in found if (details := lots.get(driver, lot.id).details)]
    assert len(details) == len(found)
    assert any(lot.ev_charging_spaces for lot in details)
    assert any(lot.max_height_cm for lot in details)
    assert any(lot.max_stay_hours < 4 for lot in details)


def test_some_tariffs_have_free_minutes_and_a_daily_maximum(driver: Caller) -> None:
    tariffs = [rates.get(driver, lot.id).tariff for lot in every_lot(driver)]
    assert any(tariff and tariff.free_minutes for tariff in tariffs)
    assert any(tariff and tariff.daily_maximum for tariff in tariffs)


def test_only_the_references_lots_do_not_call_themselves_synthetic(driver: Caller) -> None:
    plain = {lot.name for lot in every_lot(driver) if not lot.name.startswith("Synthetic ")}
    assert plain == set(FROM_THE_REFERENCE)


def test_every_counter_is_right_from_the_start(driver: Caller) -> None:
    with database.reading() as db:
        assert availability.drift(db) == []


def test_two_sandboxes_do_not_share_a_lot(driver: Caller) -> None:
    other = make_project()
    with database.transaction() as db:
        synthetic_lots.place(db, world_id=other.id, operator_id=other.operator_id, at=EVENING)
    ids: list[set[UUID]] = [{lot.id for lot in every_lot(caller)} for caller in (driver, caller_of(other))]
    assert len(ids[0]) == len(ids[1]) > 20
    assert ids[0].isdisjoint(ids[1])
