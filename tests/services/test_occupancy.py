"""Every hour of every lot, as it ended; random histories against what was counted beside them."""

import random
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app import database
from app.models import Lot, LotAvailability, OccupancyHour, Project
from app.services import availability, inventory, lot_records, occupancy
from tests.conftest import EVENING, SetClock
from tests.factories import make_lot, make_project, operator_of
from tests.services.importer import CITADEL, Importer
from tests.services.parking import free_spaces, wait_until_it_waits

pytestmark = pytest.mark.usefixtures("db", "time")

SIX_O_CLOCK = EVENING.replace(minute=0)
HOUR = timedelta(hours=1)


def hours(lot: Lot) -> Sequence[tuple[datetime, int, int, str]]:
    facts = OccupancyHour.hour_at, OccupancyHour.capacity, OccupancyHour.occupied, OccupancyHour.source
    of_lot = select(*facts).where(OccupancyHour.lot_id == lot.id).order_by(OccupancyHour.hour_at)
    with database.reading() as db:
        return [tuple(row) for row in db.execute(of_lot)]  # type: ignore[misc] # four columns


def take(lot: Lot) -> None:
    with database.transaction() as db:
        availability.take(db, lot.id)


def release(lot: Lot) -> None:
    with database.transaction() as db:
        availability.release(db, lot.id)


def report(lot: Lot, cars: int) -> None:
    availability.report(operator_of(lot), lot.id, occupied=cars)


def resize(lot: Lot, capacity: int, at: datetime) -> None:
    """Change a lot's capacity as nobody here does: the lot first, then its counter."""
    with database.transaction() as db:
        before = db.get_one(Lot, lot.id).capacity
        db.execute(update(Lot).where(Lot.id == lot.id).values(capacity=capacity, updated_at=at))
        lot_records.grow(db, {lot.id: capacity - before}, at=at)


def test_an_hour_is_written_once_it_ended_and_only_once(time: SetClock) -> None:
    lot = make_lot(capacity=10)
    take(lot)
    assert occupancy.end_hours() == 0
    time.move(minutes=32)  # 19:02
    assert [occupancy.end_hours(), occupancy.end_hours()] == [1, 0]
    assert hours(lot) == [(SIX_O_CLOCK, 10, 1, "counted")]


def test_what_was_on_its_way_at_the_end_of_an_hour_is_waited_for(time: SetClock) -> None:
    make_lot()
    time.move(minutes=31)
    assert occupancy.end_hours() == 0


def test_the_first_change_after_an_hour_writes_it_before_it_is_forgotten(time: SetClock) -> None:
    lot = make_lot(capacity=10)
    take(lot)
    time.move(minutes=30)
    take(lot)
    take(lot)
    assert hours(lot) == [(SIX_O_CLOCK, 10, 1, "counted")]
    time.move(hours=3)
    report(lot, 7)
    assert hours(lot)[1:] == [(SIX_O_CLOCK + HOUR, 10, 3, "counted")]
    time.move(hours=2)
    occupancy.end_hours()
    assert hours(lot)[2:] == [(SIX_O_CLOCK + 4 * HOUR, 10, 7, "reported")]


def test_a_lot_that_stands_still_for_weeks_has_one_row(time: SetClock) -> None:
    lot = make_lot(capacity=10, free=4)
    time.move(days=30)
    assert occupancy.end_hours() == 1
    time.move(days=30)
    assert occupancy.end_hours() == 0
    assert hours(lot) == [(SIX_O_CLOCK, 10, 6, "counted")]


def test_an_hour_ends_with_the_capacity_that_it_had(time: SetClock) -> None:
    lot = make_lot(capacity=10, free=4)
    time.move(hours=1)
    resize(lot, 50, time.at)
    assert hours(lot) == [(SIX_O_CLOCK, 10, 6, "counted")]
    time.move(hours=2)
    occupancy.end_hours()
    assert hours(lot)[1:] == [(SIX_O_CLOCK + HOUR, 50, 6, "counted")]


def test_who_leaves_and_who_changes_the_lot_do_not_wait_for_each_other_after_an_hour(time: SetClock) -> None:
    lot = make_lot(capacity=10)
    take(lot)
    time.move(hours=1)
    leaving = threading.Thread(target=release, args=(lot,))
    with database.transaction() as db:  # as updateLot does
        assert db.get(Lot, lot.id, with_for_update=True) is not None
        leaving.start()
        wait_until_it_waits(leaving)
        db.execute(update(Lot).where(Lot.id == lot.id).values(capacity=12, updated_at=time.at))
        lot_records.grow(db, {lot.id: 2}, at=time.at)
    leaving.join()
    assert hours(lot) == [(SIX_O_CLOCK, 10, 1, "counted")]
    assert free_spaces(lot) == 12


