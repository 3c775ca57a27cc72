"""Identifiers that the server gives out."""

import secrets
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last_stamp = 0


def uuid7() -> UUID:
    """Make a UUIDv7 that sorts after every earlier one of this process (RFC 9562 §5.7, §6.2 method 3)."""
    global _last_stamp  # noqa: PLW0603 -- order within the process needs one memory
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = (nanoseconds << 12) // 1_000_000
    with _lock:
        stamp = _last_stamp = max(milliseconds << 12 | fraction, _last_stamp + 1)
    version, variant = 0x7 << 76, 0b10 << 62
    return UUID(int=stamp >> 12 << 80 | version | (stamp & 0xFFF) << 64 | variant | secrets.randbits(62))


def first_of(seconds_ago: float) -> UUID:
    """Return what sorts before every UUIDv7 that was made within so many seconds."""
    milliseconds = int((time.time() - seconds_ago) * 1_000)
    return UUID(int=milliseconds << 80)


def request_id() -> str:
    """Make the id by which one request is found again: `req_` and 32 hexadecimal digits."""
    return f"req_{secrets.token_hex(16)}"
