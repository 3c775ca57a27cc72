"""The one rule that leads from an operation to the function that serves it."""

import re
from typing import Final, NamedTuple

_WORD_START: Final = re.compile(r"(?<!^)(?=[A-Z])")


class Handler(NamedTuple):
    """A module of handlers/ and a function in it."""

    module: str
    function: str


def snake_case(operation_id: str) -> str:
    """Write an operationId as a function's name: `dispatchAction` is `dispatch_action`."""
    return _WORD_START.sub("_", operation_id).lower()


def handler_of(*, operation_id: str, tag: str) -> Handler:
    """Name the handler of an operation: its first tag is the module, its operationId the function."""
    return Handler(f"handlers.{tag}", snake_case(operation_id))
