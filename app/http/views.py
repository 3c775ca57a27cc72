"""Handlers as the bridge calls them: compiled once, so that a request costs one call with what it needs.

A handler names what it wants: path, query and header parameters, `body`, `raw`, `user`, `once`.
"""

import inspect
from collections.abc import Callable
from typing import Any, Final

import orjson

from app.contract.document import Operation, Parameter
from app.contract.load import SpecError
from app.http.exchange import Exchange
from app.http.request import caller_of, once_of
from app.http.wsgi import WholeAnswer

Handler = Callable[..., Any]
View = Callable[[Exchange], WholeAnswer]

_OFFERED: Final[dict[str, Callable[[Exchange], Any]]] = {
    "user": caller_of,
    "once": once_of,
    "body": lambda exchange: exchange.body,
    "raw": lambda exchange: exchange.raw,
}
_NAMELESS: Final = {
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.VAR_KEYWORD,
}
_JSON: Final = (b"content-type", b"application/json")
_NO_CONTENT: Final = 204
_PAIR: Final = 2


def compile_view(operation: Operation, handler: Handler) -> View:
    """Make a view of a handler; raise SpecError if it wants what a request may not have."""
    wanted = _wanted(operation, handler)
    offered = [(name, _OFFERED[name]) for name in wanted if name in _OFFERED]
    named = frozenset(wanted) - _OFFERED.keys()

    def view(exchange: Exchange) -> WholeAnswer:
        arguments = {name: value for name, value in exchange.arguments.items() if name in named}
        for name, offer in offered:
            arguments[name] = offer(exchange)
        return _answer(handler(**arguments))

    return view


def _wanted(operation: Operation, handler: Handler) -> list[str]:
    parameters = inspect.signature(handler).parameters
    given = {parameter.argument: _is_always_there(parameter) for parameter in operation.parameters}
    given |= dict.fromkeys(_OFFERED, True)
    for name, parameter in parameters.items():
        if parameter.kind in _NAMELESS:
            raise SpecError(f"The handler of {operation.id} must name its arguments, and {name} is no name")
        if parameter.default is parameter.empty and not given.get(name):
            raise SpecError(f"The handler of {operation.id} wants {name}, which a request may not have")
    return [name for name in parameters if name in given]


def _is_always_there(parameter: Parameter) -> bool:
    return parameter.required or "default" in parameter.schema


def _answer(value: Any) -> WholeAnswer:
    """Answer a dict, a pair with a status, a triple with headers, or None."""
    status, more = 200, None
    if isinstance(value, tuple):
        value, status, more = (*value, None) if len(value) == _PAIR else value
    headers = [(name.lower().encode(), text.encode("latin-1")) for name, text in more.items()] if more else []
    if value is None:
        return WholeAnswer(_NO_CONTENT, headers, b"")
    body = orjson.dumps(value)
    return WholeAnswer(status, [_JSON, (b"content-length", b"%d" % len(body)), *headers], body)
