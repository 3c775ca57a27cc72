"""Fresh databases for tests: migrated once, copied for each test that writes."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pgserver
import pytest
from sqlalchemy import Engine, create_engine, text

from app import database, migrations

MEMORY = Path("/dev/shm")
ROOM_IN_MEMORY = 4 << 30

_numbers = count(1)
_first: dict[str, Engine] = {}
"""Of each kind, the engine whose compiled statements all others know."""


class SqliteDatabases:
    """A migrated file, copied."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "template.sqlite3"
        _migrate(f"sqlite:///{self.template}")

    def fresh(self) -> str:
        """Return the URL of a new empty database."""
        copy = self.folder / f"{next(_numbers)}.sqlite3"
        shutil.copy(self.template, copy)
        return f"sqlite:///{copy}"

    def drop(self, url: str) -> None:
        """Delete a database that its test is done with."""
        Path(url.removeprefix("sqlite:///")).unlink(missing_ok=True)


class PostgresDatabases:
    """A migrated template database, copied by the server itself."""

    def __init__(self, uri: str) -> None:
        self.uri = uri.replace("postgresql:", "postgresql+psycopg:")
        self.admin = create_engine(self.uri, isolation_level="AUTOCOMMIT")
        self._execute("CREATE DATABASE template_park")
        _migrate(self._named("template_park"))

    def fresh(self, *, template: str = "template_park") -> str:
        """Return the URL of a new empty database."""
        name = f"park_{next(_numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._named(name)

    def bare(self) -> str:
        """Return the URL of a new database that nobody has migrated."""
        return self.fresh(template="template0")

    def drop(self, url: str) -> None:
        """Delete a database that its test is done with: hundreds of them would slow the server's end."""
        name = url.rpartition("?")[0].rpartition("/")[2]
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _named(self, name: str) -> str:
        return self.uri.replace("/postgres?", f"/{name}?")

    def _execute(self, statement: str) -> None:
        with self.admin.connect() as connection:
            connection.exec_driver_sql(statement)


def _migrate(url: str) -> None:
    engine = database.make_engine(url, connections=1)
    migrations.upgrade(engine)
    engine.dispose()


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[PostgresDatabases]:
    """Run a PostgreSQL server of our own; it lives outside the checkout, whose modes it would change.

    Only one that is `durable` waits for the disk, as in production; others are kept in memory where they fit.
    """
    folder = Path(tempfile.mkdtemp(prefix="parkgraph-postgres-", dir=None if durable else _memory()))
    server = pgserver.get_server(folder, cleanup_mode="delete")
    if not durable:
        server.psql("ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET synchronous_commit = off;")
        server.psql("SELECT pg_reload_conf();")
    databases = PostgresDatabases(server.get_uri())
    try:
        yield databases
    finally:
        databases.admin.dispose()
        server.cleanup()


def _memory() -> Path | None:
    """Return a folder in memory, where copying a database costs next to nothing; None without room."""
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM_IN_MEMORY
    return MEMORY if has_room else None


def well_read(engine: Engine) -> Engine:
    """Let a new engine know what this process has compiled for others of its kind, and return it.

    SQLAlchemy remembers statements by engine and dialect; with a new database for each test, compiling the
    same ones again took a third of what tests of services cost.
    """
    name = engine.dialect.name
    if name not in _first:
        engine.connect().close()  # a dialect learns of its server at the first connection
        _first[name] = engine
    engine.dialect = engine.pool._dialect = _first[name].dialect
    engine._compiled_cache = _first[name]._compiled_cache
    return engine


def let_postgresql_give_up(state: str) -> None:
    """Make the SQL function `give_up()` fail as deadlocks or failed serializations do; skip on SQLite."""
    if database.engine().dialect.name == "sqlite":
        pytest.skip("SQLite lets one writer in at a time, so it never gives up one for another")
    failure = f"RAISE EXCEPTION 'given up' USING ERRCODE = '{state}'"
    function = f"CREATE FUNCTION give_up() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN {failure}; END $$"
    with database.transaction() as db:
        db.execute(text(function))
