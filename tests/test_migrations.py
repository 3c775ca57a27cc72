"""Migrations: from nothing to the models' shape, on both databases."""

from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import DateTime, Numeric, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from app import database, migrations
from app.domain import clock
from app.models import Base, ParkingSession
from app.models.base import microseconds
from tests.conftest import EVENING
from tests.factories import caller_of, make_lot, make_project
from tests.services.session_rows import make_sessions

pytestmark = pytest.mark.usefixtures("db")

ENTRY = (
    "INSERT {} INTO audit_log (id, at, operator_id, actor_type, action, diff) "
    "VALUES ('00000000000000000000000000000001', 1, '00000000000000000000000000000002', 'worker', '{}', "
    "'{{}}')"
)


def test_the_migrated_database_has_exactly_the_shape_of_the_models() -> None:
    with database.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_twice_changes_nothing() -> None:
    migrations.upgrade(database.engine())
    assert migrations.current(database.engine()) == migrations.head()


def test_a_database_of_a_newer_version_is_refused_in_one_sentence() -> None:
    with database.transaction() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(migrations.NewerDatabase, match="newer version of Park Graph"):
        migrations.upgrade(database.engine())
    with pytest.raises(migrations.NewerDatabase):
        migrations.require_current(database.engine())


def test_a_database_that_was_not_migrated_yet_is_refused_with_the_command_that_helps() -> None:
    migrations.require_current(database.engine())
    with database.transaction() as db:
        db.execute(text("DELETE FROM alembic_version"))
    with pytest.raises(migrations.OlderDatabase, match="parkgraph migrate"):
        migrations.require_current(database.engine())


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log", "replace"],
)
def test_the_database_refuses_to_change_the_audit_log(statement: str) -> None:
    dialect = database.engine().dialect.name
    if dialect == "sqlite" and statement.startswith("TRUNCATE"):
        statement = "DELETE FROM audit_log WHERE 1 = 1"
    if statement == "replace":
        on_sqlite = dialect == "sqlite"
        statement = ENTRY.format("OR REPLACE", "forged") if on_sqlite else "UPDATE audit_log SET at = 2"
    with database.transaction() as db:
        db.execute(text(ENTRY.format("", "session.create")))
    with pytest.raises(DBAPIError, match="the audit log can only grow"), database.transaction() as db:
        db.execute(text(statement))
    with database.reading() as db:
        assert db.execute(text("SELECT action FROM audit_log")).scalars().all() == ["session.create"]


def test_no_column_is_a_bare_time_or_a_float_of_money() -> None:
    types = [column.type for table in Base.metadata.tables.values() for column in table.columns]
    assert not [kind for kind in types if isinstance(kind, DateTime)]
    assert not [kind for kind in types if type(kind) is Numeric]


def test_stays_of_before_keep_the_longest_of_their_lot_and_are_reminded_of_ends_to_come() -> None:
    lot = make_lot(max_stay_hours=6)
    by = caller_of(make_project(kind="live"))
    over, running, planned_longer = (
        make_sessions(lot, by, 1, plate=plate, status=status, started_at=at)[0]
        for plate, status, at in (
            ("A", "completed", EVENING),
            ("B", "active", clock.now()),
            ("C", "active", clock.now()),
        )
    )
    longer = {"planned_end_at": clock.now() + timedelta(hours=8)}
    migration = ScriptDirectory.from_config(migrations._config()).get_revision("0008").module
    with database.transaction() as db:
        db.execute(update(ParkingSession).values(latest_end_at=0))
        db.execute(update(ParkingSession).where(ParkingSession.id == planned_longer).values(**longer))
        db.execute(text(migration.LATEST_END))
        db.execute(text(migration.REMIND), {"now": microseconds(clock.now())})
        rows = {row.id: row for row in db.scalars(select(ParkingSession))}
    assert rows[over].latest_end_at - rows[over].started_at == timedelta(hours=6)
    assert rows[running].latest_end_at - rows[running].started_at == timedelta(hours=6)
    assert rows[planned_longer].latest_end_at == rows[planned_longer].planned_end_at
    assert rows[over].remind_at is None
    assert rows[running].planned_end_at - rows[running].remind_at == timedelta(minutes=15)


def test_the_search_index_stands_on_both_databases() -> None:
    indexes = {index["name"] for index in inspect(database.engine()).get_indexes("lots")}
    assert {"ix_lots_position", "uq_lots_external_id"} <= indexes
