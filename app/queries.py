"""Statements that are compiled once and then executed straight through the database's driver.

SQLAlchemy writes their SQL, for both databases. What it does around each execution (a session, cached
compilation, the outcome's metadata) costs several times what a search or an insert costs the database, so
what every driver waits for goes without it. Whatever else reads uses `database.reading()`.
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, Connection, Dialect, Engine, Insert, PoolProxiedConnection, Select, Update, Uuid
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from app import database
from app.domain import ids

Values = Mapping[str, Any]
Row = Any
"""A named tuple of the columns selected, or returned."""
Statement = Select[Any] | Insert | Update

MOST_REMEMBERED = 1_024
MOST_BY_HEART = 16_384
"""Values of a type that are known from before: the same lots are found again and again."""

_Convert = Callable[[Any], Any]
_Shape = Callable[[Sequence[Any]], Row]

_by_heart: dict[tuple[str, str, object], _Convert] = {}
"""By type, dialect, and how the driver gives it."""


class Read:
    """Execute queries on a connection of the driver that does nothing else meanwhile."""

    def __init__(self, lent: PoolProxiedConnection, bound: Engine) -> None:
        self._lent = lent
        self._bound = bound

    @property
    def dialect(self) -> str:
        """Name the kind of database that is read."""
        return self._bound.dialect.name

    def __call__(self, statement: Select[*tuple[Any, ...]], values: Values) -> list[Row]:
        """Execute a query with these values and return all of its rows."""
        return _rows(self._lent, self._bound, statement, values)


@contextmanager
def reading() -> Iterator[Read]:
    """Lend a way to read; each query sees what is committed when it begins."""
    with database.driver_connection() as lent:
        yield Read(lent, database.engine())


def execute(connection: Connection, statement: Statement, values: Values) -> list[Row]:
    """Execute a statement with these values, within a transaction, and return all rows that it gives.

    An INSERT sets the columns that `values` names, and their names have to be the same each time.
    """
    with _given_up_if_broken(connection):
        return _rows(connection.connection, connection.engine, statement, values)


def execute_all(connection: Connection, statement: Insert, several: Sequence[Values]) -> None:
    """Execute an INSERT with each of several values, within a transaction; all name the same columns."""
    if not several:
        return
    lent, bound = connection.connection, connection.engine
    query = _compiled(statement, bound.dialect, _columns(statement, several[0]))
    with _given_up_if_broken(connection):
        try:
            with closing(lent.cursor()) as cursor:
                cursor.executemany(query.sql, [query.bound(values) for values in several])
        except bound.dialect.loaded_dbapi.Error as error:
            raise _refused(error, lent, bound, query.sql) from error


def _rows(lent: PoolProxiedConnection, bound: Engine, statement: Statement, values: Values) -> list[Row]:
    query = _compiled(statement, bound.dialect, _columns(statement, values))
    try:
        with closing(lent.cursor()) as cursor:
            cursor.execute(query.sql, query.bound(values))
            return query.rows(cursor)
    except bound.dialect.loaded_dbapi.Error as error:
        raise _refused(error, lent, bound, query.sql) from error


@contextmanager
def _given_up_if_broken(connection: Connection) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated:
            connection.invalidate(error.orig)
        raise


@dataclass(slots=True)
class _Query:
    """A statement in the words of one database, and how values go in and rows come out."""

    sql: str
    parameters: Sequence[str]
    """Their names, in the order in which the driver wants their values."""
    defaults: Values
    """Of those that need no value."""
    conversions: Sequence[tuple[int, _Convert]]
    """Which values go in converted."""
    by_name: bool
    gives_rows: bool
    shape_for: Callable[[DBAPICursor], _Shape]
    shape: _Shape | None = None
    """Known from the first answer on: what to do with a number depends on how the driver gives it."""

    def bound(self, values: Values) -> Any:
        given = {**self.defaults, **values} if self.defaults else values
        bound = [given[name] for name in self.parameters]
        for index, convert in self.conversions:
            bound[index] = convert(bound[index])
        return dict(zip(self.parameters, bound, strict=True)) if self.by_name else bound

    def rows(self, cursor: DBAPICursor) -> list[Row]:
        if not self.gives_rows:
            return []
        self.shape = self.shape or self.shape_for(cursor)
        return [self.shape(row) for row in cursor.fetchall()]


def _columns(statement: Statement, values: Values) -> frozenset[str] | None:
    return frozenset(values) if isinstance(statement, Insert) else None


@lru_cache(maxsize=MOST_REMEMBERED)
def _compiled(statement: Statement, dialect: Dialect, columns: frozenset[str] | None) -> _Query:
    keys = None if columns is None else sorted(columns)
    compiled = statement.compile(dialect=dialect, column_keys=keys)
    if compiled.prefetch:
        raise TypeError(f"{compiled.prefetch[0]} has a default that only SQLAlchemy would fill in.")
    names = list(compiled.positiontup or compiled.binds)
    binds = [compiled.binds[name] for name in names]
    processors = [bind.type.dialect_impl(dialect).bind_processor(dialect) for bind in binds]
    return _Query(
        sql=str(compiled),
        parameters=names,
        defaults={name: bind.value for name, bind in compiled.binds.items() if not bind.required},
        conversions=[(index, convert) for index, convert in enumerate(processors) if convert is not None],
        by_name=not compiled.positional,
        gives_rows=len(statement.exported_columns) > 0,
        shape_for=lambda cursor: _shape(statement, dialect, cursor),
    )


def _shape(statement: Statement, dialect: Dialect, cursor: DBAPICursor) -> _Shape:
    columns = statement.exported_columns
    make: _Shape = namedtuple("Row", map(str, columns.keys()))._make  # type: ignore[attr-defined]  # mypy wants fixed names
    kinds = [column.type.dialect_impl(dialect) for column in columns]
    told = [about[1] for about in cursor.description or ()]
    processors = [_converts(kind, dialect, given) for kind, given in zip(kinds, told, strict=True)]
    converts = [(index, convert) for index, convert in enumerate(processors) if convert is not None]

    def shape(row: Sequence[Any]) -> Row:
        values = list(row)
        for index, convert in converts:
            values[index] = convert(values[index])
        return make(values)

    return shape


def _converts(kind: TypeEngine[Any], dialect: Dialect, given: object) -> _Convert | None:
    convert = kind.result_processor(dialect, given)
    if convert is None or isinstance(kind, JSON):  # what JSON holds could be changed, and is no key
        return convert
    if isinstance(kind, Uuid):  # where there are only texts for ids, and as good as never the same again
        return lambda digits: None if digits is None else ids.from_hex(digits)
    return _by_heart.setdefault((repr(kind), dialect.name, given), lru_cache(MOST_BY_HEART)(convert))


def _refused(error: Any, lent: PoolProxiedConnection, bound: Engine, sql: str) -> Exception:
    """Say what is wrong with a query; a connection that broke is not lent again."""
    lost = bound.dialect.is_disconnect(error, lent, None)
    if lost:
        # As SQLAlchemy does: the other connections of that time are as dead, and would fail one by one.
        bound.pool._invalidate(lent, error)
    return database.in_our_words(error, bound.dialect, sql=sql, lost=lost)
