"""The one SQLite file in which everything that the processor knows is kept.

Several threads and several processes may use it at once; after a SIGKILL it holds exactly what was committed.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE worlds (
    name TEXT PRIMARY KEY,
    offset_seconds INTEGER NOT NULL DEFAULT 0,
    account TEXT
);
CREATE TABLE objects (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    world TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (world, kind, id)
);
CREATE INDEX objects_by_age ON objects (world, kind, sequence);
CREATE INDEX holds_by_expiry ON objects (world, json_extract(body, '$._expires_at'))
    WHERE json_extract(body, '$._expires_at') IS NOT NULL;
CREATE TABLE idempotency_keys (
    world TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    request_id TEXT NOT NULL,
    kept_at REAL NOT NULL,
    PRIMARY KEY (world, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (kept_at);
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    world TEXT NOT NULL,
    event TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at REAL DEFAULT 0,
    failing_since REAL,
    delivered_at REAL
);
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE secrets (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
"""

_WAIT_SECONDS = 10.0
_BEGIN_WRITING = "BEGIN IMMEDIATE"


class StoreError(RuntimeError):
    """The file cannot be used; the message says why in one sentence."""


class Store:
    """Transactions on the file; every connection is used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._idle: list[sqlite3.Connection] = []
        self._idle_guard = threading.Lock()
        # Threads of one process queue here rather than in SQLite, whose waiting is a lottery.
        self._writer = threading.Lock()
        self._make_ready()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """See one unchanging state of the file."""
        with self._connection() as db, _transaction(db, "BEGIN"):
            yield db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Change the file: all that the block did, or, if it raises, nothing."""
        if not self._writer.acquire(timeout=_WAIT_SECONDS):
            raise StoreError(f"{self.path} was busy for {_WAIT_SECONDS:.0f} seconds.")
        try:
            with self._connection() as db, _transaction(db, _BEGIN_WRITING):
                yield db
        finally:
            self._writer.release()

    def close(self) -> None:
        """Let go of the file."""
        with self._idle_guard:
            while self._idle:
                self._idle.pop().close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._idle_guard:
            db = self._idle.pop() if self._idle else None
        db = db or _connect(self.path)
        try:
            yield db
        except sqlite3.Error:
            db.close()
            raise
        except BaseException:
            self._give_back(db)
            raise
        self._give_back(db)

    def _give_back(self, db: sqlite3.Connection) -> None:
        with self._idle_guard:
            self._idle.append(db)

    def _make_ready(self) -> None:
        try:
            self.path.touch(mode=0o600)
            with self._connection() as db:
                _patiently(lambda: db.execute("PRAGMA journal_mode = WAL"))
            with self.writing() as db:
                self._bring_up_to_date(db)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{self.path} cannot hold the payment sandbox: {error}.") from error

    def _bring_up_to_date(self, db: sqlite3.Connection) -> None:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise StoreError(f"{self.path} was written by a newer version of the payment sandbox.")
        if version < SCHEMA_VERSION:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA synchronous = FULL")
    return db


@contextmanager
def _transaction(db: sqlite3.Connection, begin: str) -> Iterator[None]:
    db.execute(begin)
    try:
        yield
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _patiently(attempt: Callable[[], object]) -> None:
    """Try again while another process opens the same new file: SQLite does not wait for this statement."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            attempt()
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
