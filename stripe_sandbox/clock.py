"""What time it is in a world: the processor's clock, and how far this world was moved ahead of it."""

import sqlite3
from collections.abc import Callable

Clock = Callable[[], float]
"""Says the time in Unix seconds."""


def now(db: sqlite3.Connection, world: str, *, source: Clock) -> int:
    """Return the world's time in whole Unix seconds."""
    row = db.execute("SELECT offset_seconds FROM worlds WHERE name = ?", (world,)).fetchone()
    return int(source()) + (row[0] if row else 0)


def advance(db: sqlite3.Connection, world: str, *, seconds: int) -> None:
    """Move one world ahead; every other stays where it is."""
    if seconds < 0:
        raise ValueError("A world's clock only runs forward.")
    db.execute(
        "INSERT INTO worlds (name, offset_seconds) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET offset_seconds = offset_seconds + excluded.offset_seconds",
        (world, seconds),
    )
