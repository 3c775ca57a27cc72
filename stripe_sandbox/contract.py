"""What a request may say, read out of the stripe SDK's own types.

`stripe.params` is generated from Stripe's OpenAPI document, so this contract is always the one of the SDK's
pinned API version: an unknown, missing, removed or ill-typed parameter is refused as Stripe refuses it.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from types import UnionType
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin

import stripe.params
from stripe import RequestOptions
from typing_extensions import get_type_hints, is_typeddict

from stripe_sandbox.forms import Form
from stripe_sandbox.refusals import Invalid

API_VERSION = "2026-10-28.endive"
"""The only version of Stripe's API that is spoken here; a newer SDK makes this a decision."""

Asked = dict[str, Any]
"""A request's parameters, checked, with whole numbers and booleans as such."""

_TRAVELS_AS_HEADERS = frozenset(RequestOptions.__annotations__)
_NAMES_THE_SDK_IMPORTS_FOR_TYPING_ONLY = {"Mapping": Mapping, "StripeContext": object}
_Reader = Callable[[Any, str], Any]
"""Reads what was given for the parameter of that path; raises Invalid."""
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_BOOLEANS = {"true": True, "false": False}
_NO_LONGER_SUPPORTED = {"payment_method_types": "payment_method_types_no_longer_supported"}


def read(params: str, form: Form) -> Asked:
    """Check a form against a params type of the SDK by name, `PaymentIntentCreateParams`; raise Invalid."""
    return _read_hash(getattr(stripe.params, params), form, "")


def names(params: str) -> frozenset[str]:
    """Return the parameters that a params type knows."""
    return frozenset(_hints(getattr(stripe.params, params)))


@cache
def _hints(params: type) -> dict[str, Any]:
    hints = get_type_hints(params, localns=_NAMES_THE_SDK_IMPORTS_FOR_TYPING_ONLY, include_extras=True)
    return {name: hint for name, hint in hints.items() if name not in _TRAVELS_AS_HEADERS}


@cache
def _readers(params: type) -> dict[str, _Reader]:
    return {name: _reader(hint) for name, hint in _hints(params).items()}


def _read_hash(params: type, given: Any, path: str) -> Asked:
    if not isinstance(given, dict):
        raise Invalid(f"Invalid hash: {path}", param=path)
    readers = _readers(params)
    for name in given:
        if name not in readers:
            raise _unknown(f"{path}[{name}]" if path else name)
    required = params.__required_keys__ & readers.keys()  # type: ignore[attr-defined]  # every TypedDict has it
    for name in sorted(required):
        if name not in given:
            param = f"{path}[{name}]" if path else name
            raise Invalid(f"Missing required param: {param}.", code="parameter_missing", param=param)
    return {name: readers[name](value, f"{path}[{name}]" if path else name) for name, value in given.items()}


def _unknown(param: str) -> Invalid:
    removed = _NO_LONGER_SUPPORTED.get(param)
    if removed:
        return Invalid(f"The parameter {param} is no longer supported.", code=removed, param=param)
    return Invalid(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)


def _reader(hint: Any) -> _Reader:
    if hint in _SCALARS:
        return _SCALARS[hint]
    if is_typeddict(hint):
        return partial(_read_hash, hint)
    make_reader = _COMPOUNDS.get(get_origin(hint))
    return make_reader(get_args(hint)) if make_reader else _read_free_hash


def _reader_of_present(hints: tuple[Any, ...]) -> _Reader:
    return _reader(hints[0])


def _reader_of_any(choices: tuple[Any, ...]) -> _Reader:
    """Take the first choice that fits.

    The SDK writes `Literal['a', 'b'] | str` to stay open for answers of later versions;
    in a request Stripe takes the listed words only.
    """
    closed = any(get_origin(choice) is Literal and get_args(choice) != ("",) for choice in choices)
    readers = [_reader(choice) for choice in choices if not (closed and choice is str)]

    def read_any(given: Any, param: str) -> Any:
        refusals = []
        for read_choice in readers:
            try:
                return read_choice(given, param)
            except Invalid as refusal:
                refusals.append(refusal)
        raise max(refusals, key=lambda refusal: len(refusal.error.get("param", "")))

    return read_any


def _reader_of_literal(words: tuple[str, ...]) -> _Reader:
    def read_literal(given: Any, param: str) -> str:
        if given not in words:
            raise Invalid(f"Invalid {param}: must be one of {', '.join(words)}", param=param)
        return str(given)

    return read_literal


def _reader_of_list(items: tuple[Any, ...]) -> _Reader:
    read_item = _reader(items[0])

    def read_list(given: Any, param: str) -> list[Any]:
        if not isinstance(given, dict) or not all(number.isdecimal() for number in given):
            raise Invalid(f"Invalid array: {param}", param=param)
        return [read_item(given[number], f"{param}[{number}]") for number in sorted(given, key=int)]

    return read_list


def _read_free_hash(given: Any, param: str) -> dict[str, str]:
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise Invalid(f"Invalid hash: {param}", param=param)
    return given


def _read_text(given: Any, param: str) -> str:
    if not isinstance(given, str):
        raise Invalid(f"Invalid string: {param}", param=param)
    if not given:
        message = f"You passed an empty string for '{param}'. Leave it out or send a value."
        raise Invalid(message, code="parameter_invalid_empty", param=param)
    return given


def _read_whole(given: Any, param: str) -> int:
    if not isinstance(given, str) or not _WHOLE.fullmatch(given):
        raise Invalid(f"Invalid integer: {given}", code="parameter_invalid_integer", param=param)
    return int(given)


def _read_number(given: Any, param: str) -> float:
    try:
        return float(given)
    except (TypeError, ValueError):
        raise Invalid(f"Invalid number: {given}", param=param) from None


def _read_boolean(given: Any, param: str) -> bool:
    if not isinstance(given, str) or given not in _BOOLEANS:
        raise Invalid(f"Invalid boolean: {given}", param=param)
    return _BOOLEANS[given]


def _read_nothing(_given: Any, param: str) -> None:
    raise Invalid(f"Invalid value: {param}", param=param)


_COMPOUNDS: dict[Any, Callable[[tuple[Any, ...]], _Reader]] = {
    NotRequired: _reader_of_present,
    Required: _reader_of_present,
    Union: _reader_of_any,
    UnionType: _reader_of_any,
    Literal: _reader_of_literal,
    list: _reader_of_list,
}

_SCALARS: dict[Any, _Reader] = {
    str: _read_text,
    int: _read_whole,
    float: _read_number,
    bool: _read_boolean,
    type(None): _read_nothing,
    object: _read_nothing,
}
