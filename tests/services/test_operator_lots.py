"""An operator changes the lots that it runs in its own world, and no others."""

import pytest

from app import database
from app.domain.callers import Caller
from app.domain.errors import NotFound, Unauthorized
from app.domain.ids import uuid7
from app.models import Lot
from app.services import operator_lots
from tests.conftest import SetClock
from tests.factories import anyone, caller_of, make_lot, make_operator, make_project

pytestmark = pytest.mark.usefixtures("db", "time")


def may_change(caller: Caller, lot: Lot) -> bool:
    found = []
    for look in (operator_lots.for_change, operator_lots.for_report, operator_lots.get):
        with database.transaction() as db:
            try:
                found.append(look(db, caller, lot.id).id == lot.id)
            except NotFound:
                found.append(False)
    assert len(set(found)) == 1
    return found[0]


def test_a_live_project_changes_its_operators_live_lots() -> None:
    operator = make_operator()
    one, other = (make_project(operator=operator, kind="live") for _ in range(2))
    lot = make_lot(project=one)
    assert may_change(caller_of(one), lot)
    assert may_change(caller_of(other), lot)
    assert not may_change(caller_of(make_project(kind="live")), lot)


def test_a_sandbox_project_changes_the_lots_of_its_own_world_only() -> None:
    operator = make_operator()
    sandbox, another = (make_project(operator=operator) for _ in range(2))
    live = make_project(operator=operator, kind="live")
    lot, live_lot = make_lot(project=sandbox), make_lot(project=live)
    assert may_change(caller_of(sandbox), lot)
    assert not may_change(caller_of(another), lot)
    assert not may_change(caller_of(live), lot)
    assert not may_change(caller_of(sandbox), live_lot)


def test_a_deleted_lot_and_an_unknown_one_cannot_be_changed(time: SetClock) -> None:
    project = make_project()
    assert not may_change(caller_of(project), make_lot(project=project, deleted_at=time.at))
    with pytest.raises(NotFound), database.transaction() as db:
        operator_lots.for_change(db, caller_of(project), uuid7())


def test_nobody_known_changes_nothing() -> None:
    lot = make_lot()
    with pytest.raises(Unauthorized), database.transaction() as db:
        operator_lots.for_change(db, anyone(), lot.id)
