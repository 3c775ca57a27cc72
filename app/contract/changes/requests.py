"""Requests: parameters and bodies."""

from collections.abc import Mapping
from typing import Any, Final

from app.contract.changes import bodies, schemas
from app.contract.changes.change import Place
from app.contract.changes.comparison import (
    ABSENT,
    Changes,
    Comparison,
    Rule,
    definition_of,
    quoted,
    told,
)
from app.contract.load import Json

_Key = tuple[str, str]
"""Where a parameter is, and its name; that of a header in small letters."""


def parameters(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    """Compare the parameters of an operation by name and by where they are."""
    before = _keyed(comparison.released, was.get("parameters", []))
    after = _keyed(comparison.current, now.get("parameters", []))
    changes = [
        change
        for key in dict.fromkeys([*before, *after])
        for change in _parameter(comparison, key, before, after, place)
    ]
    yield from changes
    if not changes and list(before) != list(after):
        yield place.docs("Its parameters stand in another order.")


def _keyed(document: Json, listed: list[Json]) -> dict[_Key, Json]:
    return {_key(document, parameter): parameter for parameter in listed}


def _key(document: Json, parameter: Json) -> _Key:
    definition = definition_of(document, parameter) or {}
    location, name = definition.get("in", "?"), definition.get("name", "?")
    return location, name.lower() if location == "header" else name


def _parameter(
    comparison: Comparison, key: _Key, before: Mapping[_Key, Json], after: Mapping[_Key, Json], place: Place
) -> Changes:
    location, name = key
    at = place.on("request", f"{location} parameter {name}")
    if key not in before:
        yield from _new(comparison, after[key], at)
    elif key not in after:
        yield at.breaking("It is gone.")
    else:
        yield from comparison.nodes(_PARAMETER, before[key], after[key], at)


def _new(comparison: Comparison, listed: Json, at: Place) -> Changes:
    definition = definition_of(comparison.current, listed)
    if definition is None:
        yield at.breaking("It is new, and a reference that leads nowhere.")
    elif definition.get("required", False):
        yield at.breaking("It is new and required.")
    else:
        yield at.additive("It is new.")


def _spelling(_: Comparison, was: Json, now: Json, place: Place) -> Changes:
    yield place.docs(f"Its name is written {quoted(now['name'])} instead of {quoted(was['name'])}.")


def body(comparison: Comparison, was: Json, now: Json, place: Place) -> Changes:
    """Compare what two operations take as a body."""
    before: Any = was.get("requestBody", ABSENT)
    after: Any = now.get("requestBody", ABSENT)
    at = place.on("request", "request body")
    if before is ABSENT:
        yield from _new(comparison, after, at)
    elif after is ABSENT:
        yield at.breaking("It is gone.")
    else:
        yield from comparison.nodes(_BODY, before, after, at)


_PARAMETER: Final[dict[str, Rule]] = {
    "name": _spelling,
    "required": bodies.requirement,
    "schema": bodies.schema,
    "deprecated": schemas.deprecation,
    **{name: told(name) for name in ("description", "example", "examples")},
}
_BODY: Final[dict[str, Rule]] = {
    "required": bodies.requirement,
    "content": bodies.content,
    "description": told("description"),
}
