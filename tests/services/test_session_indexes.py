"""Lists of sessions read their own part of an index, however many sessions there are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, text

from app import database
from app.domain import ids
from app.domain.callers import Caller
from app.models import Lot, ParkingSession, Person
from app.services import session_lists
from app.services.timelines import Window
from tests.conftest import EVENING, SetClock
from tests.factories import caller_of, make_lot, make_operator, make_project

SESSIONS, PLATES, OPERATORS = 4_000, 400, 5


@pytest.fixture
def town(services: None, time: SetClock) -> tuple[Caller, Lot]:
    """Fill the tables with synthetic sessions of several operators, and return one's caller and lot."""
    operators = [make_operator() for _ in range(OPERATORS)]
    callers = [caller_of(make_project(operator=operator, kind="live")) for operator in operators]
    lots = [make_lot(operator=operator) for operator in operators]
    persons = [person(lots[number % OPERATORS], number) for number in range(PLATES)]
    sessions = [
        session(number, persons[number % PLATES], lots[number % OPERATORS], callers[number % 5])
        for number in range(SESSIONS)
    ]
    with database.transaction() as db:
        db.execute(insert(Person), persons)
        db.execute(insert(ParkingSession), sessions)
    if database.engine().dialect.name == "postgresql":  # which looks by itself, while SQLite waits to be told
        with database.engine().connect() as connection:
            connection.execute(text("ANALYZE"))
            connection.commit()
    return callers[0], lots[0]


def person(lot: Lot, number: int) -> dict[str, Any]:
    plate = f"SYN{number // OPERATORS}"
    return {
        "id": ids.uuid7(),
        "operator_id": lot.operator_id,
        "kind": "plate",
        "normalised": plate,
        "shown": plate,
        "created_at": EVENING,
    }


def session(number: int, parked: dict[str, Any], lot: Lot, caller: Caller) -> dict[str, Any]:
    assert caller.project is not None
    at = EVENING + timedelta(seconds=number)
    return {
        "id": ids.uuid7(),
        "session_code": "sess_abc123",
        "receipt_token": str(number),
        "project_id": caller.project.id,
        "operator_id": lot.operator_id,
        "lot_id": lot.id,
        "plate_id": parked["id"],
        "tariff_id": lot.tariff_id,
        "status": "completed" if number % 100 else "expired",
        "payment_status": "captured",
        "currency": "USD",
        "details": {},
        "started_at": at,
        "planned_end_at": at,
        "latest_end_at": at,
    }


@contextmanager
def plans() -> Iterator[list[str]]:
    """Explain every look at the sessions that the block takes."""
    explained: list[str] = []
    prefix = "EXPLAIN QUERY PLAN " if database.engine().dialect.name == "sqlite" else "EXPLAIN "

    def explain(connection: Connection, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "FROM sessions" in statement and not statement.startswith("EXPLAIN"):
            cursor.execute(prefix + statement, parameters)
            explained.append("\n".join(str(row[-1]) for row in cursor.fetchall()))

    event.listen(database.engine(), "before_cursor_execute", explain)
    try:
        yield explained
    finally:
        event.remove(database.engine(), "before_cursor_execute", explain)


LISTS: dict[str, tuple[Callable[[Caller, Lot], object], list[set[str]]]] = {
    "all": (
        lambda caller, _: session_lists.page(caller, Window(limit=20)),
        [{"ix_sessions_project_id_started_at_id"}, {"ix_sessions_operator_id_started_at_id"}],
    ),
    "a window": (
        lambda caller, _: session_lists.page(caller, Window(limit=20, before=EVENING + timedelta(minutes=9))),
        [{"ix_sessions_project_id_started_at_id"}, {"ix_sessions_operator_id_started_at_id"}],
    ),
    "a lot": (
        lambda caller, lot: session_lists.page(caller, Window(limit=20), lot_id=lot.id),
        [
            {"ix_sessions_lot_id_started_at_id", "ix_sessions_project_id_started_at_id"},
            {"ix_sessions_lot_id_started_at_id"},
        ],
    ),
    "who is parked": (
        lambda caller, _: session_lists.page(caller, Window(limit=20), status="active"),
        [{"ix_sessions_running_project_id"}, {"ix_sessions_running_operator_id"}],
    ),
    "a plate": (
        lambda caller, _: session_lists.search(caller, "SYN-7", Window(limit=20)),
        [{"ix_sessions_plate_id_started_at"}, {"ix_sessions_plate_id_started_at"}],
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_read_from_an_index_of_its_own(town: tuple[Caller, Lot], name: str) -> None:
    look, expected = LISTS[name]
    with plans() as explained:
        look(*town)
    assert len(explained) == len(expected)
    for plan, indexes in zip(explained, expected, strict=True):
        assert any(index in plan for index in indexes), plan
        assert "SCAN sessions" not in plan, plan
        assert "Seq Scan on sessions" not in plan, plan
