"""Calls that a request makes to services outside, gathered for its trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from app.domain.traces import UpstreamCall

_calls: ContextVar[list[UpstreamCall] | None] = ContextVar("upstream_calls", default=None)


@contextmanager
def collect() -> Iterator[list[UpstreamCall]]:
    """Gather the calls noted while the block runs, on its thread and on those that inherit its context."""
    calls: list[UpstreamCall] = []
    token = _calls.set(calls)
    try:
        yield calls
    finally:
        _calls.reset(token)


def note(service: str, *, request_id: str | None, status: int | None, duration_ms: float) -> None:
    """Note one call and the service's own id for it; where nobody gathers, it is forgotten."""
    calls = _calls.get()
    if calls is not None:
        calls.append(UpstreamCall(service, request_id, status, duration_ms))
