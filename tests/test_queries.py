"""Queries read straight through the driver say what a session would say, of rows and of failures."""

import pytest
from sqlalchemy import bindparam, func, select, text
from sqlalchemy.exc import DBAPIError

from app import database, queries
from app.domain.errors import ServiceUnavailable
from app.models import Lot, Operator
from app.settings import Settings
from tests.databases import let_postgresql_give_up
from tests.factories import make_lot, make_operator
from tests.statements import statements_seen

pytestmark = pytest.mark.usefixtures("db", "time")

LOTS = Lot.__table__
BY_ID = select(LOTS).where(LOTS.c.id == bindparam("lot_id"))
OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
NAMES = select(Operator.__table__.c.name)


def names() -> list[str]:
    with queries.reading() as read:
        return [row.name for row in read(NAMES, {})]


def test_a_row_is_what_a_session_reads() -> None:
    lot = make_lot(amenities=["covered", "ev_charging"], max_height_cm=None)
    with queries.reading() as read:
        (row,) = read(BY_ID, {"lot_id": lot.id})
    with database.reading() as db:
        assert tuple(row) == tuple(db.execute(BY_ID, {"lot_id": lot.id}).one())


def test_what_was_committed_in_between_is_seen_by_the_next_reading() -> None:
    assert names() == []
    make_operator(name="Vail Parking")
    assert names() == ["Vail Parking"]


def test_one_query_is_one_statement_without_a_transaction_around_it() -> None:
    with statements_seen() as seen:
        names()
    assert [statement.split()[0] for statement in seen] == ["SELECT"]


def test_a_reading_counts_as_an_open_transaction() -> None:
    with queries.reading():
        assert database.in_transaction()
        with pytest.raises(RuntimeError, match="open already"), queries.reading():
            pass


def test_a_mistake_in_a_query_is_told_without_its_values() -> None:
    mistaken = select(text("nothing FROM nowhere WHERE plate = :plate")).params(plate="CO-7891")
    with pytest.raises(DBAPIError) as refused, queries.reading() as read:
        read(mistaken, {"plate": "CO-7891"})
    assert "7891" not in str(refused.value)


def test_a_database_that_is_away_is_reported_as_unavailable(settings: Settings) -> None:
    database.configure(Settings(database_url="postgresql://nobody@127.0.0.1:1/none", threads=2))
    with pytest.raises(ServiceUnavailable), queries.reading():
        pass
    database.configure(settings)


def test_a_connection_that_broke_is_not_lent_again() -> None:
    if database.engine().dialect.name == "sqlite":
        pytest.skip("SQLite has no connection that could break")
    with pytest.raises(ServiceUnavailable), queries.reading() as read:
        with database.engine().connect() as executioner:
            executioner.execute(OTHERS)
        read(NAMES, {})
    assert names() == []


def test_a_connection_that_is_closed_before_the_query_is_not_lent_again() -> None:
    with pytest.raises(ServiceUnavailable), database.driver_connection() as lent:
        lent.dbapi_connection.close()
        queries.Read(lent, database.engine())(NAMES, {})
    assert names() == []


def test_a_query_that_postgresql_gives_up_is_reported_as_unavailable() -> None:
    let_postgresql_give_up("40001")
    with pytest.raises(ServiceUnavailable) as refusal, queries.reading() as read:
        read(select(func.give_up()), {})
    assert refusal.value.headers == {"Retry-After": "1"}


def test_one_loss_is_enough_to_lend_no_connection_of_that_time_again() -> None:
    if database.engine().dialect.name == "sqlite":
        pytest.skip("SQLite has no connection that could break")
    several = [database.engine().connect() for _ in range(3)]
    for each in several:
        each.close()
    with database.engine().connect() as executioner:
        executioner.execute(OTHERS)
        with pytest.raises(ServiceUnavailable):
            names()
        lent = [database.engine().connect() for _ in several]
        assert [queries.execute(each, NAMES, {}) for each in lent] == [[], [], []]
        for each in lent:
            each.close()


def test_a_value_that_was_forgotten_is_a_mistake_and_never_a_null() -> None:
    with pytest.raises(KeyError, match="lot_id"), queries.reading() as read:
        read(BY_ID, {})