@pytest.mark.parametrize("way", ["updateLot", "importLots"])
def test_who_leaves_after_an_hour_and_who_adds_spaces_do_not_wait_crosswise(
    time: SetClock, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    importer = Importer(make_project())
    importer.take(CITADEL)
    lot = importer.lot()
    take(lot)
    time.move(hours=1)
    leaving = threading.Thread(target=release, args=(lot,))
    change = lot_records.change

    def change_while_somebody_leaves(*arguments: Any, **options: Any) -> None:
        change(*arguments, **options)
        leaving.start()
        wait_until_it_waits(leaving)

    monkeypatch.setattr(lot_records, "change", change_while_somebody_leaves)
    if way == "updateLot":
        inventory.update(importer.caller, lot.id, {"capacity": 600})
    else:
        importer.take(CITADEL.replace("550", "600"))
    leaving.join()
    assert hours(lot) == [(SIX_O_CLOCK, 550, 1, "counted")]
    assert free_spaces(lot) == 600


def test_hours_end_by_the_clock_of_the_lots_world(time: SetClock) -> None:
    project = make_project(clock_runs_ahead=timedelta(days=1))
    ahead, here = make_lot(project=project), make_lot()
    take(ahead)
    assert [at for at, *_ in hours(ahead)] == [SIX_O_CLOCK]  # it was made by the real clock, a day before
    assert occupancy.end_hours() == 0
    with database.transaction() as db:
        db.get_one(Project, project.id).clock_offset += 3_600_000_000
    assert occupancy.end_hours() == 1
    assert [at for at, *_ in hours(ahead)] == [SIX_O_CLOCK, SIX_O_CLOCK + timedelta(days=1)]
    assert hours(here) == []


def test_a_lot_that_is_no_more_gets_no_rows(time: SetClock) -> None:
    lot = make_lot()
    with database.transaction() as db:
        db.get_one(Lot, lot.id).deleted_at = time.at
    time.move(hours=2)
    assert occupancy.end_hours() == 0


def test_many_lots_are_written_a_batch_at_a_time(time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(occupancy, "BATCH", 3)
    for _ in range(7):
        make_lot()
    time.move(hours=2)
    assert [occupancy.end_hours(), occupancy.end_hours()] == [7, 0]


@pytest.mark.parametrize("seed", range(2))
def test_random_histories_are_told_as_they_were(time: SetClock, seed: int) -> None:
    chance = random.Random(seed)
    lots = [make_lot(capacity=20) for _ in range(3)]
    counted: dict[tuple[int, datetime], tuple[int, int]] = {}
    moved: set[tuple[int, datetime]] = {(number, hour_of(time.at)) for number in range(3)}
    for _ in range(40):
        before = time.at
        time.move(seconds=chance.choice([1, 200, 1_800, 4_000, 20_000]))
        note_ends(lots, before, time.at, counted)
        number = chance.randrange(3)
        change(lots[number], chance, time.at)
        moved.add((number, hour_of(time.at)))
        if chance.random() < 0.3:
            occupancy.end_hours()  # the worker comes by when it likes, or not for a day
    ended = time.at
    time.move(days=1)
    note_ends(lots, ended, time.at, counted)
    occupancy.end_hours()
    for number, lot in enumerate(lots):
        told = {at: (capacity, occupied) for at, capacity, occupied, _ in hours(lot)}
        assert told == {at: counted[number, at] for of, at in moved if of == number}


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def note_ends(
    lots: Sequence[Lot],
    start: datetime,
    end: datetime,
    counted: dict[tuple[int, datetime], tuple[int, int]],
) -> None:
    """Count the cars of every lot at the end of each hour that passes."""
    hour = hour_of(start)
    while hour + HOUR <= end:
        for number, lot in enumerate(lots):
            with database.reading() as db:
                capacity = db.get_one(Lot, lot.id).capacity
                counted[number, hour] = capacity, capacity - db.get_one(LotAvailability, lot.id).free
        hour += HOUR


def change(lot: Lot, chance: random.Random, at: datetime) -> None:
    match chance.randrange(3):
        case 0:
            report(lot, chance.randrange(12))
        case 1:
            resize(lot, chance.randrange(15, 30), at)
        case _:
            take(lot)
