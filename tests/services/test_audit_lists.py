"""The audit log as operators read it: theirs alone, in pages, by what they look for."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app import database
from app.domain.callers import Caller
from app.domain.errors import NotFound
from app.models import AuditEntry, Lot
from app.presenters.pages import Page
from app.services import audit, audit_lists
from app.services.audit_lists import Filters
from app.services.timelines import Window
from tests.conftest import EVENING, SetClock
from tests.factories import caller_of, make_lot, make_operator, make_project
from tests.services.parking import end, pass_time, start
from tests.services.world import World, make_world

ALL = Filters()


@pytest.fixture
def caller(db: None, time: SetClock) -> Caller:
    return caller_of(make_project(kind="live"))


def operator_of(caller: Caller) -> UUID:
    assert caller.project is not None
    return caller.project.operator_id


def project_of(caller: Caller) -> UUID:
    assert caller.project is not None
    return caller.project.id


def by_nobodys_project(caller: Caller) -> Caller:
    """Return who acts for no project, as the worker does."""
    return caller._replace(project=None)


def write(caller: Caller, action: str = "lot.update", lot: Lot | None = None, **facts: object) -> None:
    """Write an entry of the caller's operator."""
    operator = facts.get("operator_id") or operator_of(caller)
    with database.transaction() as db:
        facts = {"operator_id": operator, "lot_id": lot and lot.id} | facts
        audit.append(db, caller, action, **facts)  # type: ignore[arg-type] # test sugar


def actions(page: Page[AuditEntry]) -> list[str]:
    return [entry.action for entry in page.entries]


def read(caller: Caller, filters: Filters = ALL, **window: object) -> list[str]:
    return actions(audit_lists.page(caller, Window(**{"limit": 20, **window}), filters))  # type: ignore[arg-type] # test sugar


def test_the_log_is_read_newest_first_and_in_pages(caller: Caller, time: SetClock) -> None:
    for action in ("a.one", "a.two", "a.three"):
        write(caller, action)
        time.move(seconds=1)
    first = audit_lists.page(caller, Window(limit=2), ALL)
    write(caller, "a.four")
    window = Window.read(limit=2, after=None, before=None, cursor=first.next_cursor)
    last = audit_lists.page(caller, window, ALL)
    assert (actions(first), actions(last)) == (["a.three", "a.two"], ["a.one"])
    assert last.next_cursor is None


def test_an_entry_about_two_operators_stands_in_both_logs_and_in_no_third(caller: Caller) -> None:
    other, third = (caller_of(make_project(kind="live")) for _ in range(2))
    write(caller, "session.create", other_operator_id=operator_of(other))
    assert read(caller) == read(other) == ["session.create"]
    assert read(third) == []


def test_entries_are_picked_by_lot_action_and_kind_of_actor(caller: Caller) -> None:
    lot = make_lot()
    write(caller, "lot.update", lot)
    write(caller, "rates.set", lot)
    write(caller, "key.create")
    assert read(caller, Filters(lot_id=lot.id)) == ["rates.set", "lot.update"]
    assert read(caller, Filters(lot_id=lot.id, action="rates.set")) == ["rates.set"]
    assert len(read(caller, Filters(actor_type="api_key"))) == 3
    assert read(caller, Filters(actor_type="worker")) == []


def test_windows_of_time_tile(caller: Caller, time: SetClock) -> None:
    for action in ("a.one", "a.two"):
        write(caller, action)
        time.move(minutes=1)
    middle = EVENING + timedelta(minutes=1)
    assert read(caller, before=middle) == ["a.one"]
    assert read(caller, after=middle) == ["a.two"]


def test_a_sandbox_key_reads_what_was_done_in_its_own_world(services: None, time: SetClock) -> None:
    world: World = make_world()
    facts = start(world)
    pass_time(world, time, 60)
    end(world, facts)
    live = caller_of(make_project(kind="live"))
    write(live, "lot.update", operator_id=world.project.operator_id)
    assert read(world.caller) == ["session.end", "payment.authorized", "session.create"]
    [authorized] = audit_lists.page(world.caller, Window(limit=20), Filters(actor_type="worker")).entries
    assert authorized.project_id is None


def test_a_live_key_reads_of_a_sandbox_of_its_operator_only_where_it_names_it(caller: Caller) -> None:
    operator = make_operator()
    live, own_sandbox, another = (
        make_project(kind=kind, operator=operator) for kind in ("live", "sandbox", "sandbox")
    )
    mine = caller_of(live)
    write(mine, "lot.update", make_lot(project=live))
    write(mine, "project.create", subject=("project", own_sandbox.id))
    write(caller_of(own_sandbox), "search_parking")
    write(by_nobodys_project(mine), "session.expire", make_lot(project=own_sandbox), operator_id=operator.id)
    write(caller_of(another), "lot.delete")
    write(by_nobodys_project(mine), "key.create", operator_id=operator.id)
    assert read(mine) == ["key.create", "lot.update"]
    named = Filters(project_id=own_sandbox.id)
    assert read(mine, named) == ["session.expire", "search_parking", "project.create"]
    assert read(caller_of(another), named) == []


def test_entries_are_picked_by_the_project_that_wrote_them(caller: Caller) -> None:
    operator = make_operator()
    one, other = (caller_of(make_project(kind="live", operator=operator)) for _ in range(2))
    write(one, "a.one")
    write(other, "a.two")
    write(caller, "a.stranger", other_operator_id=operator.id)
    assert read(one) == ["a.stranger", "a.two", "a.one"]
    assert read(one, Filters(project_id=project_of(other))) == ["a.two"]
    assert read(one, Filters(project_id=project_of(caller))) == ["a.stranger"]
    assert read(caller, Filters(project_id=project_of(one))) == []


def test_a_lots_log_is_exported_after_the_lot_was_deleted(caller: Caller) -> None:
    project = make_project(kind="live", operator=make_operator())
    mine = caller_of(project)
    lot, other = make_lot(project=project, deleted_at=EVENING), make_lot(project=project)
    write(mine, "lot.delete", lot)
    write(mine, "lot.update", other)
    assert actions(audit_lists.export(mine, lot.id, Window(limit=20))) == ["lot.delete"]


def test_a_lot_of_another_operator_or_of_another_world_is_not_found(caller: Caller) -> None:
    operator = make_operator()
    live = caller_of(make_project(kind="live", operator=operator))
    own_sandbox = make_project(kind="sandbox", operator=operator)
    for lot_id in (make_lot().id, make_lot(project=own_sandbox).id, uuid4()):
        with pytest.raises(NotFound):
            audit_lists.export(live, lot_id, Window(limit=20))
