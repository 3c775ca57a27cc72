"""The engine, and a session for each request."""

import os
import sqlite3
from collections.abc import Iterator

from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "recursive_triggers=ON",
    "busy_timeout=10000",
    "mmap_size=268435456",
)

_url = make_url(os.environ["BENCH_DATABASE_URL"])
if _url.drivername == "postgresql":
    _url = _url.set(drivername="postgresql+psycopg")
engine = create_engine(_url, pool_size=20, max_overflow=20)
SessionLocal = sessionmaker(engine, expire_on_commit=False)


if engine.dialect.name == "sqlite":
    # SQLAlchemy's own recipe for transactions on SQLite, with BEGIN IMMEDIATE for those that write.
    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db
