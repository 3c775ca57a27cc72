"""Bookmarks: written and read again to the microsecond."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.domain import bookmarks
from app.domain.bookmarks import Bookmark

SESSION = UUID("019d79bb-20c0-7128-a24b-e40ad23f0824")
CENTURY = some.integers(0, 100 * 365 * 86_400 * 1_000_000).map(
    lambda microseconds: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)


def test_the_vail_evening_is_written_as_in_the_contract() -> None:
    evening = Bookmark(datetime(2026, 4, 10, 23, 30, tzinfo=UTC), SESSION)
    assert str(evening) == "64f2382f7ee00-019d79bb-20c0-7128-a24b-e40ad23f0824"


@given(CENTURY, some.uuids())
def test_what_was_written_is_read_again(at: datetime, identifier: UUID) -> None:
    assert bookmarks.read(str(Bookmark(at, identifier))) == Bookmark(at, identifier)


@given(CENTURY, some.uuids(), some.uuids())
def test_a_later_instant_comes_after_whatever_the_ids_say(at: datetime, one: UUID, other: UUID) -> None:
    assert Bookmark(at, one) < Bookmark(at + timedelta(microseconds=1), other)


@pytest.mark.parametrize("text", ["", "64f2382f7ee00", "64f2382f7ee00-x", f"1-{SESSION}", str(SESSION)])
def test_anything_else_is_no_bookmark(text: str) -> None:
    with pytest.raises(ValueError, match=r"bookmark|hexadecimal"):
        bookmarks.read(text)
