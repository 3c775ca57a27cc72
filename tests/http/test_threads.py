"""Threads that work for the event loop: what they do, in whose name, and what closing them leaves."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar

import pytest

from app.http.threads import Threads

whose: ContextVar[str] = ContextVar("whose", default="nobody's")


@pytest.fixture
def threads() -> Iterator[Threads]:
    made = Threads(1, name="test")
    yield made
    made.close()


async def held(threads: Threads, then: Callable[[threading.Event], Awaitable[object]]) -> str:
    """Keep the one thread busy while something else happens; return what its work came to."""
    began, let_go = threading.Event(), threading.Event()

    def work() -> str:
        began.set()
        assert let_go.wait(10)
        return "finished"

    first = asyncio.create_task(threads.run(work))
    assert await asyncio.to_thread(began.wait, 10)
    await then(let_go)
    let_go.set()
    return await first


def test_work_is_done_elsewhere_and_in_the_callers_context(threads: Threads) -> None:
    async def ask() -> tuple[str, str]:
        whose.set("the caller's")
        return await threads.run(lambda: (whose.get(), threading.current_thread().name))

    assert asyncio.run(ask()) == ("the caller's", "test_0")


def test_what_work_raises_is_raised_where_it_was_asked_for(threads: Threads) -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(threads.run(lambda: 1 // 0))
    assert asyncio.run(threads.run(lambda: "still there")) == "still there"


def test_work_that_nobody_waits_for_is_not_begun(threads: Threads) -> None:
    done: list[str] = []

    async def cancel(_: threading.Event) -> None:
        second = asyncio.create_task(threads.run(lambda: done.append("second")))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second

    async def ask() -> None:
        assert await held(threads, cancel) == "finished"
        await threads.run(lambda: done.append("third"))

    asyncio.run(ask())
    assert done == ["third"]


def test_closing_finishes_what_runs_and_gives_up_what_waits(threads: Threads) -> None:
    async def close(let_go: threading.Event) -> None:
        waiting = asyncio.create_task(threads.run(lambda: "too late"))
        await asyncio.sleep(0)
        closing = asyncio.create_task(asyncio.to_thread(threads.close))
        with pytest.raises(asyncio.CancelledError):
            await waiting
        let_go.set()
        await closing

    assert asyncio.run(held(threads, close)) == "finished"


def test_closed_threads_take_no_work(threads: Threads) -> None:
    threads.close()
    with pytest.raises(RuntimeError, match="no more work"):
        asyncio.run(threads.run(lambda: None))


def test_threads_that_never_worked_close_at_once_and_twice() -> None:
    idle = Threads(2, name="idle")
    idle.close()
    idle.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("idle")]
