"""Where an exception came from, told without what it may quote.

An exception's message can hold a plate, an email or a key (a database driver quotes the row that it refused),
so frames and types are kept and messages are not, save for types whose message only ever names code.
"""

import linecache
import traceback
from collections import deque
from collections.abc import Iterator
from types import CodeType
from typing import Final

from app.domain.errors import ParkGraphError

_LAST_FRAMES: Final = 30
_NAMING_CODE: Final = (AttributeError, ImportError, NameError, NotImplementedError, TypeError, ParkGraphError)


def describe(error: BaseException) -> str:
    """Return frames and types of an exception and of what caused it, the cause first."""
    return "".join(reversed([_link(link) for link in _chain(error)]))


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _link(error: BaseException) -> str:
    frames = deque(traceback.walk_tb(error.__traceback__), maxlen=_LAST_FRAMES)
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    message = f": {error}" if isinstance(error, _NAMING_CODE) else ""
    return "".join(_line(frame.f_code, number) for frame, number in frames) + f"{name}{message}\n"


def _line(code: CodeType, number: int) -> str:
    """Write a frame as Python does, but for the marks below the line: finding their place takes longest."""
    source = linecache.getline(code.co_filename, number).strip()
    return f'  File "{code.co_filename}", line {number}, in {code.co_name}\n    {source}\n'
