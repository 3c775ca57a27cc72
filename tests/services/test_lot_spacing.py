"""A search remembers how far apart lots stand, and the next one nearby asks one wide enough ring at once."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from app import queries
from app.domain.callers import LIVE_WORLD
from app.domain.ids import uuid7
from app.services import lot_search, lot_spacing
from app.services.lot_search import NO_FILTERS, Filters
from tests.factories import make_lot
from tests.statements import statements_seen

VAIL = (39.6403, -106.3742)
NOTHING_ASKED: frozenset[str] = frozenset()


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    lot_spacing.forget()
    yield
    lot_spacing.forget()


def reach_km(world_id: UUID = LIVE_WORLD, asked: frozenset[str] = NOTHING_ASKED, wanted: int = 5) -> float:
    return lot_spacing.reach_km(lot_spacing.neighbourhood(world_id, *VAIL, asked), wanted)


def test_nothing_is_guessed_where_nobody_looked() -> None:
    assert reach_km() == 0


def test_four_times_the_lots_are_expected_within_twice_the_radius() -> None:
    lot_spacing.note(lot_spacing.neighbourhood(LIVE_WORLD, *VAIL, NOTHING_ASKED), 5, looked_km=1.0)
    assert reach_km(wanted=20) == pytest.approx(2 * reach_km(wanted=5))
    assert reach_km(wanted=5) == pytest.approx(lot_spacing.TIMES_ENOUGH**0.5)


def test_another_world_and_other_filters_have_a_spacing_of_their_own() -> None:
    lot_spacing.note(lot_spacing.neighbourhood(LIVE_WORLD, *VAIL, NOTHING_ASKED), 5, looked_km=1.0)
    assert reach_km(world_id=uuid7()) == 0
    assert reach_km(asked=frozenset({"available_now"})) == 0


@pytest.mark.usefixtures("db", "time")
def test_the_second_search_among_scattered_lots_is_one_statement() -> None:
    for step in range(12):
        make_lot(at=(VAIL[0] + step * 0.02, VAIL[1]))
    counts = [statements_of(NO_FILTERS) for _ in range(2)]
    assert counts == [4, 1]  # rings of 0.4, 1.2, 3.6 and 8 km, and then 8 km at once


def statements_of(filters: Filters) -> int:
    with statements_seen() as seen, queries.reading() as read:
        lot_search.near(read, LIVE_WORLD, VAIL, radius_km=8, limit=5, filters=filters)
    return len(seen)


@pytest.mark.usefixtures("db", "time")
def test_lots_that_went_are_missed_and_the_ring_widens_all_the_same() -> None:
    lot_spacing.note(lot_spacing.neighbourhood(LIVE_WORLD, *VAIL, NOTHING_ASKED), 500, looked_km=0.4)
    far = make_lot(at=(VAIL[0] + 0.1, VAIL[1]))
    with queries.reading() as read:
        found = lot_search.near(read, LIVE_WORLD, VAIL, radius_km=50, limit=5)
    assert [lot.id for lot in found] == [far.id]
