"""Patience: an end to waiting, which costs nothing where nothing has to be waited for.

A timer for each body would take longer than to read one that is there already, as most are.
"""

import asyncio
from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def at_most(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Return what some work comes to; raise TimeoutError if it has to wait for longer."""
    try:
        awaited = work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    async with asyncio.timeout(seconds):
        return await _the_rest_of(work, awaited)


@coroutine
def _the_rest_of(work: Coroutine[Any, Any, T], awaited: Any) -> Generator[Any, Any, T]:
    """Go on with work that waits for something, as `await` would have from its beginning."""
    try:
        while True:
            try:
                given = yield awaited
            except BaseException as error:  # kept by no name, or it would keep this frame and the work's
                awaited = work.throw(error)
            else:
                awaited = work.send(given)
    except StopIteration as done:
        result: T = done.value
        return result
