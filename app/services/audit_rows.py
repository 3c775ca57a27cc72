"""The rows of the audit tables as the database holds them, byte by byte and alike on every database."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    LargeBinary,
    Row,
    Text,
    Uuid,
    cast,
    func,
    literal,
    type_coerce,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from app import database
from app.domain.seals import Stored
from app.models.base import Base, UtcInstant


class Columns:
    """The columns of a table, to be selected beside others and read back as one stored row."""

    def __init__(self, table: FromClause, *, dialect: str) -> None:
        self.names: Sequence[str] = sorted(table.c.keys())
        as_stored = _on_sqlite if dialect == "sqlite" else _on_postgresql
        self.selected = [as_stored(table.c[name]) for name in self.names]

    @classmethod
    def of(cls, model: type[Base], db: Session) -> "Columns":
        """Return the columns of a table in the words of the database at hand."""
        return _columns(model.__table__, db.get_bind().dialect.name)

    def read(self, row: Row[Any] | Sequence[Any], *, start: int = 0) -> Stored:
        """Read the row whose columns begin at `start`."""
        values = row[start : start + len(self.names)]
        return {name: _bytes(value) for name, value in zip(self.names, values, strict=True)}


@cache
def _columns(table: FromClause, dialect: str) -> Columns:
    return Columns(table, dialect=dialect)


def _on_sqlite(column: ColumnElement[Any]) -> ColumnElement[Any]:
    # As a blob, because bytes that are no UTF-8 any more must be found, not stop the look at them.
    kind = func.typeof(column).concat(" ")
    return cast(kind.concat(type_coerce(column, Text())), LargeBinary)


def _on_postgresql(column: ColumnElement[Any]) -> ColumnElement[Any]:
    text = cast(column, Text())
    if isinstance(column.type, Uuid):
        return literal("text ").concat(func.replace(text, "-", ""))
    if isinstance(column.type, BigInteger | UtcInstant):
        return literal("integer ").concat(text)
    return literal("text ").concat(text)


def _bytes(value: bytes | str | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


Raw = Any
"""A value as the driver gives it, to be handed back to it: who meddled may have changed its type."""


def raw(column: ColumnElement[Any]) -> ColumnElement[Raw]:
    """Leave a column's value as the driver gives and takes it."""
    return type_coerce(column, NullType())


def raw_id(value: UUID) -> Raw:
    """Write an id as the driver takes it."""
    return value.hex if database.engine().dialect.name == "sqlite" else value
