"""A lot's counter says what counting its cars would say, and the last space has one winner."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app import database
from app.domain import clock
from app.domain.callers import Caller
from app.domain.errors import BadRequest, LotFull, NotFound, PaymentRequired
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from app.models import Lot, LotAvailability
from app.services import audit, availability, lot_imports, lot_records, sessions
from app.services.availability import Drift
from app.services.session_starts import Order
from tests.conftest import SetClock
from tests.factories import anyone, caller_of, make_lot, make_project, operator_of
from tests.services.parking import wait_until_it_waits
from tests.services.world import make_world

pytestmark = pytest.mark.usefixtures("db", "time")


def free(lot: Lot) -> int:
    with database.reading() as db:
        return db.get_one(LotAvailability, lot.id).free


def take(lot: Lot) -> int:
    with database.transaction() as db:
        return availability.take(db, lot.id).free


def release(lot: Lot) -> int:
    with database.transaction() as db:
        return availability.release(db, lot.id)


def test_taking_and_giving_back_moves_the_counter_by_one() -> None:
    lot = make_lot(capacity=3)
    assert [take(lot), take(lot), release(lot), free(lot)] == [2, 1, 2, 2]


def test_a_full_lot_gives_no_space() -> None:
    lot = make_lot(capacity=1)
    take(lot)
    with pytest.raises(LotFull) as refusal:
        take(lot)
    assert [detail.field for detail in refusal.value.details] == ["lot_id"]
    assert free(lot) == 0


def test_a_lot_with_more_cars_than_spaces_gives_none_until_enough_have_left() -> None:
    lot = make_lot(capacity=5, free=-1)
    assert release(lot) == 0
    with pytest.raises(LotFull):
        take(lot)
    assert release(lot) == 1
    assert take(lot) == 0


def test_the_last_spaces_are_won_once_each() -> None:
    lot = make_lot(capacity=3)
    outcomes: list[str] = []

    def try_one() -> None:
        try:
            take(lot)
            outcomes.append("won")
        except LotFull:
            outcomes.append("full")

    threads = [threading.Thread(target=try_one) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["full"] * 9 + ["won"] * 3
    assert free(lot) == 0


def test_a_transaction_that_fails_gives_its_space_back() -> None:
    lot = make_lot(capacity=1)
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        availability.take(db, lot.id)
        raise ZeroDivisionError
    assert free(lot) == 1


# Reports


def report(lot: Lot, **cars: int) -> int:
    """Report as the lot's operator, and return how many spaces are free."""
    availability.report(operator_of(lot), lot.id, **cars)
    return free(lot)


def test_cars_that_are_not_ours_take_spaces() -> None:
    lot = make_lot(capacity=10)
    take(lot)
    assert report(lot, occupied_elsewhere=4) == 5
    assert report(lot, occupied_elsewhere=2) == 7


def test_of_all_cars_ours_are_counted_once() -> None:
    lot = make_lot(capacity=10)
    take(lot)
    take(lot)
    assert report(lot, occupied=6) == 4
    assert report(lot, occupied=1) == 8


def test_more_cars_than_spaces_can_be_reported() -> None:
    lot = make_lot(capacity=10)
    assert report(lot, occupied=13) == -3


def test_a_report_is_shown_as_one(time: SetClock) -> None:
    lot = make_lot(capacity=10)
    assert availability.get(anyone(), lot.id).source == "counted"
    time.move(minutes=3)
    report(lot, occupied_elsewhere=4)
    shown = availability.get(anyone(), lot.id)
    assert (shown.source, shown.available, shown.updated_at) == ("reported", 6, time.at)


def make_own_lot(**facts: Any) -> tuple[Caller, Lot]:
    project = make_project()
    return caller_of(project), make_lot(project=project, **facts)


def reports(lot: Lot) -> list[dict[str, Any]]:
    with database.reading() as db:
        written = audit.entries(db, operator_id=lot.operator_id)
    return [entry.diff for entry in written if (entry.action, entry.lot_id) == ("occupancy.report", lot.id)]


def test_an_operator_reports_all_cars_or_those_that_are_not_ours(time: SetClock) -> None:
    caller, lot = make_own_lot(capacity=10)
    take(lot)
    time.move(minutes=3)
    told = availability.report(caller, lot.id, occupied=6).value
    assert (told.available, told.source, told.updated_at) == (4, "reported", time.at)
    assert availability.report(caller, lot.id, occupied_elsewhere=6).value.available == 3
    assert reports(lot) == [
        {"said": {"occupied": 6}, "occupied_elsewhere": 5, "free": 4},
        {"said": {"occupied_elsewhere": 6}, "occupied_elsewhere": 6, "free": 3},
    ]


def test_a_report_that_says_nothing_new_is_noted_too_and_freshens_the_count(time: SetClock) -> None:
    caller, lot = make_own_lot(capacity=10)
    for _ in range(2):
        time.move(seconds=1)
        told = availability.report(caller, lot.id, occupied=4).value
    assert (told.available, told.updated_at) == (6, time.at)
    assert len(reports(lot)) == 2


def test_more_cars_than_spaces_leave_none_until_enough_have_left() -> None:
    caller, lot = make_own_lot(capacity=10)
    assert availability.report(caller, lot.id, occupied=1_000_000).value.available == 0
    assert reports(lot)[0]["free"] == free(lot) == -999_990
    with pytest.raises(LotFull):
        take(lot)
    assert availability.report(caller, lot.id, occupied=9).value.available == 1
    assert take(lot) == 0


