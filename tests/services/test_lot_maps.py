"""Lots on a map: all of a box and nothing else, page by page, on both databases and by the index."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from app import database
from app.domain.errors import BadRequest
from app.domain.ids import uuid7
from app.models import Lot, Project
from app.services import lot_records, lots
from tests.conftest import EVENING, SetClock
from tests.factories import anyone, caller_of, make_lot, make_operator, make_project
from tests.statements import plans_seen, statements_seen

pytestmark = pytest.mark.usefixtures("db", "time")

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Island:
    """A world with lots at these positions, by (lat, lng)."""

    project: Project

    def on_map(self, bbox: str | None = None, **page: Any) -> list[tuple[float, float]]:
        """Return what one page of a box shows, in its order."""
        found = lots.on_map(caller_of(self.project), bbox=bbox, **page)
        return [(lot.lat, lot.lng) for lot in found.lots.entries]


def island(positions: Sequence[tuple[float, float]]) -> Island:
    project = make_project()
    rows = [
        {
            "name": f"Synthetic Lot {next(_numbers)}",
            "lat": lat,
            "lng": lng,
            "type": "garage",
            "capacity": 10,
            "time_zone": "UTC",
            "currency": "USD",
        }
        for lat, lng in positions
    ]
    with database.transaction() as db:
        lot_records.add(db, rows, world_id=project.id, operator_id=project.operator_id, at=EVENING)
    return Island(project)


def scattered(number: int, seed: int) -> list[tuple[float, float]]:
    """Scatter positions over the world, some on its edges."""
    chance = random.Random(seed)
    edges = [(90.0, 0.0), (-90.0, 12.5), (0.0, 180.0), (0.0, -180.0), (10.0, 180.0), (-66.0, -180.0)]
    return edges + [
        (round(chance.uniform(-90, 90), 4), round(chance.uniform(-180, 180), 4)) for _ in range(number)
    ]


def inside(position: tuple[float, float], bbox: str) -> bool:
    """Tell by plain comparison whether a box holds a position."""
    west, south, east, north = map(float, bbox.split(","))
    lat, lng = position
    across = west > east
    same = [lng, -lng] if abs(lng) == 180 else [lng]  # one meridian, written in two ways
    return south <= lat <= north and any(
        (each >= west or each <= east) if across else west <= each <= east for each in same
    )


BOXES = [
    "-180,-90,180,90",
    "-10,-10,10,10",
    "170,-40,-170,40",
    "-180,-90,-90,0",
    "90,0,180,90",
    "180,-90,180,90",
    "-180,-90,-180,90",
    "-180,89,180,90",
    "-1,-90,1,90",
    "-180,-0.5,180,0.5",
    "0,90,0,90",
    "5.001,5.001,5.002,5.002",
]


def test_a_map_shows_all_lots_of_its_box_and_no_others() -> None:
    positions = scattered(400, seed=7)
    world = island(positions)
    for bbox in BOXES:
        expected = sorted(position for position in positions if inside(position, bbox))
        assert sorted(world.on_map(bbox, limit=1000)) == expected, bbox
    assert len(world.on_map(limit=1000)) == len(positions)


def test_a_box_of_no_size_holds_what_is_exactly_there() -> None:
    world = island([(39.6436, -106.3866), (39.6436, -106.3867)])
    assert world.on_map("-106.3866,39.6436,-106.3866,39.6436") == [(39.6436, -106.3866)]


def pages_of(world: Island, bbox: str | None, *, limit: int) -> Iterator[list[UUID]]:
    cursor = None
    while True:
        page = lots.on_map(caller_of(world.project), bbox=bbox, limit=limit, cursor=cursor).lots
        yield [lot.id for lot in page.entries]
        if page.next_cursor is None:
            return
        cursor = UUID(page.next_cursor)


@pytest.mark.parametrize("bbox", [None, "170,-80,-100,80"])
def test_pages_follow_each_other_without_a_gap_or_a_double(bbox: str | None) -> None:
    world = island(scattered(60, seed=3) + [(1.0, 2.0)] * 5)
    whole = next(pages_of(world, bbox, limit=1000))
    for limit in (1, 7, len(whole)):
        pages = list(pages_of(world, bbox, limit=limit))
        assert [lot_id for page in pages for lot_id in page] == whole
        assert all(len(page) == limit for page in pages[:-1])


def test_a_page_goes_on_after_a_lot_that_was_deleted_meanwhile(time: SetClock) -> None:
    world = island([(1.0, 1.0), (2.0, 1.0), (3.0, 1.0)])
    first = lots.on_map(caller_of(world.project), limit=1).lots.next_cursor
    assert first is not None
    with database.transaction() as db:
        db.execute(update(Lot).where(Lot.id == UUID(first)).values(deleted_at=time.at))
    assert world.on_map(cursor=UUID(first)) == [(2.0, 1.0), (3.0, 1.0)]


def test_each_world_has_its_own_map() -> None:
    operator = make_operator()
    live = make_project(operator=operator, kind="live")
    lot, other = make_lot(project=live), island([(1.0, 1.0)])
    assert [each.id for each in lots.on_map(anyone()).lots.entries] == [lot.id]
    assert other.on_map() == [(1.0, 1.0)]
    for stranger in (lot.id, uuid7()):
        with pytest.raises(BadRequest) as refusal:
            other.on_map(cursor=stranger)
        assert [detail.field for detail in refusal.value.details] == ["cursor"]


def test_what_is_no_box_is_a_refusal_that_names_it() -> None:
    with pytest.raises(BadRequest, match=r"^bbox: has its south north of its north$") as refusal:
        lots.on_map(anyone(), bbox="1,4,3,2")
    assert [detail.field for detail in refusal.value.details] == ["bbox"]


@pytest.mark.parametrize("bbox", ["5,5,5.1,5.1", "179.9,5,-179.9,5.1"])
def test_a_page_is_read_from_the_covering_index_and_each_lot_by_its_key(bbox: str) -> None:
    world = island(scattered(3000, seed=5))
    with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    with plans_seen() as steps:
        world.on_map(bbox)
    plan = "\n".join(steps)
    covering = "USING COVERING INDEX ix_lots_position", "Index Only Scan using ix_lots_position"
    assert any(access in plan for access in covering), plan
    assert "Seq Scan on lot" not in plan
    assert "SCAN lot" not in plan


def statements_of(world: Island, bbox: str | None, **page: Any) -> int:
    """Count what the database is asked for one page."""
    with statements_seen() as statements:
        world.on_map(bbox, **page)
    return len(statements)


def test_a_page_takes_no_more_statements_than_its_box_has_strips() -> None:
    world = island([(lat, 5.0) for lat in (-89.0, 0.0, 1.0, 2.0)])
    assert statements_of(world, "4,0,6,0.1") == 1
    assert statements_of(world, None, limit=1) <= 13  # up to the second lot, which tells of another page
    assert statements_of(world, "100,-90,101,90") <= 22
