"""The way to the database: one engine, reading and writing transactions, SQLite and PostgreSQL alike."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar, Token
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import orjson
from sqlalchemy import Connection, Dialect, Engine, PoolProxiedConnection, create_engine, event, make_url
from sqlalchemy.dialects import postgresql as postgresql_sql
from sqlalchemy.dialects import sqlite as sqlite_sql
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from app.domain.errors import GivenUp, ServiceUnavailable
from app.settings import Settings

if TYPE_CHECKING:
    import psycopg

P = ParamSpec("P")
T = TypeVar("T")

WRITE_LOCK_SECONDS = 10.0
POOL_WAIT_SECONDS = 5.0
RETRIES = 3
PREPARED_AFTER = 5
"""Times that a connection to PostgreSQL executes a statement before it has it prepared."""
BESIDE_REQUESTS = 5
"""Connections for what a server does beside requests: looking keys up, taking files, writing traces."""
FOR_THE_WORKER = 12
"""Connections for the threads of the worker, one each: for sweeps, events, mails, comparing and verifying."""

_SOON = {"Retry-After": "1"}
_RETRIED_STATES = {"40001", "40P01"}  # serialization failure, deadlock: PostgreSQL asks to try again
_SIGNS_OF_ABSENCE = ("connection", "database is locked", "unable to open", "disk i/o error", "starting up")
_MAPPED = 256 * 1024 * 1024
"""Bytes of a file of SQLite that are read as memory: every write empties the connections' own caches."""
_SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "recursive_triggers=ON",  # else INSERT OR REPLACE walks past the trigger that guards the audit log
    "busy_timeout=10000",
    f"mmap_size={_MAPPED}",
)


INSERTS: Mapping[str, Callable[..., sqlite_sql.Insert | postgresql_sql.Insert]] = {
    "sqlite": sqlite_sql.insert,
    "postgresql": postgresql_sql.insert,
}
"""How an INSERT that may say `on_conflict_do_nothing` begins, by the database's dialect."""

_engine: Engine | None = None
_open: ContextVar[bool] = ContextVar("transaction_open", default=False)
# SQLite takes one writer at a time: waiting for it here is fair and cheap, waiting inside SQLite is neither.
_write_lock = threading.Lock()


def configure(settings: Settings) -> Engine:
    """Connect this process to its database; a later call replaces the engine."""
    global _engine  # noqa: PLW0603 -- the process has one database
    if _engine is not None:
        _engine.dispose()
    connections = settings.threads + BESIDE_REQUESTS + (FOR_THE_WORKER if settings.embedded_worker else 0)
    _engine = make_engine(settings.database_url, connections=connections)
    return _engine


def make_engine(url: str, *, connections: int) -> Engine:
    """Make an engine for SQLite or PostgreSQL (psycopg 3) that opens at most so many connections."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite_engine(url, connections=connections)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(
        parsed,
        json_deserializer=orjson.loads,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_use_lifo=True,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",  # transactions are begun by _begin_postgresql, never implicitly
        connect_args={"prepare_threshold": None, "connect_timeout": 3},
    )
    event.listen(engine, "connect", _prepare_postgresql)
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _prepare_postgresql(connection: "psycopg.Connection[Any]", _: ConnectionPoolEntry) -> None:
    """Let the server plan what is asked often once, unless a pooler stands in between.

    pgbouncer and its like hand one process of the server to many clients, where prepared statements would
    mix; so what they tell at the login is another process than the one that answers.
    """
    answering = connection.execute("SELECT pg_backend_pid()").fetchone()
    if answering == (connection.info.backend_pid,):
        connection.prepare_threshold = PREPARED_AFTER


def _begin_postgresql(connection: Connection) -> None:
    # Reading needs no transaction: each statement sees what is committed when it begins, inside and outside.
    options = connection.get_execution_options()
    if not options.get("read") and "isolation_level" not in options:
        connection.exec_driver_sql("BEGIN")


def _sqlite_engine(url: str, *, connections: int) -> Engine:
    engine = create_engine(
        url,
        json_deserializer=orjson.loads,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_use_lifo=True,  # what SQLite remembers of pages and statements belongs to a connection
        hide_parameters=True,  # else an exception that is logged quotes plates, addresses and links
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, never implicitly
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns to writing fails at once when another writer was faster.
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def engine() -> Engine:
    """Return the process's engine."""
    if _engine is None:
        raise RuntimeError("database.configure() was not called.")
    return _engine


