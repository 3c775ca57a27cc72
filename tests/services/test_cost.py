"""What a use case asks of the database, counted in statements and transactions: no clock is read here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from app import database
from app.domain.idempotency import Once
from app.services import sessions
from tests.services.parking import order
from tests.services.world import World, make_world

READINGS, WRITINGS = 2, 2
STATEMENTS = 16
"""Of a session's start under an idempotency key, without the transactions' own words."""


@pytest.fixture
def world(services: None, time: object) -> World:
    return make_world()


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the first word of every statement."""
    words: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        words.append(statement.split(maxsplit=1)[0])

    engine = database.engine()
    ends = {"commit": lambda _: words.append("COMMIT"), "rollback": lambda _: words.append("ROLLBACK")}
    event.listen(engine, "before_cursor_execute", note)
    for name, end in ends.items():
        event.listen(engine, name, end)
    try:
        yield words
    finally:
        event.remove(engine, "before_cursor_execute", note)
        for name, end in ends.items():
            event.remove(engine, name, end)


def start(world: World, plate: str) -> None:
    sessions.start(world.caller, order(world, plate), Once(key=plate, fingerprint="f" * 64))


def test_a_session_is_started_in_four_transactions_and_sixteen_statements(world: World) -> None:
    start(world, "FIRST")  # reads the tariff, which is remembered from then on
    with counted() as words:
        start(world, "SECOND")
    assert words.count("COMMIT") == WRITINGS
    assert words.count("ROLLBACK") <= READINGS
    assert len([word for word in words if word in ("SELECT", "INSERT", "UPDATE")]) <= STATEMENTS


def test_the_statements_of_a_session_s_start_are_built_once(world: World) -> None:
    start(world, "FIRST")
    cache = database.engine()._compiled_cache
    assert cache is not None
    before = len(cache)
    for number in range(5):
        start(world, f"NEXT {number}")
    assert len(cache) == before
