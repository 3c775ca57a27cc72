"""A search finds what counting every lot would find, at the poles and at the antimeridian too."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import database, queries
from app.domain import positions
from app.domain.callers import LIVE_WORLD
from app.services import lot_records, lot_search, lot_spacing
from app.services.lot_search import Filters
from tests.conftest import EVENING, SetClock
from tests.factories import make_lot, make_operator, make_project
from tests.statements import plans_seen, statements_seen

pytestmark = pytest.mark.usefixtures("db", "time")

VAIL = (39.6403, -106.3742)
CORNERS = [
    VAIL,
    (0.0, 0.0),
    (0.0, 180.0),
    (-17.0, -179.999),
    (65.0, 179.98),
    (89.999, 45.0),
    (90.0, 0.0),
    (-89.99, -120.0),
    (-90.0, 180.0),
]
TYPES = ("garage", "surface", "p_and_r", "street_paid")


@pytest.fixture(autouse=True)
def _no_earlier_searches() -> None:
    """Begin with the narrowest ring, wherever other tests looked."""
    lot_spacing.forget()


@dataclass(frozen=True)
class Lot:
    """A lot as the test remembers it."""

    id: UUID
    vector: positions.Vector
    facts: dict[str, Any]


def scatter(count: int) -> list[Lot]:
    """Place lots thickly around awkward corners of the world, some on the very same spot."""
    dice = random.Random(20_261_122)
    rows = [a_lot(dice, number) for number in range(count)]
    return [
        Lot(lot_id, positions.unit_vector(row["lat"], row["lng"]), row)
        for lot_id, row in zip(place(rows), rows, strict=True)
    ]


def a_lot(dice: random.Random, number: int) -> dict[str, Any]:
    lat, lng = dice.choice(CORNERS)
    spread = dice.choice([0.0, 0.002, 0.02, 0.3])
    lat = min(max(lat + dice.uniform(-spread, spread), -90.0), 90.0)
    lng = (lng + dice.uniform(-spread, spread) * 3 + 180) % 360 - 180
    return {
        "name": f"Lot {number}",
        "lat": lat,
        "lng": dice.choice([lng, 180.0, -180.0]) if abs(lng) > 179.9999 else lng,
        "type": dice.choice(TYPES),
        "capacity": 10,
        "occupied_elsewhere": dice.choice([0, 3, 10, 12]),
        "accessible_spaces": dice.choice([0, 2]),
        "ev_charging_spaces": dice.choice([0, 4]),
        "max_height_cm": dice.choice([None, 190, 210]),
        "opening_hours": dice.choice([None, "24/7", "Mo-Fr 08:00-18:00", "not hours"]),
        "time_zone": "UTC",
        "currency": "USD",
    }


def suits(lot: Lot, filters: Filters) -> bool:
    facts = lot.facts
    height = facts["max_height_cm"]
    return all(
        [
            not filters.available_now or facts["occupied_elsewhere"] < facts["capacity"],
            filters.type in (None, facts["type"]),
            not filters.accessible or facts["accessible_spaces"] > 0,
            not filters.ev_charging or facts["ev_charging_spaces"] > 0,
            filters.vehicle_height_cm is None or height is None or height >= filters.vehicle_height_cm,
            # It is a Sunday evening: what is open now is open always.
            not filters.open_now or facts["opening_hours"] == "24/7",
        ]
    )


def by_counting(
    lots: Sequence[Lot], at: tuple[float, float], *, radius_km: float, limit: int, filters: Filters
) -> list[UUID]:
    here, reach = positions.unit_vector(*at), positions.chord2_of(radius_km)
    near = [(lot.vector.chord2_to(here), lot.id) for lot in lots if suits(lot, filters)]
    return [lot_id for chord2, lot_id in sorted(near) if chord2 <= reach][:limit]


def by_searching(at: tuple[float, float], **asked: Any) -> list[UUID]:
    with queries.reading() as read:
        return [found.id for found in lot_search.near(read, LIVE_WORLD, at, **asked)]


def by_words(*words: str, **asked: Any) -> list[UUID]:
    with queries.reading() as read:
        return [found.id for found in lot_search.matching(read, LIVE_WORLD, words, **asked)]


positions_near_lots = st.builds(
    lambda corner, north, east: (
        min(max(corner[0] + north, -90.0), 90.0),
        (corner[1] + east + 180) % 360 - 180,
    ),
    st.sampled_from(CORNERS),
    st.floats(-0.05, 0.05),
    st.floats(-0.2, 0.2),
)
some_filters = st.builds(
    Filters,
    open_now=st.booleans(),
    available_now=st.booleans(),
    type=st.none() | st.sampled_from(TYPES),
    ev_charging=st.booleans(),
    accessible=st.booleans(),
    vehicle_height_cm=st.none() | st.sampled_from([180, 200, 220]),
)


def test_a_search_finds_what_counting_every_lot_finds() -> None:
    lots = scatter(400)

    @settings(derandomize=True, max_examples=80, deadline=None, database=None)
    @given(
        at=positions_near_lots | st.sampled_from(CORNERS),
        radius_km=st.sampled_from([0.01, 0.3, 0.4, 1.5, 2, 5, 50]),
        limit=st.sampled_from([1, 3, 10, 50]),
        filters=st.just(Filters()) | some_filters,
    )
    def same(at: tuple[float, float], radius_km: float, limit: int, filters: Filters) -> None:
        asked: dict[str, Any] = {"radius_km": radius_km, "limit": limit, "filters": filters}
        assert by_searching(at, **asked) == by_counting(lots, at, **asked)

    same()


def place(rows: Sequence[dict[str, Any]]) -> list[UUID]:
    operator = make_operator()
    with database.transaction() as db:
        return lot_records.add(db, rows, world_id=LIVE_WORLD, operator_id=operator.id, at=EVENING)


def in_vail(count: int, **facts: Any) -> list[dict[str, Any]]:
    dice = random.Random(7)
    lat, lng = VAIL
    return [a_lot(dice, number) | {"lat": lat, "lng": lng} | facts for number in range(count)]


def test_more_lots_than_fit_one_page_are_all_looked_at_for_open_ones() -> None:
    rows = in_vail(450, opening_hours="Mo-Fr 08:00-18:00")
    open_ones = (0, 199, 200, 449)
    for number in open_ones:
        rows[number]["opening_hours"] = "24/7"
    ids = place(rows)
    found = by_searching(VAIL, radius_km=2, limit=5, filters=Filters(open_now=True))
    assert found == [ids[number] for number in open_ones]


def test_lots_on_one_spot_come_in_the_order_of_their_ids() -> None:
    ids = place(in_vail(60))
    assert by_searching(VAIL, radius_km=2, limit=50) == sorted(ids)[:50]


def test_open_lots_with_a_word_are_found_behind_a_page_of_closed_ones() -> None:
    rows = in_vail(450, name="Meadow Lot", opening_hours="Mo-Fr 08:00-18:00")
    rows[400]["opening_hours"] = "24/7"
    ids = place(rows)
    found = by_words("meadow", limit=5, filters=Filters(open_now=True))
    assert found == [ids[400]]


def test_a_ring_is_one_statement_and_a_wider_one_is_asked_only_if_needed() -> None:
    place(in_vail(10))
    with statements_seen() as one_ring:
        by_searching(VAIL, radius_km=50, limit=10)
    with statements_seen() as three_rings:
        by_searching(VAIL, radius_km=1.5, limit=11)
    assert (len(one_ring), len(three_rings)) == (1, 3)


def test_a_city_that_is_closed_at_night_is_read_in_ever_longer_pages() -> None:
    place(in_vail(1_300, name="Meadow Lot", opening_hours="Mo-Fr 08:00-18:00"))
    with statements_seen() as near:
        assert by_searching(VAIL, radius_km=0.1, limit=5, filters=Filters(open_now=True)) == []
    with statements_seen() as matching:
        assert by_words("meadow", limit=5, filters=Filters(open_now=True)) == []
    assert (len(near), len(matching)) == (3, 3)  # 200, 800, and the rest


def plan_of(filters: Filters) -> str:
    """Return how the database carries out a search among a few thousand lots."""
    dice = random.Random(11)
    rows = [a_lot(dice, number) for number in range(2_000)]
    for row in rows:
        row["lat"], row["lng"] = VAIL[0] + dice.uniform(-1, 1), VAIL[1] + dice.uniform(-1, 1)
    place(rows)
    with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return explained(filters)


def explained(filters: Filters) -> str:
    with plans_seen() as steps:
        by_searching(VAIL, radius_km=25, limit=50, filters=filters)
    return "\n".join(steps)


@pytest.mark.parametrize("filters", [Filters(), Filters(available_now=True, type="garage")])
def test_a_ring_is_read_from_the_covering_index_and_each_lot_by_its_key(filters: Filters) -> None:
    plan = plan_of(filters)
    assert "Hash" not in plan
    assert "Seq Scan on lot" not in plan
    assert "SCAN lot" not in plan
    covering = "USING COVERING INDEX ix_lots_position", "Index Only Scan using ix_lots_position"
    assert any(access in plan for access in covering)


def test_a_deleted_lot_and_one_of_another_world_are_not_found() -> None:
    make_lot(at=VAIL, deleted_at=EVENING)
    make_lot(at=VAIL, project=make_project())
    stands = make_lot(at=VAIL)
    assert by_searching(VAIL, radius_km=2, limit=10) == [stands.id]


def test_the_time_at_a_lot_is_that_of_its_world(time: SetClock) -> None:
    ahead = make_project(clock_runs_ahead=timedelta(hours=5))
    lots = {ahead.id: make_lot(project=ahead), LIVE_WORLD: make_lot()}
    with queries.reading() as read:
        times = {world: lot_search.now_at(lot_search.one(read, world, lot.id)) for world, lot in lots.items()}
    assert times == {ahead.id: time.at + timedelta(hours=5), LIVE_WORLD: time.at}
