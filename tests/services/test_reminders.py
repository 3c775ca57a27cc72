"""Drivers and programs are reminded in time, once, and of the end that comes next; on both databases."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from app import database
from app.domain.callers import Caller
from app.models import AuditEntry, Lot, ParkingSession
from app.presenters.sessions import SessionFacts
from app.services import due, quotes, receipts
from app.services.due import Due
from app.services.quotes import Wish
from app.worker import sweeps
from tests.conftest import EVENING, SetClock
from tests.services import hooks, post
from tests.services.parking import end, extend, pass_time, start
from tests.services.session_rows import make_sessions
from tests.services.test_session_indexes import plans
from tests.services.world import World, make_world

CARD = "pm_card_visa"
DRIVER = "Driver@Example.com"


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def park(world: World, plate: str = "CO-7891", **wishes: object) -> SessionFacts:
    return start(world, plate, **{"payment_method": CARD, "email": DRIVER} | wishes)


def reminders() -> list[str]:
    """Return what drivers were reminded of, by the audit log."""
    with database.reading() as db:
        wanted = select(AuditEntry.diff).where(AuditEntry.action == "session.remind").order_by(AuditEntry.id)
        return [diff["of"] for diff in db.scalars(wanted)]


def expiring() -> int:
    return sum(event.type == "session.expiring" for event in hooks.events())


def remind_at(facts: SessionFacts) -> datetime | None:
    with database.reading() as db:
        return db.get_one(ParkingSession, facts.session.id).remind_at


def test_a_stay_is_reminded_of_fifteen_minutes_before_its_planned_end(world: World, time: SetClock) -> None:
    park(world)
    pass_time(world, time, 3 * 3600 + 44 * 60)
    assert (expiring(), post.kinds()) == (0, [])
    pass_time(world, time, 120)
    assert (expiring(), post.kinds(), reminders()) == (1, ["planned_end"], ["planned_end"])
    [mail] = post.queued()
    assert mail.about_at == EVENING + timedelta(hours=4)
    session = hooks.told()[-1][1]["session"]
    assert (session["planned_end_at"], session["latest_end_at"]) == (
        "2026-11-22T22:30:00Z",
        "2026-11-23T18:30:00Z",
    )


def test_as_real_time_passes_it_is_the_worker_that_reminds(world: World, time: SetClock) -> None:
    park(world)
    time.move(hours=3, minutes=45)
    assert sweeps.run_due() == 1
    assert sweeps.run_due() == 0
    assert (expiring(), post.kinds()) == (1, ["planned_end"])


def test_an_extension_moves_the_reminder(world: World, time: SetClock) -> None:
    facts = park(world)
    pass_time(world, time, 3 * 3600)
    extend(world, facts)
    pass_time(world, time, 3600)
    assert reminders() == []
    pass_time(world, time, 45 * 60)
    assert reminders() == ["planned_end"]
    assert post.queued()[0].about_at == EVENING + timedelta(hours=5)


def test_an_extension_after_the_reminder_is_reminded_of_again(world: World, time: SetClock) -> None:
    facts = park(world)
    pass_time(world, time, 4 * 3600)
    extend(world, facts)
    pass_time(world, time, 3600)
    assert [mail.about_at for mail in post.queued()] == [EVENING + timedelta(hours=h) for h in (4, 5)]


def test_who_stays_on_is_reminded_of_the_longest_stay(world: World, time: SetClock) -> None:
    park(world)
    pass_time(world, time, 24 * 3600 - 60)
    assert reminders() == ["planned_end", "longest_stay"]
    assert post.kinds() == ["planned_end", "longest_stay"]


def test_a_stay_that_is_over_is_reminded_of_nothing(world: World, time: SetClock) -> None:
    facts = park(world)
    pass_time(world, time, 3600)
    end(world, facts)
    pass_time(world, time, 30 * 3600)
    assert reminders() == []


def test_without_an_address_programs_are_told_and_nobody_is_written_to(world: World, time: SetClock) -> None:
    park(world, email=None)
    pass_time(world, time, 4 * 3600)
    assert (expiring(), post.kinds()) == (1, [])


def test_two_workers_remind_once(world: World, time: SetClock) -> None:
    facts = park(world)
    time.move(hours=3, minutes=45)
    [item] = due.due_now()
    assert item == Due("remind", facts.session.id, EVENING + timedelta(hours=3, minutes=45))
    for _ in range(2):  # the second saw the same row before the first was done
        due.run(due.worker(), item)
    assert (expiring(), len(post.queued())) == (1, 1)


def test_a_driver_who_has_not_paid_is_asked_half_way_through_the_grace_time(
    world: World, time: SetClock
) -> None:
    world.driver_stays_away()
    park(world, payment_method=None)
    park(world, "CO-2", payment_method=None, email=None)
    pass_time(world, time, 299)
    assert post.kinds() == []
    pass_time(world, time, 2)
    assert post.kinds() == ["payment_missing"]
    assert post.queued()[0].about_at == EVENING + timedelta(minutes=10)
    pass_time(world, time, 600)
    assert (post.kinds(), reminders()) == (["payment_missing"], ["payment_missing"])
    assert [event.type for event in hooks.events()].count("session.expired") == 2


def test_a_driver_who_paid_is_not_asked(world: World, time: SetClock) -> None:
    park(world, payment_method=None)  # the simulated driver authorises after half a minute
    pass_time(world, time, 900)
    assert post.kinds() == []


def test_what_the_lot_allows_later_changes_no_stay_that_runs(world: World, time: SetClock) -> None:
    facts = park(world)
    with database.transaction() as db:
        db.execute(update(Lot).where(Lot.id == world.lot.id).values(max_stay_hours=2))
    assert extend(world, facts, hours=20)["planned_end_at"] == "2026-11-23T18:30:00Z"
    assert remind_at(facts) == EVENING + timedelta(hours=23, minutes=45)


def test_a_quote_is_kept_though_the_lot_allows_less_meanwhile(world: World, time: SetClock) -> None:
    quote = quotes.create(world.caller, world.lot.id, Wish()).value.quote
    with database.transaction() as db:
        db.execute(update(Lot).where(Lot.id == world.lot.id).values(max_stay_hours=1))
    session = park(world, quote_id=quote.id).session
    assert session.latest_end_at == session.planned_end_at == EVENING + timedelta(hours=4)


def test_a_receipt_says_when_the_driver_is_written_to(world: World, time: SetClock, caller: Caller) -> None:
    facts, silent = park(world), park(world, "CO-2", email=None)

    def told(each: SessionFacts) -> datetime | None:
        return receipts.find(caller, each.session.receipt_token).reminder_at

    assert told(facts) == EVENING + timedelta(hours=3, minutes=45)
    assert told(silent) is None
    end(world, facts)
    assert told(facts) is None


@pytest.fixture
def caller(world: World) -> Caller:
    return world.caller


def test_what_falls_due_is_found_by_an_index_among_many_that_are_over(world: World, time: SetClock) -> None:
    make_sessions(world.lot, world.caller, 500, plate="SYN-{}")
    park(world)
    with database.transaction() as db:
        db.connection().exec_driver_sql("ANALYZE")
    with plans() as explained:
        due.due_now()
    assert "ix_sessions_" in explained[0]
    assert not re.search(r"Seq Scan on sessions|SCAN sessions$", explained[0], re.MULTILINE)
