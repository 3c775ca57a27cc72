"""Lists by time, newest first: pages of them, and windows of time that tile without a gap."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.domain import bookmarks
from app.domain.bookmarks import Bookmark
from app.presenters.pages import Page

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Window:
    """From `after` on and before `before`, each only if given; at most `limit` entries beyond a bookmark."""

    limit: int
    after: datetime | None = None
    before: datetime | None = None
    bookmark: Bookmark | None = None

    @classmethod
    def read(cls, *, limit: int, after: str | None, before: str | None, cursor: str | None) -> "Window":
        """Make a window of what a request says: instants by RFC 3339, and a cursor that we wrote."""
        return cls(
            limit=limit,
            after=None if after is None else datetime.fromisoformat(after),
            before=None if before is None else datetime.fromisoformat(before),
            bookmark=None if cursor is None else bookmarks.read(cursor),
        )

    def page(self, found: Sequence[T], mark: Callable[[T], Bookmark]) -> Page[T]:
        """Return the first `limit` of what was found, newest first, and a cursor if more was found."""
        shown = found[: self.limit]
        return Page(shown, next_cursor=str(mark(shown[-1])) if len(found) > self.limit else None)


@dataclass(frozen=True, slots=True)
class Timeline:
    """What orders a table's rows: an instant, and their ids where two share it."""

    at: InstrumentedAttribute[datetime]
    id: InstrumentedAttribute[UUID]

    def newest(self, wanted: Select[T], window: Window) -> Select[T]:
        """Narrow a query to a window, newest first, and one row more: it tells that there is a next page."""
        ordered = wanted.where(*self._within(window)).order_by(self.at.desc(), self.id.desc())
        return ordered.limit(window.limit + 1)

    def _within(self, window: Window) -> Iterator[ColumnElement[bool]]:
        if window.after is not None:
            yield self.at >= window.after
        if window.before is not None:
            yield self.at < window.before
        if window.bookmark is not None:
            # The first comparison adds nothing but what an index over the instant is entered with.
            yield self.at <= window.bookmark.at
            yield tuple_(self.at, self.id) < (window.bookmark.at, window.bookmark.id)
