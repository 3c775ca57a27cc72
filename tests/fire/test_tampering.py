"""One byte of the audit tables is changed past the application, again and again, and found every time.

By somebody who lifts the database's guards, in any column of any row; on SQLite also in the file itself.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, BigInteger, Column, text
from sqlalchemy.exc import DBAPIError

from app import database
from app.models import AuditCheckpoint, AuditEntry, AuditSeal, Base
from app.models.base import UtcInstant
from app.settings import Settings
from tests.profiles import pick
from tests.services.audited import TABLES, kinds, sealed_log, unguarded

TAMPERINGS = pick(short=100, full=1_000)
IN_THE_FILE = pick(short=25, full=300)
SEED = 1891
MODELS: tuple[type[Base], ...] = (AuditEntry, AuditSeal, AuditCheckpoint)
TELLING = (
    "SELECT id FROM audit_log UNION SELECT diff FROM audit_log UNION SELECT request_id FROM audit_log "
    "UNION SELECT hash FROM audit_seals UNION SELECT entry_hash FROM audit_seals "
    "UNION SELECT signature FROM audit_checkpoints"
)
"""Values that stand in the audit tables and nowhere else in the file."""


@pytest.fixture
def log(db: None, time: object) -> Iterator[None]:
    """Keep a copy of a small log, and leave its guards lifted."""
    sealed_log(entries=4)
    with unguarded():
        copy_tables()
        yield


def copy_tables() -> None:
    with database.transaction() as db:
        for table in TABLES:
            db.execute(text(f"CREATE TABLE {table}_before AS SELECT * FROM {table}"))


def put_back(table: str) -> None:
    with database.transaction() as db:
        db.execute(text(f"DELETE FROM {table}"))
        db.execute(text(f"INSERT INTO {table} SELECT * FROM {table}_before"))


def is_number(column: Column[Any]) -> bool:
    return isinstance(column.type, BigInteger | UtcInstant)


def changed_number(number: int, chance: random.Random) -> int:
    """Change one byte of a number as it lies on disk, in eight bytes."""
    stored = bytearray(number.to_bytes(8, signed=True))
    stored[chance.randrange(8)] ^= chance.randrange(1, 256)
    return int.from_bytes(stored, signed=True)


def changed_bytes(value: bytes, chance: random.Random, *, to: range) -> bytes:
    """Change one byte of a text."""
    place = chance.randrange(len(value))
    other = chance.choice([byte for byte in to if byte != value[place]])
    return value[:place] + bytes([other]) + value[place + 1 :]


def tamper_on_sqlite(table: str, column: Column[Any], chance: random.Random) -> str:
    with database.transaction() as db:
        rows = f"SELECT rowid, CAST({column.name} AS BLOB) FROM {table} WHERE {column.name} IS NOT NULL"
        row, value = chance.choice(db.execute(text(rows)).all())
        if is_number(column):
            change, bound = ":value", changed_number(int(value), chance)
        else:
            change, bound = "CAST(:value AS TEXT)", changed_bytes(value, chance, to=range(1, 256))
        db.execute(
            text(f"UPDATE {table} SET {column.name} = {change} WHERE rowid = :row"),
            {"value": bound, "row": row},
        )
    return f"{table}.{column.name}: {value!r} -> {bound!r}"


def tamper_on_postgresql(table: str, column: Column[Any], chance: random.Random) -> str:
    kind = column.type.compile(database.engine().dialect)
    with database.transaction() as db:
        rows = f"SELECT ctid::text, {column.name}::text FROM {table} WHERE {column.name} IS NOT NULL"
        row, value = chance.choice(db.execute(text(rows)).all())
        if is_number(column):
            bound = str(changed_number(int(value), chance))
        else:
            plain = value.replace("-", "") if kind == "UUID" else value
            bound = changed_bytes(plain.encode(), chance, to=range(32, 127)).decode(errors="replace")
        change = f"UPDATE {table} SET {column.name} = CAST(:value AS {kind}) WHERE ctid = CAST(:row AS tid)"
        db.execute(text(change), {"value": bound, "row": row})
    return f"{table}.{column.name}: {value!r} -> {bound!r}"


def differs(table: str) -> bool:
    """Tell whether anything is stored otherwise than before."""
    plain = ", ".join(
        f"CAST({column.name} AS TEXT)" if isinstance(column.type, JSON) else column.name
        for model in MODELS
        if model.__tablename__ == table
        for column in model.__table__.columns
    )
    with database.reading() as db:
        both = (db.execute(text(f"SELECT {plain} FROM {name}")).all() for name in (table, f"{table}_before"))
        before, after = (sorted(map(repr, rows)) for rows in both)
    return before != after


def one_byte(chance: random.Random) -> tuple[str, str]:
    """Change one byte somewhere; what the database itself cannot store is tried elsewhere."""
    on_sqlite = database.engine().dialect.name == "sqlite"
    tamper: Callable[..., str] = tamper_on_sqlite if on_sqlite else tamper_on_postgresql
    while True:
        model = chance.choice(MODELS)
        column = chance.choice(list(model.__table__.columns))
        try:
            what = tamper(model.__tablename__, column, chance)
        except DBAPIError:
            continue
        if on_sqlite or differs(model.__tablename__):  # PostgreSQL takes an id in capitals for the same one
            return model.__tablename__, what


@pytest.mark.usefixtures("log")
def test_every_byte_that_is_changed_past_the_application_is_found() -> None:
    chance = random.Random(SEED)
    assert kinds() == []
    missed, touched = [], set()
    for _ in range(TAMPERINGS):
        table, what = one_byte(chance)
        touched.add(what.partition(":")[0])
        if not kinds():
            missed.append(what)
        put_back(table)
    assert missed == []
    assert kinds() == []
    assert len(touched) >= pick(short=18, full=26)


@pytest.mark.usefixtures("log")
def test_every_byte_that_is_changed_in_the_file_is_found(settings: Settings) -> None:
    if not settings.database_url.startswith("sqlite"):
        pytest.skip("PostgreSQL's files are its own")
    chance = random.Random(SEED)
    copy = Path(settings.home) / "copy.sqlite3"
    with database.engine().execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        values = [str(value).encode() for value in connection.execute(text(TELLING)).scalars()]
        for table in TABLES:
            connection.execute(text(f"DROP TABLE {table}_before"))
        connection.execute(text("COMMIT"))
        connection.execute(text(f"VACUUM INTO '{copy}'"))
    whole = copy.read_bytes()
    places = [place for value in values for place in occurrences(value, whole)]
    database.configure(Settings(home=settings.home, database_url=f"sqlite:///{copy}", threads=4))
    missed = []
    for _ in range(IN_THE_FILE):
        place = chance.choice(places)
        database.engine().dispose()
        copy.write_bytes(
            whole[:place] + bytes([whole[place] ^ chance.randrange(1, 256)]) + whole[place + 1 :]
        )
        if not kinds():
            missed.append(place)
    database.engine().dispose()
    copy.write_bytes(whole)
    assert (missed, kinds()) == ([], [])


def occurrences(value: bytes, whole: bytes) -> Iterator[int]:
    """Give the place of every byte of a value, wherever the file holds it."""
    found = whole.find(value)
    while found >= 0:
        yield from range(found, found + len(value))
        found = whole.find(value, found + 1)
