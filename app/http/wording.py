"""What is wrong with a field, in words that name the rule and never quote the value."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from jsonschema_rs import ValidationError

from app.domain.errors import Detail

REQUIRED: Final = "this field is required"
UNKNOWN: Final = "this field is not known here"

_FORMATS: Final = {
    "uuid": "a UUID",
    "date-time": "an instant such as 2026-04-10T23:30:00Z",
    "date": "a date such as 2026-04-10",
    "email": "an email address",
    "uri": "an absolute URL",
}
_TYPES: Final = {
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


def _type(names: list[str]) -> str:
    return f"must be {' or '.join(_TYPES[name] for name in names)}"


def _at(bound: str, one: str, several: str) -> Callable[[int], str]:
    return lambda limit: f"must have at {bound} {limit} {one if limit == 1 else several}"


def one_of(values: Iterable[Any]) -> str:
    """Say which values are allowed."""
    return f"must be one of {', '.join(str(value) for value in values)}"


_RULES: Final[dict[str, Callable[[Any], str]]] = {
    "required": lambda _: REQUIRED,
    "additionalProperties": lambda _: UNKNOWN,
    "type": _type,
    "enum": one_of,
    "const": lambda value: f"must be {value}",
    "format": lambda name: f"must be {_FORMATS.get(name, name)}",
    "minimum": lambda limit: f"must be at least {limit}",
    "maximum": lambda limit: f"must be at most {limit}",
    "exclusiveMinimum": lambda limit: f"must be more than {limit}",
    "exclusiveMaximum": lambda limit: f"must be less than {limit}",
    "multipleOf": lambda step: f"must be a multiple of {step}",
    "minLength": _at("least", "character", "characters"),
    "maxLength": _at("most", "character", "characters"),
    "minItems": _at("least", "entry", "entries"),
    "maxItems": _at("most", "entry", "entries"),
    "minProperties": _at("least", "field", "fields"),
    "maxProperties": _at("most", "field", "fields"),
    "uniqueItems": lambda _: "must not repeat an entry",
    "propertyNames": lambda _: "has a field whose name is not allowed",
    "pattern": lambda pattern: f"must match {pattern}",
}
"""The sentence of each rule; of the rules that a field breaks, the first in this order is told."""
_RANKS: Final = {rule: rank for rank, rule in enumerate(_RULES)}


def details(errors: Iterable[ValidationError], *, root: str) -> list[Detail]:
    """Return one detail for each offending field; `root` names the value as a whole."""
    told: dict[str, tuple[int, str]] = {}
    for error in errors:
        rank = _RANKS.get(error.kind.name, len(_RANKS))
        for field in _fields(error):
            if field not in told or rank < told[field][0]:
                told[field] = (rank, _sentence(error))
    return [Detail(field or root, sentence) for field, (_, sentence) in told.items()]


def _fields(error: ValidationError) -> list[str]:
    path = [str(step) for step in error.instance_path]
    match error.kind.name:
        case "required":
            names = [error.kind.value]
        case "additionalProperties":
            names = error.kind.value
        case _:
            return [".".join(path)]
    return [".".join([*path, name]) for name in names]


def _sentence(error: ValidationError) -> str:
    rule = _RULES.get(error.kind.name)
    return rule(error.kind.value) if rule else "is not valid"
