"""What a request may say, read out of the stripe SDK's own types.

`stripe.params` is generated from Stripe's OpenAPI document, so this contract is always the one of the SDK's
pinned API version: an unknown, missing, removed or ill-typed parameter is refused as Stripe refuses it.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
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
_CompoundReader = Callable[[tuple[Any, ...], Any, str], Any]
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


def _read_hash(params: type, given: Any, path: str) -> Asked:
    if not isinstance(given, dict):
        raise Invalid(f"Invalid hash: {path}", param=path)
    hints = _hints(params)
    for name in given:
        if name not in hints:
            raise _unknown(f"{path}[{name}]" if path else name)
    required = params.__required_keys__ & hints.keys()  # type: ignore[attr-defined]  # every TypedDict has it
    for name in sorted(required):
        if name not in given:
            param = f"{path}[{name}]" if path else name
            raise Invalid(f"Missing required param: {param}.", code="parameter_missing", param=param)
    return {
        name: _read(hints[name], value, f"{path}[{name}]" if path else name) for name, value in given.items()
    }


def _unknown(param: str) -> Invalid:
    removed = _NO_LONGER_SUPPORTED.get(param)
    if removed:
        return Invalid(f"The parameter {param} is no longer supported.", code=removed, param=param)
    return Invalid(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)


def _read(hint: Any, given: Any, param: str) -> Any:
    if hint in _SCALARS:
        return _SCALARS[hint](given, param)
    if is_typeddict(hint):
        return _read_hash(hint, given, param)
    read_compound: _CompoundReader = _COMPOUNDS.get(get_origin(hint), _read_free_hash)
    return read_compound(get_args(hint), given, param)


def _read_present(hints: tuple[Any, ...], given: Any, param: str) -> Any:
    return _read(hints[0], given, param)


def _read_any_of(choices: tuple[Any, ...], given: Any, param: str) -> Any:
    """Take the first choice that fits.

    The SDK writes `Literal['a', 'b'] | str` to stay open for answers of later versions;
    in a request Stripe takes the listed words only.
    """
    closed = any(get_origin(choice) is Literal and get_args(choice) != ("",) for choice in choices)
    refusals = []
    for choice in choices:
        if closed and choice is str:
            continue
        try:
            return _read(choice, given, param)
        except Invalid as refusal:
            refusals.append(refusal)
    raise max(refusals, key=lambda refusal: len(refusal.error.get("param", "")))


def _read_literal(words: tuple[str, ...], given: Any, param: str) -> str:
    if given not in words:
        raise Invalid(f"Invalid {param}: must be one of {', '.join(words)}", param=param)
    return str(given)


def _read_list(items: tuple[Any, ...], given: Any, param: str) -> list[Any]:
    if not isinstance(given, dict) or not all(number.isdecimal() for number in given):
        raise Invalid(f"Invalid array: {param}", param=param)
    return [_read(items[0], given[number], f"{param}[{number}]") for number in sorted(given, key=int)]


def _read_free_hash(_types: tuple[Any, ...], given: Any, param: str) -> dict[str, str]:
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


_COMPOUNDS: dict[Any, _CompoundReader] = {
    NotRequired: _read_present,
    Required: _read_present,
    Union: _read_any_of,
    UnionType: _read_any_of,
    Literal: _read_literal,
    list: _read_list,
}

_SCALARS: dict[Any, Callable[[Any, str], Any]] = {
    str: _read_text,
    int: _read_whole,
    float: _read_number,
    bool: _read_boolean,
    type(None): _read_nothing,
    object: _read_nothing,
}
