"""Handlers as the bridge calls them: compiled once, so that a request costs one call with what it needs.

A handler names what it wants: path, query and header parameters, `body`, `raw`, `media_type`, `user`, `once`.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from app.contract.document import Operation, Parameter
from app.contract.load import SpecError
from app.http import conditional
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
    "media_type": lambda exchange: exchange.media_type,
}
_NAMELESS: Final = {
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.VAR_KEYWORD,
}
_OK: Final = 200
_NO_CONTENT: Final = 204
_NOT_MODIFIED: Final = 304
_PAIR: Final = 2


def compile_view(operation: Operation, handler: Handler) -> View:
    """Make a view of a handler; raise SpecError if it wants what a request may not have."""
    wanted = _wanted(operation, handler)
    offered = [(name, _OFFERED[name]) for name in wanted if name in _OFFERED]
    named = frozenset(wanted) - _OFFERED.keys()
    media_types = _media_types(operation)
    has_etag = _NOT_MODIFIED in operation.responses

    def view(exchange: Exchange) -> WholeAnswer:
        arguments = {name: value for name, value in exchange.arguments.items() if name in named}
        for name, offer in offered:
            arguments[name] = offer(exchange)
        answer = _answer(handler(**arguments), media_types)
        return conditional.tagged(answer, exchange.arguments.get("if_none_match")) if has_etag else answer

    return view


def _media_types(operation: Operation) -> Mapping[int, bytes]:
    """Read off the contract in which media type each status answers; text is in UTF-8."""
    written = {
        status: response.media_types[0]
        for status, response in operation.responses.items()
        if response.media_types
    }
    return {
        status: f"{name}; charset=utf-8".encode() if name.startswith("text/") else name.encode()
        for status, name in written.items()
    }


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


def _answer(value: Any, media_types: Mapping[int, bytes]) -> WholeAnswer:
    """Answer what a handler returned: text as it is, anything else as JSON, in the contract's media type."""
    body, status, more = _whole(value)
    headers = [(name.lower().encode(), text.encode("latin-1")) for name, text in more.items()]
    if body is None:
        return WholeAnswer(status, headers, b"")
    content = body.encode() if isinstance(body, str) else orjson.dumps(body)
    kind = (b"content-type", media_types.get(status, b"application/json"))
    return WholeAnswer(status, [kind, (b"content-length", b"%d" % len(content)), *headers], content)


def _whole(value: Any) -> tuple[Any, int, Mapping[str, str]]:
    """Complete a body, a pair with a status, a triple with headers, or None, which answers nothing."""
    if not isinstance(value, tuple):
        return value, _NO_CONTENT if value is None else _OK, {}
    if len(value) == _PAIR:
        return *value, {}
    body, status, headers = value
    return body, status, headers
