"""What the models have in common: how they are read from JSON and written to it.

A field is named like its property in the contract, with a `_` behind it where Python keeps the word for
itself. Properties that a model does not know are passed over, so a newer server breaks no client.
"""

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Final, Literal, Self, Union, cast, get_args, get_origin, get_type_hints

from parkgraph.answers import Answer

__all__ = ["UNCHANGED", "Model", "Unchanged", "encode"]


class Unchanged(Enum):
    """The type of `UNCHANGED`."""

    UNCHANGED = "unchanged"

    def __repr__(self) -> str:
        return "UNCHANGED"


UNCHANGED: Final = Unchanged.UNCHANGED
"""Leaves a value as it is, where None takes it away."""

Reader = Callable[[Any, Answer | None], Any]


class _Misfit(ValueError):
    """Says which field does not fit, and nothing of what it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A part of the contract that has named properties."""

    _answer: Answer | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def answer(self) -> Answer:
        """Return the answer that this came in; raise LookupError for a model of your own making."""
        if self._answer is None:
            raise LookupError(f"This {type(self).__name__} did not come in an answer.")
        return self._answer

    @classmethod
    def from_json(cls, data: Any, *, answer: Answer | None = None) -> Self:
        """Read one from an object of JSON; raise ValueError or TypeError where it is none."""
        if not isinstance(data, Mapping):
            raise TypeError(f"{cls.__name__} is no object: {type(data).__name__}")
        given = cast(Mapping[str, Any], data)
        values: dict[str, Any] = {}
        kind: Any = cls  # mypy takes a class for unhashable where its instances may be
        for name, key, required, read in _fields(kind):
            if given.get(key) is not None:
                values[name] = _read(cls, key, read, given[key], answer)
            elif required:
                raise _Misfit(f"{cls.__name__} has no {key}")
        made = cls(**values)
        object.__setattr__(made, "_answer", answer)
        return made

    def to_json(self) -> dict[str, Any]:
        """Write it as JSON, without what is not there."""
        written: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            left_out = UNCHANGED if each.default is UNCHANGED else None
            if each.init and value is not left_out:
                written[_key(each.name)] = encode(value)
        return written


def encode(value: Any) -> Any:
    """Write a value as JSON knows it; raise ValueError for an instant without a time zone."""
    if isinstance(value, Mapping):
        return {key: encode(inner) for key, inner in cast(Mapping[str, Any], value).items()}
    if isinstance(value, list | tuple):
        return [encode(inner) for inner in cast(Sequence[Any], value)]
    for kind, write in _WRITERS.items():
        if isinstance(value, kind):
            return write(value)
    return value


def _instant(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _key(name: str) -> str:
    return name.removesuffix("_")


@cache
def _fields(model: type[Any]) -> Sequence[tuple[str, str, bool, Reader]]:
    """Return name, property, whether it has to be there, and how it is read, of each field."""
    hints = get_type_hints(model)
    return [
        (each.name, _key(each.name), _is_required(hints[each.name]), _reader(hints[each.name]))
        for each in fields(model)
        if each.init
    ]


def _is_required(kind: Any) -> bool:
    return not {types.NoneType, Unchanged} & set(get_args(kind))


def _read(model: type[Model], key: str, read: Reader, value: Any, answer: Answer | None) -> Any:
    try:
        return read(value, answer)
    except _Misfit:
        raise  # it names the field within
    except (ValueError, TypeError, AttributeError, ArithmeticError):
        # what they say holds the value, which may be a plate
        raise _Misfit(f"{model.__name__}.{key} can't be read: {type(value).__name__}") from None


def _reader(kind: Any) -> Reader:
    """Find out how a value of a type is read."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return _reader(_meant(inner))
    if origin is Literal:
        return _as_it_is
    if origin is list:
        return _list_of(_reader(inner[0]))
    if origin is dict:
        return _map_of(_reader(inner[1]))
    if isinstance(kind, type) and issubclass(kind, Model):
        return lambda value, answer: kind.from_json(value, answer=answer)
    return _SIMPLE.get(kind, _as_it_is)


def _meant(alternatives: Sequence[Any]) -> Any:
    """Return what a union is about, beside being absent."""
    return next(each for each in alternatives if each not in {types.NoneType, Unchanged})


def _as_it_is(value: Any, _answer: Answer | None) -> Any:
    return value


def _list_of(read: Reader) -> Reader:
    return lambda value, answer: [read(each, answer) for each in value]


def _map_of(read: Reader) -> Reader:
    return lambda value, answer: {key: read(each, answer) for key, each in value.items()}


_SIMPLE: Final[Mapping[Any, Reader]] = {
    datetime: lambda value, _: datetime.fromisoformat(value),
    date: lambda value, _: date.fromisoformat(value),
    Decimal: lambda value, _: Decimal(str(value)),
    float: lambda value, _: float(value),
}

_WRITERS: Final[Mapping[type, Callable[[Any], Any]]] = {
    Model: Model.to_json,
    Decimal: float,
    datetime: _instant,  # before date, which it is a kind of
    date: date.isoformat,
}
