"""Identifiers that the server gives out."""

import os
import secrets
import threading
import time
from uuid import UUID, SafeUUID

_DRAWN_AT_ONCE = 1_024

_new, _set, _unknown = object.__new__, object.__setattr__, SafeUUID.unknown

_lock = threading.Lock()
_last_stamp = 0
_drawn = b""


def uuid7() -> UUID:
    """Make a UUIDv7 that sorts after every earlier one of this process (RFC 9562 §5.7, §6.2 method 3)."""
    global _last_stamp  # noqa: PLW0603 -- order within the process needs one memory
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = (nanoseconds << 12) // 1_000_000
    with _lock:
        stamp = _last_stamp = max(milliseconds << 12 | fraction, _last_stamp + 1)
    version, variant = 0x7 << 76, 0b10 << 62
    random = int.from_bytes(_random(8)) >> 2
    return _numbered(stamp >> 12 << 80 | version | (stamp & 0xFFF) << 64 | variant | random)


def from_hex(digits: str) -> UUID:
    """Read an id from the 32 hexadecimal digits that a database without ids keeps of it."""
    return _numbered(int(digits, 16))


def first_of(seconds_ago: float) -> UUID:
    """Return what sorts before every UUIDv7 that was made within so many seconds."""
    milliseconds = int((time.time() - seconds_ago) * 1_000)
    return UUID(int=milliseconds << 80)


def _numbered(number: int) -> UUID:
    """Make the UUID of a number of 128 bits, in half of the time that UUID takes to doubt it."""
    made = _new(UUID)
    _set(made, "int", number)
    _set(made, "is_safe", _unknown)
    return made


def request_id() -> str:
    """Make the id by which one request is found again: `req_` and 32 hexadecimal digits."""
    return f"req_{_random(16).hex()}"


def _random(size: int) -> bytes:
    """Return random bytes of the operating system, each of them once.

    Many are drawn at a time: while Python asks the system it lets other threads go first, and gets its turn
    back only when they let go of it.
    """
    global _drawn  # noqa: PLW0603 -- what was drawn is the process's
    with _lock:
        if len(_drawn) < size:
            _drawn = secrets.token_bytes(_DRAWN_AT_ONCE)
        taken, _drawn = _drawn[:size], _drawn[size:]
    return taken


def _draw_anew() -> None:
    """Give out nothing that the process from which this one was copied gives out, too."""
    global _drawn, _lock
    _drawn, _lock = b"", threading.Lock()


os.register_at_fork(after_in_child=_draw_anew)
