"""What a use case asks of the database, counted in statements and transactions: no clock is read here."""

import pytest
from sqlalchemy import event

from app import database, queries
from app.domain.idempotency import Once
from app.services import sessions
from tests.services.parking import order
from tests.services.world import World, make_world
from tests.statements import statements_seen

WRITINGS = 2
STATEMENTS = 16
"""Of a session's start under an idempotency key, without the transactions' own words; one asks a sandbox's
clock, which a live project has not; and one writes the event that tells others of it, which has to stand or
fall with the session."""


@pytest.fixture
def world(services: None, time: object) -> World:
    return make_world()


def start(world: World, plate: str) -> None:
    sessions.start(world.caller, order(world, plate), Once(key=plate, fingerprint="f" * 64))


def test_a_session_is_started_in_two_writing_transactions_and_sixteen_statements(world: World) -> None:
    start(world, "FIRST")  # reads the tariff, which is remembered from then on
    commits: list[object] = []
    event.listen(database.engine(), "commit", commits.append)
    with statements_seen() as seen:
        start(world, "SECOND")
    assert len(commits) == WRITINGS
    # SQLite tells of a statement again when it fires a trigger.
    told = set(seen) if database.engine().dialect.name == "sqlite" else seen
    words = [statement.split(maxsplit=1)[0] for statement in told]
    assert len([word for word in words if word in ("SELECT", "INSERT", "UPDATE")]) == STATEMENTS


def test_the_statements_of_a_session_s_start_are_compiled_once(world: World) -> None:
    start(world, "FIRST")
    before = queries._compiled.cache_info().misses
    for number in range(5):
        start(world, f"NEXT {number}")
    assert queries._compiled.cache_info().misses == before
