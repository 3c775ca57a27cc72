"""Pages of lists: `{data, next_cursor}`, and no cursor on the last page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some entries of a list, and where the next ones begin."""

    entries: Sequence[T]
    next_cursor: str | None = None


def present(page: Page[T], entry: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
    """Return a page in the contract's shape, each of its entries presented by `entry`."""
    shown: dict[str, Any] = {"data": [entry(each) for each in page.entries]}
    return shown if page.next_cursor is None else shown | {"next_cursor": page.next_cursor}
