"""Drivers find lots by position or by words, and learn whether an agent may book there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import database, queries
from app.domain.errors import AgentOptInRequired, BadRequest, NotFound
from app.domain.ids import uuid7
from app.domain.money import Money
from app.models import Lot, Project
from app.services import availability, lots
from app.services.lot_search import Filters
from tests.conftest import SetClock
from tests.factories import anyone, caller_of, make_lot, make_project

pytestmark = pytest.mark.usefixtures("db", "time")

VILLAGE: dict[str, Any] = {"lat": 39.6403, "lng": -106.3742}
LIFTHOUSE = (39.6412, -106.3739)
LIONSHEAD = (39.6436, -106.3866)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def names(**asked: Any) -> list[str]:
    return [lot.name for lot in lots.search(anyone(), **asked)]


# Near a position


def test_the_nearest_lot_comes_first_with_its_distance() -> None:
    make_lot(name="Lionshead", at=LIONSHEAD)
    make_lot(name="Lifthouse", at=LIFTHOUSE)
    make_lot(name="Denver", at=(39.7392, -104.9903))
    found = lots.search(anyone(), **VILLAGE, radius_km=1.5)
    assert [lot.name for lot in found] == ["Lifthouse", "Lionshead"]
    assert [lot.distance_km for lot in found] == [
        pytest.approx(0.103, abs=0.001),
        pytest.approx(1.123, abs=0.001),
    ]


def test_the_radius_is_two_kilometres_and_ten_lots_unless_asked_otherwise() -> None:
    for number in range(12):
        make_lot(name=f"{number:02}", at=(VILLAGE["lat"] + number * 0.0005, VILLAGE["lng"]))
    make_lot(name="far", at=(VILLAGE["lat"] + 0.0181, VILLAGE["lng"]))
    assert names(**VILLAGE) == [f"{number:02}" for number in range(10)]
    assert "far" not in names(**VILLAGE, limit=50)
    assert "far" in names(**VILLAGE, limit=50, radius_km=2.1)


def test_nothing_near_is_an_empty_list() -> None:
    assert names(**VILLAGE) == []


@pytest.mark.parametrize(
    ("position", "missing"),
    [
        ({"lat": 39.6}, ["lng"]),
        ({"lng": -106.3}, ["lat"]),
        ({"lat": 39.6, "address": "Vail"}, ["lng"]),
        ({}, ["lat", "lng"]),
    ],
)
def test_half_a_position_or_none_is_refused_by_the_name_of_what_is_missing(
    position: dict[str, Any], missing: list[str]
) -> None:
    with pytest.raises(BadRequest) as refusal:
        lots.search(anyone(), **position)
    assert [detail.field for detail in refusal.value.details] == missing
    assert refusal.value.message.startswith(f"{missing[0]}: ")


# Filters


@pytest.mark.parametrize(
    ("asked", "fitting", "lacking"),
    [
        ({"available_now": True}, {"free": 1}, {"free": 0}),
        ({"type": "p_and_r"}, {"type": "p_and_r"}, {"type": "garage"}),
        ({"ev_charging": True}, {"ev_charging_spaces": 1}, {"ev_charging_spaces": 0}),
        ({"accessible": True}, {"accessible_spaces": 1}, {"accessible_spaces": 0}),
        ({"vehicle_height_cm": 190}, {"max_height_cm": 190}, {"max_height_cm": 189}),
        ({"vehicle_height_cm": 190}, {"max_height_cm": None}, {"max_height_cm": 100}),
        ({"open_now": True}, {"opening_hours": "24/7"}, {"opening_hours": None}),
        ({"open_now": True}, {"opening_hours": "Su 10:00-14:00"}, {"opening_hours": "Mo-Sa 00:00-24:00"}),
    ],
)
def test_only_lots_that_offer_what_is_asked_are_found(
    asked: dict[str, Any], fitting: dict[str, Any], lacking: dict[str, Any]
) -> None:
    make_lot(name="Village fits", at=LIFTHOUSE, **fitting)
    make_lot(name="Village lacks", at=LIFTHOUSE, **lacking)
    assert names(**VILLAGE, filters=Filters(**asked)) == ["Village fits"]
    assert names(address="village", filters=Filters(**asked)) == ["Village fits"]


def test_a_lot_with_unknown_hours_says_nothing_about_being_open() -> None:
    make_lot(at=LIFTHOUSE, opening_hours=None)
    make_lot(at=LIONSHEAD, opening_hours="Mo-Fr 08:00-18:00")
    assert [lot.open_now for lot in lots.search(anyone(), **VILLAGE)] == [None, False]


def test_a_sandbox_looks_at_its_own_clock(time: SetClock) -> None:
    monday = make_project(clock_runs_ahead=timedelta(hours=24))
    lot = make_lot(project=monday, opening_hours="Mo 11:00-12:00")
    assert lots.get(caller_of(monday), lot.id).open_now
    time.move(hours=1)
    assert not lots.get(caller_of(monday), lot.id).open_now


# By words


@pytest.fixture
def streets(db: None, time: SetClock) -> None:
    """Make a few lots with names, addresses and cities."""
    make_lot(name="Garage Citadel", city="Assen")
    make_lot(name="Garage Triade", city="Assen")
    make_lot(name="Café L'Été", address="Rue de l'Église 9", city="Orléans")
    make_lot(name="Covered Lot", address="12 Colfax Avenue", city="Denver")
    make_lot(name="Hauptbahnhof Nord", city="Zürich")


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("Assen", ["Garage Citadel", "Garage Triade"]),
        ("ASSEN", ["Garage Citadel", "Garage Triade"]),
        ("citadel", ["Garage Citadel"]),
        ("Triade, Assen", ["Garage Triade", "Garage Citadel"]),
        ("eglise orleans", ["Café L'Été"]),
        ("ORLÉANS", ["Café L'Été"]),
        ("Colfax Ave, Denver, CO", ["Covered Lot"]),
        ("CO", []),
        ("colf", ["Covered Lot"]),
        ("bahnhof", ["Hauptbahnhof Nord"]),
        ("Zurich", ["Hauptbahnhof Nord"]),
        ("Atlantis", []),
        ("!?", []),
        ("100%", []),
        ("_", []),
    ],
)
@pytest.mark.usefixtures("streets")
def test_words_are_found_whatever_their_accents_and_capitals(address: str, found: list[str]) -> None:
    assert names(address=address) == found


@pytest.mark.usefixtures("streets")
def test_whole_words_beat_beginnings_and_these_beat_parts() -> None:
    make_lot(name="Grand Parken")
    make_lot(name="Park Lane")
    make_lot(name="A Carpark")
    make_lot(name="Zoo Park")
    assert names(address="park") == ["Park Lane", "Zoo Park", "Grand Parken"]
    assert names(address="park", limit=1) == ["Park Lane"]


@pytest.mark.usefixtures("streets")
def test_a_position_wins_over_words_and_words_give_no_distance() -> None:
    make_lot(name="Lifthouse", at=LIFTHOUSE)
    make_lot(name="Far Away", at=(0, 0))
    assert "Far Away" not in names(**VILLAGE, address="far away")
    assert [lot.distance_km for lot in lots.search(anyone(), address="far away")] == [None]


# What an answer says


def test_a_lot_shows_its_spaces_its_rate_and_that_agents_may_book() -> None:
    make_lot(at=LIFTHOUSE, capacity=40, free=12, rate="8.00")
    (lot,) = lots.search(anyone(), **VILLAGE)
    assert (lot.capacity, lot.available, lot.rate, lot.agent_bookable) == (40, 12, Money(800, "USD"), True)


def test_more_cars_than_spaces_leave_none_available() -> None:
    make_lot(at=LIFTHOUSE, capacity=5, free=-2)
    assert [lot.available for lot in lots.search(anyone(), **VILLAGE)] == [0]


def test_a_lot_without_a_tariff_has_no_rate_and_cannot_be_booked() -> None:
    make_lot(at=LIFTHOUSE, rate=None)
    assert [(lot.rate, lot.agent_bookable) for lot in lots.search(anyone(), **VILLAGE)] == [(None, False)]


@pytest.mark.parametrize(
    ("access", "created_at", "bookable"),
    [
        (None, NEW_YEAR, True),
        (None, NEW_YEAR - timedelta(days=1), False),
        ("allowed", NEW_YEAR - timedelta(days=1), True),
        ("blocked", NEW_YEAR, False),
    ],
)
def test_agents_book_where_the_operator_lets_them(
    access: str | None, created_at: datetime, bookable: bool
) -> None:
    project = make_project()
    lot = make_lot(project=project, agent_access=access, created_at=created_at)
    assert lots.get(caller_of(project), lot.id).agent_bookable is bookable
    assert may_book(project, lot) is bookable


def may_book(project: Project, lot: Lot) -> bool:
    with queries.reading() as read:
        try:
            return bool(lots.bookable(read, caller_of(project), lot.id).id == lot.id)
        except AgentOptInRequired:
            return False


def test_a_lot_of_another_world_an_unknown_and_a_deleted_one_do_not_exist(time: SetClock) -> None:
    mine, other = make_project(), make_project()
    strange = [
        make_lot(project=other).id,
        make_lot().id,
        make_lot(project=mine, deleted_at=time.at).id,
        uuid7(),
    ]
    for lot_id in strange:
        with pytest.raises(NotFound):
            lots.get(caller_of(mine), lot_id)
        with pytest.raises(NotFound), queries.reading() as read:
            lots.bookable(read, caller_of(mine), lot_id)


def test_live_projects_share_one_world() -> None:
    one, other = make_project(kind="live"), make_project(kind="live")
    lot = make_lot(project=one)
    assert lots.get(caller_of(other), lot.id).id == lot.id


def test_a_lot_is_as_fresh_as_its_counter(time: SetClock) -> None:
    project = make_project()
    lot = make_lot(project=project)
    assert lots.get(caller_of(project), lot.id).updated_at == time.at
    time.move(minutes=5)
    with database.transaction() as db:
        availability.take(db, lot.id)
    assert lots.get(caller_of(project), lot.id).updated_at == time.at
