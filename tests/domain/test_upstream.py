"""Calls to services outside are collected for the request that made them."""

import contextvars
import threading

from app.domain import upstream
from app.domain.traces import UpstreamCall

CALL = UpstreamCall("stripe", "req_1", 200, 12.5)


def test_calls_are_collected_in_their_order() -> None:
    later = UpstreamCall("stripe", None, None, 8000.0)
    with upstream.collect() as calls:
        upstream.note(CALL)
        upstream.note(later)
    assert calls == [CALL, later]


def test_each_request_collects_its_own() -> None:
    with upstream.collect() as outer:
        with upstream.collect() as inner:
            upstream.note(CALL)
        assert (outer, inner) == ([], [CALL])


def test_a_call_that_nobody_collects_is_forgotten() -> None:
    upstream.note(CALL)
    with upstream.collect() as calls:
        assert calls == []


def test_a_thread_that_works_for_the_request_is_heard() -> None:
    with upstream.collect() as calls:
        context = contextvars.copy_context()
        worker = threading.Thread(target=context.run, args=(upstream.note, CALL))
        worker.start()
        worker.join()
    assert calls == [CALL]
