"""What an operator is owed is added up from an index alone, however long its account is."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, text

from app import database
from app.domain import bookmarks
from app.domain.ids import uuid7
from app.domain.ledger import Posting
from app.domain.money import Money
from app.models import LedgerEntry
from app.presenters.sessions import SessionFacts
from app.services import ledger_lists
from app.services.ledger_lists import Filters
from app.services.timelines import Window
from tests.conftest import EVENING, SetClock
from tests.factories import make_operator
from tests.services.parking import start
from tests.services.world import World, make_world
from tests.statements import plans_seen, statements_seen

OPERATORS, POSTINGS = 5, 4_000
NO_FILTERS = Filters()


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    """Post a dollar a second, to five operators in turn, and let the database look at what it has."""
    world = make_world()
    facts = start(world, payment_method="pm_card_visa")
    operators = [world.project.operator_id, *(make_operator().id for _ in range(OPERATORS - 1))]
    entries = [
        entry
        for number in range(POSTINGS)
        for entry in posting(world, facts, number, operators[number % OPERATORS])
    ]
    with database.transaction() as db:
        db.execute(insert(LedgerEntry), entries)
    if database.engine().dialect.name == "postgresql":
        with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CHECKPOINT"))  # until then nothing counts as seen by everybody
            connection.execute(text("VACUUM ANALYZE ledger_entries"))
    return world


def posting(world: World, facts: SessionFacts, number: int, operator_id: UUID) -> list[Mapping[str, Any]]:
    of_one = {
        "posting_id": uuid7(),
        "operator_id": operator_id,
        "world_id": world.project.id,
        "project_id": world.project.id,
        "session_id": facts.session.id,
        "hold_id": facts.holds[0].id,
        "kind": "charge",
        "created_at": EVENING + timedelta(seconds=number),
    }
    entries = Posting("charge", Money(100, "USD")).entries
    return [
        {
            **of_one,
            "id": uuid7(),
            "account": account,
            "amount_minor": gained.minor,
            "currency": gained.currency,
        }
        for account, gained in entries
    ]


@pytest.mark.parametrize(
    ("window", "owed"),
    [
        (Window(limit=20), 800_00),
        (Window(limit=20, before=EVENING + timedelta(seconds=POSTINGS // 2)), 400_00),
    ],
)
def test_a_balance_is_read_from_an_index_alone(world: World, window: Window, owed: int) -> None:
    with plans_seen() as steps:
        statement = ledger_lists.read(world.caller, window, NO_FILTERS)
    assert statement.balances == [Money(owed, "USD")]
    told = "\n".join(steps)
    on_sqlite = database.engine().dialect.name == "sqlite"
    way = "USING COVERING INDEX" if on_sqlite else "Index Only Scan using"
    assert f"{way} ix_ledger_entries_balance" in told, told
    assert "ix_ledger_entries_statement" in told, told


def test_whoever_reads_on_adds_nothing_up(world: World) -> None:
    first = ledger_lists.read(world.caller, Window(limit=20), NO_FILTERS)
    assert first.page.next_cursor is not None
    window = Window(limit=20, bookmark=bookmarks.read(first.page.next_cursor))
    with statements_seen() as statements:
        rest = ledger_lists.read(world.caller, window, NO_FILTERS)
    assert (len(rest.page.entries), rest.balances) == (20, None)
    assert [statement for statement in statements if "sum(" in statement] == []
