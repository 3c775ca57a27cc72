"""What a process remembers of API keys, and how every process of the machine hears that one was revoked.

An identity read from the database is good for a second. A number in a small shared file is drawn anew
whenever a key changes; what was remembered under another number is no longer believed. So the workers of one
machine stop taking a revoked key before its rotation is answered, those of other machines within a second.
"""

import mmap
import secrets
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from app.domain import api_keys, clock
from app.domain.callers import KeyIdentity
from app.services import installation
from app.settings import Settings

REMEMBERED_FOR = timedelta(seconds=1)
MOST_REMEMBERED = 10_000
FILE = "keys.epoch"

_NO_TIME = timedelta()
_NUMBER = struct.Struct("=Q")


@dataclass(frozen=True, slots=True)
class _Memory:
    identity: KeyIdentity
    read_at: datetime
    epoch: int


class _SharedNumber:
    """Eight bytes that all processes with the same home look at."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.bytes = _shared(settings.home / FILE)

    def read(self) -> int:
        return int(_NUMBER.unpack_from(self.bytes)[0])

    def draw(self) -> None:
        _NUMBER.pack_into(self.bytes, 0, secrets.randbits(64))


def _shared(path: Path) -> mmap.mmap:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        if file.tell() < _NUMBER.size:
            file.truncate(_NUMBER.size)
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), _NUMBER.size)


_number: _SharedNumber | None = None
_remembered: dict[str, _Memory] = {}


def _shared_number() -> _SharedNumber:
    global _number  # noqa: PLW0603 -- opened once for each installation
    settings = installation.settings()
    if _number is None or _number.settings is not settings:
        _number = _SharedNumber(settings)
    return _number


def epoch() -> int:
    """Return the number under which what is read from now on may be remembered."""
    return _shared_number().read()


def remember(token: str, identity: KeyIdentity, *, epoch: int) -> None:
    """Keep what was read of a key; `epoch` is the number from before it was read."""
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[api_keys.hash_of(token)] = _Memory(identity, clock.now(), epoch)


def recall(token: str) -> KeyIdentity | None:
    """Return what is remembered of a key and still believed; None means: ask the database."""
    memory = _remembered.get(api_keys.hash_of(token))
    if memory is None or memory.epoch != epoch():
        return None
    age = clock.now() - memory.read_at
    return memory.identity if _NO_TIME <= age < REMEMBERED_FOR else None


def forget() -> None:
    """Let no process of this machine believe what it remembers."""
    _shared_number().draw()
