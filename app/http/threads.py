"""Threads that work for the event loop.

An executor of the standard library makes a second future for each piece of work, with a lock of its own, and
ties it to the loop's; for the short work of a server that costs more than going to a thread and back. Here
the loop's future is all there is.
"""

from asyncio import AbstractEventLoop, Future, get_running_loop
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class _Job(NamedTuple):
    """A piece of work, and who waits for it."""

    work: Callable[[], Any]
    context: Context
    loop: AbstractEventLoop
    done: "Future[Any]"

    def carry_out(self) -> None:
        """Do the work, unless nobody waits for it any more; whoever waits gets what it raises."""
        if self.done.cancelled():
            return
        try:
            answer = self.context.run(self.work)
        except BaseException as error:
            self._tell(self.done.set_exception, error)
        else:
            self._tell(self.done.set_result, answer)

    def give_up(self) -> None:
        """Tell who waits that the work will not be done."""
        self._tell(self.done.cancel)

    def _tell(self, settle: Callable[..., object], *outcome: Any) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._settle, settle, *outcome)

    def _settle(self, settle: Callable[..., object], *outcome: Any) -> None:
        if not self.done.done():
            settle(*outcome)


class Threads:
    """So many threads that take up work in the order in which it came; they start with the first."""

    def __init__(self, most: int, *, name: str) -> None:
        self._waiting: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads = [
            Thread(target=self._work, name=f"{name}_{number}", daemon=True) for number in range(most)
        ]
        self._lock = Lock()
        self._is_started = self._is_closed = False

    async def run(self, work: Callable[[], T]) -> T:
        """Let a thread do a piece of work, in the caller's context; raise RuntimeError once closed."""
        loop = get_running_loop()
        done: Future[T] = loop.create_future()
        self._take(_Job(work, copy_context(), loop, done))
        return await done

    def close(self) -> None:
        """Finish what runs, give up what waits, and take no more."""
        with self._lock:
            self._is_closed = True
            with suppress(Empty):
                while (job := self._waiting.get_nowait()) is not None:
                    job.give_up()
            for _ in self._threads:
                self._waiting.put(None)
        if self._is_started:
            for thread in self._threads:
                thread.join()

    def _take(self, job: _Job) -> None:
        with self._lock:
            if self._is_closed:
                raise RuntimeError("The threads take no more work.")
            if not self._is_started:
                self._is_started = True
                for thread in self._threads:
                    thread.start()
            self._waiting.put(job)

    def _work(self) -> None:
        while (job := self._waiting.get()) is not None:
            job.carry_out()
            del job  # else what it holds would live until the next one comes
