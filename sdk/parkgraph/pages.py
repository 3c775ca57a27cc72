"""Lists that come page by page, read as one."""

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from parkgraph.answers import Answer
from parkgraph.calls import Call
from parkgraph.errors import InvalidAnswer


class Page(Protocol):
    """What every page says: where the next one begins, if there is one."""

    @property
    def answer(self) -> Answer:
        """Return the answer that it came in."""
        ...

    @property
    def next_cursor(self) -> str | None:
        """Return where the next page begins; None on the last."""


P = TypeVar("P", bound=Page)
T = TypeVar("T")


def _after(call: Call[P], page: P) -> Call[P] | None:
    """Ask for the page after one; None after the last."""
    if page.next_cursor is None:
        return None
    if page.next_cursor == call.query.get("cursor"):
        raise InvalidAnswer(
            f"{call.operation.id} names the page that it gave as the next one.",
            answer=page.answer,
            content=page.next_cursor.encode(),
        )
    return call.at(page.next_cursor)


def _described(pages: object, call: Call[P]) -> str:
    kind = type(pages).__name__
    return f"<{kind} of {call.operation.id}: iterate over it, or take its first() or pages()>"


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvPart:
    """A part of a table as a file, whose first line names the columns."""

    text: str = field(repr=False)
    next_cursor: str | None
    answer: Answer = field(repr=False)

    @property
    def rows(self) -> list[dict[str, str]]:
        """Return the lines as dictionaries by column."""
        return list(csv.DictReader(io.StringIO(self.text, newline="")))


class Pages(Generic[P, T]):
    """A list that is asked for page by page while it is read; nothing is asked before.

    Iterating gives the entries of all pages, each time from the beginning.
    """

    def __init__(
        self, send: Callable[[Call[P]], P], call: Call[P], *, entries: Callable[[P], Sequence[T]]
    ) -> None:
        self._send = send
        self._call = call
        self._entries = entries

    def __repr__(self) -> str:
        return _described(self, self._call)

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from self._entries(page)

    def first(self) -> P:
        """Ask for one page alone."""
        return self._send(self._call)

    def pages(self) -> Iterator[P]:
        """Give page after page, each with its own `answer` and what stands beside the entries."""
        call: Call[P] | None = self._call
        while call is not None:
            page = self._send(call)
            yield page
            call = _after(call, page)


class AsyncPages(Generic[P, T]):
    """A list that is asked for page by page while it is read; nothing is asked before.

    `async for` gives the entries of all pages, each time from the beginning.
    """

    def __init__(
        self, send: Callable[[Call[P]], Awaitable[P]], call: Call[P], *, entries: Callable[[P], Sequence[T]]
    ) -> None:
        self._send = send
        self._call = call
        self._entries = entries

    def __repr__(self) -> str:
        return _described(self, self._call)

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for entry in self._entries(page):
                yield entry

    async def first(self) -> P:
        """Ask for one page alone."""
        return await self._send(self._call)

    async def pages(self) -> AsyncIterator[P]:
        """Give page after page, each with its own `answer` and what stands beside the entries."""
        call: Call[P] | None = self._call
        while call is not None:
            page = await self._send(call)
            yield page
            call = _after(call, page)
