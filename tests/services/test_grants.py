"""On PostgreSQL the application's role serves, and can do nothing to the audit log but add to it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DBAPIError

from app import database, migrations
from app.migrations import grants
from app.migrations.grants import GrantRefused
from app.services import audit_checkpoints, audit_seals, occupancy, sandboxes
from app.settings import Settings
from app.worker import sweeps
from tests.conftest import SetClock
from tests.databases import PostgresDatabases
from tests.factories import anyone
from tests.services.audited import TABLES, kinds, sealed_log, verify
from tests.services.parking import end, start
from tests.services.world import make_world

ROLE = "park_application"
REFUSAL = r"permission denied|must be owner"


@pytest.fixture
def database_url(postgres_databases: PostgresDatabases) -> Iterator[str]:
    """Give the test a PostgreSQL database only: SQLite has no roles."""
    url = postgres_databases.fresh()
    yield url
    postgres_databases.drop(url)


@pytest.fixture
def owner(services: None, time: SetClock) -> Engine:
    """Connect as the owner, who has granted the application its part."""
    engine = database.engine()
    with engine.begin() as connection:
        known = connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": ROLE})
        if known is None:
            connection.execute(text(f"CREATE ROLE {ROLE} LOGIN"))
    grants.grant(engine, ROLE)
    return engine


@pytest.fixture
def application(owner: Engine, settings: Settings) -> None:
    """Connect the process as the application's role."""
    url = make_url(settings.database_url).set(username=ROLE).render_as_string(hide_password=False)
    owner.dispose()
    database.configure(replace(settings, database_url=url))


@pytest.mark.usefixtures("application")
def test_the_role_serves_a_whole_evening(time: SetClock) -> None:
    world = make_world()
    end(world, start(world))
    assert sandboxes.create(anyone()).value.api_key
    assert audit_seals.seal_recent() > 0
    assert audit_checkpoints.sign() == 2
    time.move(hours=3)
    sweeps.run_due()
    assert sweeps.finish_operations() == 0
    assert occupancy.end_hours() > 0
    assert kinds() == []
    migrations.require_current(database.engine())


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET operator_id = operator_id",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "INSERT INTO {0} SELECT * FROM {0} ON CONFLICT ({1}) DO UPDATE SET operator_id = {0}.operator_id",
        "MERGE INTO {0} USING (SELECT 1 AS one) AS other ON true WHEN MATCHED THEN DELETE",
        "SELECT * FROM {} FOR UPDATE",
        "DROP TABLE {}",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "DROP TRIGGER {0}_no_change ON {0}",
        "CREATE TRIGGER mine BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION audit_log_refuse()",
        "CREATE RULE mine AS ON INSERT TO {} DO INSTEAD NOTHING",
        "SET session_replication_role = 'replica'",
        "CREATE OR REPLACE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
        "ALTER FUNCTION audit_log_refuse() RENAME TO something_else",
        "SET ROLE postgres",
    ],
)
@pytest.mark.usefixtures("application")
def test_the_role_is_refused_whatever_it_tries(table: str, statement: str) -> None:
    key = "id" if table == "audit_log" else "operator_id, number"
    with pytest.raises(DBAPIError, match=REFUSAL), database.transaction() as db:
        db.execute(text(statement.format(table, key)))


@pytest.mark.usefixtures("application")
def test_the_role_adds_to_the_ledger_and_can_do_nothing_else_to_it(time: SetClock) -> None:
    world = make_world()
    facts = start(world, payment_method="pm_card_visa")
    time.move(hours=1)
    end(world, facts)
    for statement in (
        "UPDATE ledger_entries SET amount_minor = amount_minor",
        "DELETE FROM ledger_entries",
        "TRUNCATE ledger_entries",
        "ALTER TABLE ledger_entries DISABLE TRIGGER ALL",
        "DROP TRIGGER ledger_entries_no_change ON ledger_entries",
        "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
    ):
        with pytest.raises(DBAPIError, match=REFUSAL), database.transaction() as db:
            db.execute(text(statement))
    with database.reading() as db:
        assert db.scalar(text("SELECT count(*) FROM ledger_entries WHERE account = 'operator'")) == 3


def test_the_owner_is_refused_too_unless_it_lifts_the_guards(owner: Engine) -> None:
    sealed_log()
    for table in TABLES:
        for statement in (
            f"UPDATE {table} SET operator_id = operator_id",
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
        ):
            with pytest.raises(DBAPIError, match="can only grow"), database.transaction() as db:
                db.execute(text(statement))


def test_a_role_that_could_help_itself_is_granted_nothing(owner: Engine) -> None:
    with pytest.raises(GrantRefused, match="There is no role nobody"):
        grants.grant(owner, "nobody")
    with owner.connect() as connection:
        myself = str(connection.scalar(text("SELECT current_user")))
    assert verify()[0].guards_can_be_lifted
    with pytest.raises(GrantRefused, match="grants hold it to nothing"):
        grants.grant(owner, myself)


@pytest.mark.usefixtures("application")
def test_the_role_does_not_own_the_audit_log() -> None:
    assert not verify()[0].guards_can_be_lifted
