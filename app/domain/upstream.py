"""What a request asked of services outside, collected while it runs, for its trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from app.domain.traces import UpstreamCall

_collected: ContextVar[list[UpstreamCall] | None] = ContextVar("upstream_calls", default=None)


@contextmanager
def collect() -> Iterator[list[UpstreamCall]]:
    """Gather the calls made while the block runs, in its threads too, into the list that it is given."""
    calls: list[UpstreamCall] = []
    token = _collected.set(calls)
    try:
        yield calls
    finally:
        _collected.reset(token)


def note(call: UpstreamCall) -> None:
    """Remember one call; where nobody collects, forget it."""
    calls = _collected.get()
    if calls is not None:
        calls.append(call)
