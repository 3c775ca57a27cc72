"""A PostgreSQL server of our own, durable as in production, and databases copied from the kept SQLite one."""

import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from app import database, migrations
from app.models import Base

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # platformdirs, inside pgserver, says where it keeps its lock files
    import pgserver

TEMPLATE = "template_lots"

_numbers = count(1)


class Server:
    """A server with one filled database, of which every peer gets a copy."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    def fill(self, kept: Path) -> None:
        """Make the database to copy: migrated, and filled with all rows of the kept SQLite file."""
        self._execute(f"CREATE DATABASE {TEMPLATE}")
        url = self.url(TEMPLATE)
        engine = database.make_engine(url, connections=1)
        migrations.upgrade(engine)
        engine.dispose()
        with psycopg.connect(url, autocommit=True) as target, sqlite3.connect(kept) as source:
            with target.transaction():
                for table in Base.metadata.sorted_tables:
                    _copy(table.name, source, target)
            target.execute("VACUUM ANALYZE")

    def fresh(self) -> str:
        """Return the URL of a new copy."""
        name = f"lots_{next(_numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        self._execute("CHECKPOINT")
        return self.url(name)

    def url(self, name: str) -> str:
        """Return the URL of a database of this server."""
        return self._uri.replace("/postgres?", f"/{name}?")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running(kept: Path) -> Iterator[Server]:
    """Run a server with fsync and synchronous_commit on; it lives outside the checkout, whose modes it would
    change.
    """
    folder = Path(tempfile.mkdtemp(prefix="parkgraph-bench-"))
    process = pgserver.get_server(folder, cleanup_mode="delete")
    try:
        server = Server(process.get_uri())
        server.fill(kept)
        yield server
    finally:
        process.cleanup()


def _copy(table: str, source: sqlite3.Connection, target: psycopg.Connection[tuple[object, ...]]) -> None:
    """Copy a table as text: both databases write ids, numbers and JSON so that the other reads them."""
    rows = source.execute(f"SELECT * FROM {table}")
    columns = [sql.Identifier(column[0]) for column in rows.description]
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), sql.SQL(", ").join(columns))
    with target.cursor() as cursor, cursor.copy(into) as copy:
        for row in rows:
            copy.write_row(row)
