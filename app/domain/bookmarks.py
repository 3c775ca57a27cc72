"""Bookmarks: where a page of a list by time ends, and the next one goes on.

A list is ordered by an instant and, where two entries share it, by their ids. A bookmark names the last entry
seen, so entries that come or go meanwhile neither shift the pages nor show up twice.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DIGITS = 13
_HEXADECIMAL = 16


@dataclass(frozen=True, order=True, slots=True)
class Bookmark:
    """The last entry of a page."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        """Write it as cursors are: microseconds since 1970 in 13 hexadecimal digits, a dash, the id."""
        return f"{(self.at - _EPOCH) // _MICROSECOND:0{_DIGITS}x}-{self.id}"


def read(cursor: str) -> Bookmark:
    """Read a bookmark that was written; raise ValueError for anything else."""
    microseconds, dash, identifier = cursor.partition("-")
    if len(microseconds) != _DIGITS or not dash:
        raise ValueError("This is no bookmark.")
    return Bookmark(_EPOCH + int(microseconds, _HEXADECIMAL) * _MICROSECOND, UUID(identifier))