def in_transaction() -> bool:
    """Tell whether this thread of work has a transaction open."""
    return _open.get()


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a writing transaction: commit at the end, roll back on an exception; never inside another."""
    with _alone(), _writer(engine()), _told_of_absence(), _begun() as lent, _session(lent) as session:
        yield session
        session.flush()


@contextmanager
def reading() -> Iterator[Session]:
    """Open a session that only reads."""
    with _alone(), _told_of_absence(), _reader(engine()).connect() as lent, _session(lent) as session:
        yield session


@contextmanager
def driver_connection() -> Iterator[PoolProxiedConnection]:
    """Lend a connection of the driver that only reads, to whoever leaves nothing for SQLAlchemy to do."""
    # One function instead of four that are nested: to enter and leave them took as long as a row.
    token = _opened()
    try:
        lent = _lent(engine())
        try:
            yield lent
        finally:
            lent.close()
    except (DBAPIError, PoolTimeout) as error:
        if (told := _told(error)) is not None:
            raise told from error
        raise
    finally:
        _open.reset(token)


def connection_of(session: Session) -> Connection:
    """Return the connection of a session that was opened here, for statements that need no unit of work."""
    return cast(Connection, session.bind)


def _begun() -> AbstractContextManager[Connection]:
    return _writing(engine()).begin()


@lru_cache(maxsize=1)
def _writing(bound: Engine) -> Engine:
    return bound.execution_options(write=True)


def _lent(bound: Engine) -> PoolProxiedConnection:
    try:
        return bound.raw_connection()
    except bound.dialect.loaded_dbapi.Error as error:
        raise in_our_words(error, bound.dialect) from error


def in_our_words(error: Any, dialect: Dialect, *, sql: str | None = None, lost: bool = False) -> Exception:
    """Say what the driver says as SQLAlchemy would, without values; `lost`: the connection broke with it."""
    said: Exception = DBAPIError.instance(
        sql,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=dialect,
    )
    return said


@lru_cache(maxsize=1)
def _reader(bound: Engine) -> Engine:
    return bound.execution_options(read=True)


@contextmanager
def _alone() -> Iterator[None]:
    token = _opened()
    try:
        yield
    finally:
        _open.reset(token)


def _opened() -> Token[bool]:
    if _open.get():
        raise RuntimeError("A transaction is open already; pass its session on instead.")
    return _open.set(True)


@contextmanager
def _writer(bound: Engine) -> Iterator[None]:
    if bound.dialect.name != "sqlite":
        yield
        return
    if not _write_lock.acquire(timeout=WRITE_LOCK_SECONDS):
        raise _away("The database is busy. Try again shortly.")
    try:
        yield
    finally:
        _write_lock.release()


def _session(lent: Connection) -> Session:
    """Open a session that leaves the connection's transaction to whoever began it."""
    return Session(lent, expire_on_commit=False)


@contextmanager
def _told_of_absence() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        if (told := _told(error)) is not None:
            raise told from error
        raise


def _told(error: DBAPIError | PoolTimeout) -> Exception | None:
    """Say in our words that the database is busy or away; None for any other error."""
    if _is_given_up(error):
        return GivenUp("The database is busy. Try again shortly.", headers=_SOON)
    if _is_away(error):
        return _away("The database does not answer. Try again shortly.")
    return None


def _is_away(error: DBAPIError | PoolTimeout) -> bool:
    if isinstance(error, PoolTimeout) or error.connection_invalidated:
        return True
    text = str(error.orig).lower()
    return isinstance(error, OperationalError) and any(sign in text for sign in _SIGNS_OF_ABSENCE)


def _is_given_up(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _RETRIED_STATES


def _away(message: str) -> ServiceUnavailable:
    return ServiceUnavailable(message, headers=_SOON)


def retried(work: Callable[P, T]) -> Callable[P, T]:
    """Run a function of one transaction again when the database asks for that (at most three times)."""

    @wraps(work)
    def attempt(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(RETRIES - 1):
            try:
                return work(*args, **kwargs)
            except GivenUp:
                continue
        return work(*args, **kwargs)

    return attempt
