"""What reaches the database: the statements of its driver, with SQLAlchemy in between or without."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import event

from app import database

BEGIN = "BEGIN"
"""Asks for nothing, and PostgreSQL cannot explain it."""


@contextmanager
def statements_seen() -> Iterator[list[str]]:
    """Collect the statements that are executed while the block runs."""
    seen: list[str] = []
    with _watched(lambda statement, _values: seen.append(statement)):
        yield seen


@contextmanager
def plans_seen() -> Iterator[list[str]]:
    """Collect, step by step, how the database carries out what is read while the block runs."""
    seen: list[tuple[str, Any]] = []
    steps: list[str] = []
    with _watched(lambda statement, values: seen.append((statement, values))):
        yield steps
    explain = "EXPLAIN QUERY PLAN " if database.engine().dialect.name == "sqlite" else "EXPLAIN "
    with database.driver_connection() as lent:
        for statement, values in seen:
            rows = lent.cursor().execute(explain + statement, values).fetchall()
            steps.extend(str(row[-1]) for row in rows)


@contextmanager
def _watched(note: Any) -> Iterator[None]:
    class Watched(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            if query != BEGIN:
                note(query, params or ())
            return super().execute(query, params, **options)

    def watch(connection: Any, *_: object) -> None:
        if isinstance(connection, psycopg.Connection):
            connection.cursor_factory = Watched
        else:
            connection.set_trace_callback(lambda statement: note(statement, ()))

    engine = database.engine()
    event.listen(engine, "checkout", watch)
    yield
    event.remove(engine, "checkout", watch)
    engine.dispose()  # and with it the connections that are watched
