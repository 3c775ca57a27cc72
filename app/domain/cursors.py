"""Cursors: where the next page of a list begins, as an opaque text.

A page is ordered by an instant and an id. Both travel in the cursor, so nothing is skipped or shown twice
when rows are added between two pages.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zlib import crc32

from app.domain.errors import BadRequest

LENGTH = 36

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CENTURY = range(2000, 2100)
_CHECKSUM_BYTES = 3
_INSTANT_BYTES = 8
_BYTES = _CHECKSUM_BYTES + _INSTANT_BYTES + 16


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page."""

    at: datetime
    id: UUID


def encode(cursor: Cursor) -> str:
    """Write a cursor as 36 characters that need no escaping in a URL."""
    microseconds = (cursor.at - _EPOCH) // timedelta(microseconds=1)
    place = microseconds.to_bytes(_INSTANT_BYTES, "big") + cursor.id.bytes
    return urlsafe_b64encode(_checksum(place) + place).decode()


def decode(text: str) -> Cursor:
    """Read a cursor; raise BadRequest naming `cursor` unless it is one of ours."""
    cursor = _parse(text)
    if cursor is None:
        raise BadRequest.of("cursor", "This is not a cursor of ours. Use next_cursor of the page before.")
    return cursor


def _parse(text: str) -> Cursor | None:
    try:
        raw = urlsafe_b64decode(text.encode("ascii"))
    except (UnicodeEncodeError, NotBase64):
        return None
    checksum, place = raw[:_CHECKSUM_BYTES], raw[_CHECKSUM_BYTES:]
    if len(text) != LENGTH or len(raw) != _BYTES or checksum != _checksum(place):
        return None
    at = _instant(int.from_bytes(place[:_INSTANT_BYTES], "big"))
    return None if at is None else Cursor(at=at, id=UUID(bytes=place[_INSTANT_BYTES:]))


def _instant(microseconds: int) -> datetime | None:
    try:
        at = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return None
    return at if at.year in _CENTURY else None


def _checksum(place: bytes) -> bytes:
    return crc32(place).to_bytes(4, "big")[-_CHECKSUM_BYTES:]
