"""What a process remembers of API keys, and how a revocation reaches all that is remembered anywhere.

What was read from the database is good for a quarter of a second. Whoever revokes a key tells all who may
remember it, or waits until nobody can (a lease: Gray and Cheriton, 1989). Told are

- the processes of one machine, by a number in a small shared file, which is drawn anew,
- those of all machines, by a number in Redis that the limiter's call brings along with every request.

So no worker takes an old key once its revocation was answered, whether or not Redis is there.
"""

import mmap
import secrets
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy import make_url

from app.domain import api_keys
from app.domain.callers import KeyIdentity
from app.gateways import key_epochs
from app.services import installation
from app.settings import Settings

GOOD_FOR = 0.25
"""Seconds for which a reading may be believed: as long as a revocation waits that cannot tell everybody."""
MOST_REMEMBERED = 10_000
FILE = "keys.epoch"
EPOCH = key_epochs.NAME
"""The name of the number in Redis."""

_NUMBER = struct.Struct("=Q")
_IN_MEMORY = ":memory:"


@dataclass(frozen=True, slots=True)
class Moment:
    """When the database was asked: what was known of revocations, and until when the answer is good."""

    number: int
    epoch: str
    good_until: float


@dataclass(frozen=True, slots=True)
class KeyReading:
    """What a key stood for when the database was asked."""

    identity: KeyIdentity
    asked: Moment


class _Installation:
    """What is shared with the other processes of an installation."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        url = make_url(settings.database_url)
        self.is_on_one_machine = url.get_backend_name() == "sqlite"
        in_file = self.is_on_one_machine and url.database not in (None, "", _IN_MEMORY)
        # Beside SQLite's file, which every process of the installation opens, wherever its home is.
        self._folder = Path(str(url.database)).parent if in_file else settings.home
        self.heard = ""
        """The number in Redis as the limiter last brought it; empty while none was heard."""
        self.redis = key_epochs.KeyEpoch(settings.redis_url) if settings.redis_url else None

    @cached_property
    def bytes(self) -> mmap.mmap:
        """Eight bytes that all processes with the same folder look at."""
        return _shared(self._folder / FILE)


def _shared(path: Path) -> mmap.mmap:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        if file.tell() < _NUMBER.size:
            file.truncate(_NUMBER.size)
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), _NUMBER.size)


_here: _Installation | None = None
_remembered: dict[str, KeyReading] = {}
_clock: Callable[[], float] = time.monotonic


def _installed() -> _Installation:
    global _here  # noqa: PLW0603 -- opened once for each installation
    settings = installation.settings()
    if _here is None or _here.settings is not settings:
        _here = _Installation(settings)
    return _here


def _number() -> int:
    return int(_NUMBER.unpack_from(_installed().bytes)[0])


def heard(epoch: str) -> None:
    """Note the number in Redis that the limiter brought."""
    _installed().heard = epoch


def now() -> Moment:
    """Return the moment, to be taken before the database is asked."""
    return Moment(number=_number(), epoch=_installed().heard, good_until=_clock() + GOOD_FOR)


def remember(token: str, reading: KeyReading) -> None:
    """Keep what was read of a key."""
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[api_keys.hash_of(token)] = reading


def recall(token: str) -> KeyReading | None:
    """Return what is remembered of a key and still good; None means: ask the database."""
    reading = _remembered.get(api_keys.hash_of(token))
    return reading if reading is not None and holds(reading) else None


def holds(reading: KeyReading) -> bool:
    """Tell whether a reading is good still, as far as this machine knows."""
    return reading.asked.number == _number() and _clock() < reading.asked.good_until


def forget() -> None:
    """Return once no process of the installation believes what it read before."""
    if not _tell_everybody():
        time.sleep(GOOD_FOR)


def _tell_everybody() -> bool:
    here = _installed()
    _NUMBER.pack_into(here.bytes, 0, secrets.randbits(64))
    told = here.redis.draw() if here.redis is not None else False
    return told or here.is_on_one_machine
