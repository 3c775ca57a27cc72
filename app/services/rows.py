"""Rows written and found by plain values, with statements that are built and compiled once.

Building a statement costs several times what running it does, and so does a unit of work that has one row to
write; on the way of every paid request both add up. Whatever is read to be changed piece by piece may stay
with the ORM; what it has not written yet is not written before these statements either.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Insert, Select, Table, Update, bindparam, insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from app import database, queries
from app.models import Base
from app.queries import Row

M = TypeVar("M", bound=Base)

Model = type[Base]
Values = Mapping[str, Any]
"""Values by the names of columns."""


def add(db: Session, model: Model, values: Values) -> None:
    """Add a row."""
    queries.execute(database.connection_of(db), _insert(model), {**_defaults(model), **values})


def add_all(db: Session, model: Model, several: Sequence[Values]) -> None:
    """Add rows of the same columns."""
    queries.execute_all(database.connection_of(db), _insert(model), _completed(model, several))


def add_unless_there(db: Session, model: Model, values: Values) -> bool:
    """Add a row and say so; false where one like it stands already."""
    statement = _insert_unless_there(model, database.connection_of(db).dialect.name)
    return bool(queries.execute(database.connection_of(db), statement, {**_defaults(model), **values}))


def add_all_unless_there(db: Session, model: Model, several: Sequence[Values]) -> None:
    """Add rows of the same columns, but for those that stand already."""
    statement = _insert_where_new(model, database.connection_of(db).dialect.name)
    queries.execute_all(database.connection_of(db), statement, _completed(model, several))


def change(db: Session, model: Model, *, by: Values, to: Values) -> bool:
    """Set columns of the rows that hold the values `by`; tell whether there was one."""
    bound = {f"by_{name}": value for name, value in by.items()}
    bound |= {f"to_{name}": value for name, value in to.items()}
    return bool(
        queries.execute(database.connection_of(db), _update(model, frozenset(by), frozenset(to)), bound)
    )


def find(db: Session, model: Model, *, by: Values) -> Row | None:
    """Find the one row that holds these values, all of its columns."""
    bound = {f"by_{name}": value for name, value in by.items()}
    found = queries.execute(database.connection_of(db), _select(model, frozenset(by)), bound)
    return found[0] if found else None


class _Draft:
    """A row that is being changed: the names of its columns are its attributes."""

    def __init__(self, model: Model, values: Values) -> None:
        self.__dict__ = {**values, "_model": model, "_written": values}


def draft(model: type[M], values: Values) -> M:
    """Take a row that was read for what the ORM would make of it: read it, set what changes, `save` it."""
    return cast(M, _Draft(model, values))


def save(db: Session, drafted: Base) -> None:
    """Write what was set of a draft since it was read or saved; by its id, in one statement or none."""
    values = dict(vars(drafted))
    model, written = values.pop("_model"), values.pop("_written")
    changed = {name: value for name, value in values.items() if value != written[name]}
    if changed:
        change(db, model, by={"id": values["id"]}, to=changed)
        drafted.__dict__["_written"] = values


def _table(model: Model) -> Table:
    return cast(Table, model.__table__)


def _matching(table: Table, names: frozenset[str]) -> list[ColumnElement[bool]]:
    return [table.c[name] == bindparam(f"by_{name}") for name in sorted(names)]


@cache
def _defaults(model: Model) -> Values:
    """Give what the columns hold that nobody names."""
    defaults = {column.name: column.default for column in _table(model).columns}
    return {
        name: default.arg
        for name, default in defaults.items()
        if isinstance(default, ScalarElementColumnDefault)
    }


def _completed(model: Model, several: Sequence[Values]) -> Sequence[Values]:
    """Add what the columns hold that none of several rows names."""
    named = several[0].keys() if several else ()
    unnamed = {name: value for name, value in _defaults(model).items() if name not in named}
    return [{**unnamed, **values} for values in several] if unnamed else several


@cache
def _insert(model: Model) -> Insert:
    return insert(_table(model))


@cache
def _insert_where_new(model: Model, dialect: str) -> Insert:
    return database.INSERTS[dialect](_table(model)).on_conflict_do_nothing()


@cache
def _insert_unless_there(model: Model, dialect: str) -> Insert:
    return _insert_where_new(model, dialect).returning(*_table(model).primary_key.columns)


@cache
def _update(model: Model, by: frozenset[str], to: frozenset[str]) -> Update:
    table = _table(model)
    new: dict[str, Any] = {name: bindparam(f"to_{name}") for name in sorted(to)}
    return update(table).where(*_matching(table, by)).values(new).returning(*table.primary_key.columns)


@cache
def _select(model: Model, by: frozenset[str]) -> Select[Any]:
    table = _table(model)
    return select(table).where(*_matching(table, by))