def test_fewer_cars_than_our_sessions_are_no_less_than_ours() -> None:
    caller, lot = make_own_lot(capacity=10)
    take(lot)
    take(lot)
    assert availability.report(caller, lot.id, occupied=0).value.available == 8
    assert reports(lot)[0]["occupied_elsewhere"] == 0


@pytest.mark.parametrize("figures", [{}, {"occupied": 3, "occupied_elsewhere": 2}])
def test_a_report_has_one_of_two_figures(figures: dict[str, int]) -> None:
    caller, lot = make_own_lot(capacity=10)
    with pytest.raises(BadRequest) as refusal:
        availability.report(caller, lot.id, **figures)  # type: ignore[arg-type] # test sugar
    assert [detail.field for detail in refusal.value.details] == ["occupied", "occupied_elsewhere"]
    assert (free(lot), reports(lot)) == (10, [])


def test_only_the_lots_operator_reports() -> None:
    lot = make_lot(project=make_project(kind="live"), capacity=10)
    with pytest.raises(NotFound):
        availability.report(caller_of(make_project(kind="live")), lot.id, occupied=3)
    assert (free(lot), reports(lot)) == (10, [])


def test_a_report_sent_twice_counts_once() -> None:
    caller, lot = make_own_lot(capacity=10)
    once = Once(key="gate-1", fingerprint="a" * 64)
    availability.report(caller, lot.id, occupied=3, once=once)
    availability.report(caller, lot.id, occupied=5)
    again = availability.report(caller, lot.id, occupied=3, once=once)
    assert (again.replayed, again.value.available) == (True, 5)
    assert len(reports(lot)) == 2


def test_reports_and_sessions_at_the_same_moment_leave_the_counter_right() -> None:
    caller, lot = make_own_lot(capacity=50)

    def count_cars() -> None:
        for cars in range(10):
            availability.report(caller, lot.id, occupied=20 + cars)

    def come_and_go() -> None:
        for _ in range(10):
            take(lot)
            release(lot)

    threads = [threading.Thread(target=work) for work in (count_cars, come_and_go) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert drift() == []
    assert len(reports(lot)) == 30


# Looking


def test_a_lot_tells_its_free_spaces_and_since_when(time: SetClock) -> None:
    lot = make_lot(capacity=120, free=87, opening_hours="24/7")
    made = time.at
    time.move(minutes=1)
    shown = availability.get(anyone(), lot.id)
    assert (shown.lot_id, shown.available, shown.capacity, shown.open_now) == (lot.id, 87, 120, True)
    assert shown.updated_at == made
    take(lot)
    assert availability.get(anyone(), lot.id).updated_at == time.at


def test_a_space_is_taken_at_the_time_of_the_lots_own_world(time: SetClock) -> None:
    ahead = make_project(clock_runs_ahead=timedelta(days=1))
    lot = make_lot(project=ahead)
    take(lot)
    assert availability.get(caller_of(ahead), lot.id).updated_at == time.at + timedelta(days=1)


def test_available_is_never_below_zero() -> None:
    lot = make_lot(capacity=2, free=-4)
    assert availability.get(anyone(), lot.id).available == 0


def test_an_unknown_lot_has_no_spaces_to_count() -> None:
    with pytest.raises(NotFound):
        availability.get(anyone(), uuid7())
    with pytest.raises(NotFound):
        availability.get(caller_of(make_project()), make_lot().id)


# The invariant


def test_a_counter_that_was_moved_without_a_session_is_found() -> None:
    make_lot(capacity=10, free=4)
    lot = make_lot(capacity=10)
    assert drift() == []
    take(lot)
    assert drift() == [Drift(lot.id, free=9, expected=10)]


def drift() -> list[Drift]:
    with database.reading() as db:
        return availability.drift(db)


@pytest.mark.usefixtures("services")
def test_a_session_keeps_the_counter_right_all_its_life() -> None:
    world = make_world()
    started = sessions.start(world.caller, Order(lot_id=world.lot.id, plate="CO-7891")).value
    assert (free(world.lot), drift()) == (86, [])
    with pytest.raises(PaymentRequired):
        sessions.start(world.caller, declined(world.lot))
    assert (free(world.lot), drift()) == (86, [])
    sessions.end(world.caller, started.session.id, session_code=started.session.session_code)
    assert (free(world.lot), drift()) == (87, [])


def declined(lot: Lot) -> Order:
    return Order(lot_id=lot.id, plate="CO-1234", payment_method="pm_card_chargeDeclined")


def test_cars_are_counted_against_the_capacity_that_a_change_leaves() -> None:
    caller, lot = make_own_lot(capacity=10)
    for _ in range(3):
        take(lot)
    with database.transaction() as db:  # as an import does
        lot_imports.one_at_a_time(db, lot.operator_id)
        locked = select(Lot.id).where(Lot.id == lot.id).with_for_update(key_share=True)
        assert db.scalar(locked) == lot.id
        db.execute(update(Lot).where(Lot.id == lot.id).values(capacity=20))
        lot_records.grow(db, {lot.id: 10}, at=clock.now())
        counting = threading.Thread(target=availability.report, args=(caller, lot.id), kwargs={"occupied": 5})
        counting.start()
        wait_until_it_waits(counting)
    counting.join()
    assert free(lot) == 15
    assert reports(lot) == [{"said": {"occupied": 5}, "occupied_elsewhere": 2, "free": 15}]
