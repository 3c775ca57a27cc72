"""An end to waiting: what is there at once, what comes in time, what comes too late, and who is told."""

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from app.http.patience import at_most

SOON, LATE = 0.001, 30.0


class Work:
    """Waits for something, and remembers what befell it."""

    def __init__(self, wait: Callable[[], Awaitable[object]]) -> None:
        self._wait = wait
        self.befell: list[str] = []

    async def __call__(self) -> str:
        try:
            await self._wait()
        except asyncio.CancelledError:
            self.befell.append("cancelled")
            raise
        finally:
            self.befell.append("left")
        return "done"


async def nothing() -> None:
    return None


async def a_moment() -> None:
    await asyncio.sleep(SOON)
    await asyncio.sleep(0)


async def for_ever() -> None:
    await asyncio.Event().wait()


async def trouble() -> None:
    raise OSError("It broke.")


async def later_trouble() -> None:
    await a_moment()
    await trouble()


@pytest.mark.parametrize("wait", [nothing, a_moment])
def test_what_comes_in_time_is_returned(wait: Callable[[], Awaitable[object]]) -> None:
    work = Work(wait)
    assert asyncio.run(at_most(LATE, work())) == "done"
    assert work.befell == ["left"]


@pytest.mark.parametrize("wait", [trouble, later_trouble])
def test_what_breaks_raises_what_broke_it(wait: Callable[[], Awaitable[object]]) -> None:
    work = Work(wait)
    with pytest.raises(OSError, match="It broke"):
        asyncio.run(at_most(LATE, work()))
    assert work.befell == ["left"]


def test_what_comes_too_late_is_told_so_and_given_up() -> None:
    work = Work(for_ever)
    with pytest.raises(TimeoutError):
        asyncio.run(at_most(SOON, work()))
    assert work.befell == ["cancelled", "left"]


def test_what_was_given_up_is_forgotten_without_being_collected() -> None:
    async def give_up() -> weakref.ref[Work]:
        work = Work(for_ever)
        with suppress(TimeoutError):
            await at_most(SOON, work())
        return weakref.ref(work)

    gc.collect()
    gc.disable()
    try:
        held = asyncio.run(give_up())
        assert held() is None
    finally:
        gc.enable()


def test_whoever_is_cancelled_meanwhile_stays_cancelled() -> None:
    work = Work(for_ever)

    async def cancelled() -> None:
        task = asyncio.create_task(at_most(LATE, work()))
        await asyncio.sleep(SOON)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert work.befell == ["cancelled", "left"]


def test_work_that_goes_on_after_its_time_is_waited_for_and_still_told_late() -> None:
    ended: list[bool] = []

    async def stubborn() -> None:
        try:
            await for_ever()
        except asyncio.CancelledError:
            await a_moment()
            ended.append(True)
            raise

    with pytest.raises(TimeoutError):
        asyncio.run(at_most(SOON, stubborn()))
    assert ended == [True]
