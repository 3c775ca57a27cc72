"""What time it is, in one place, so that a test can say so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

Source = Callable[[], datetime]


def _system_time() -> datetime:
    return datetime.now(UTC)


_source: Source = _system_time


def now() -> datetime:
    """Return the current instant in UTC."""
    return _source()


@contextmanager
def use(source: Source) -> Iterator[None]:
    """Let `source` say the time while the block runs."""
    global _source  # noqa: PLW0603 -- one clock for the whole process is the point
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
