"""Objects: which properties there are, which of them have to be there, and whether others may."""

from collections.abc import Callable
from typing import Any

from app.contract.changes.change import Change, Impact, Place
from app.contract.changes.comparison import ABSENT, Changes, Comparison, equal, pairs
from app.contract.load import Json

Compare = Callable[[Comparison, Any, Any, Place], Changes]


def compare(comparison: Comparison, was: Json, now: Json, place: Place, *, compare: Compare) -> Changes:
    """Compare the properties of two objects, and what else they take."""
    for name, before, after in pairs(was.get("properties", {}), now.get("properties", {})):
        at = place.property(name)
        if before is ABSENT:
            yield _new(was, at, required=name in now.get("required", []))
            yield from _once_of_a_map(comparison, was, after, at, compare=compare)
        elif after is ABSENT:
            yield at.breaking("It is gone.")
        else:
            yield from compare(comparison, before, after, at)
    yield from _requirements(was, now, place)
    yield from _others(comparison, was, now, place, compare=compare)


def _new(was: Json, at: Place, *, required: bool) -> Change:
    if at.side == "response":
        return at.additive("It is new.")
    if required:
        return at.breaking("It is new and required.")
    if was.get("additionalProperties", True) is True:
        return at.breaking("It is new, where whatever was sent under its name was taken before.")
    return at.additive("It is new.")


def _once_of_a_map(comparison: Comparison, was: Json, now: Any, at: Place, *, compare: Compare) -> Changes:
    """Compare a new property with what a map said of every name; in which words, is no change."""
    before = was.get("additionalProperties", True)
    if isinstance(before, dict):
        found = compare(comparison, before, now, at)
        yield from (change for change in found if change.impact is not Impact.DOCS)


def _requirements(was: Json, now: Json, place: Place) -> Changes:
    before, after = was.get("required", []), now.get("required", [])
    for name in after:
        if name not in before and _is_kept(name, was, now):
            yield place.property(name).narrowed("It is always there.")
    for name in before:
        if name not in after and _is_kept(name, was, now):
            yield place.property(name).widened("It may be left out.")
    if not equal(before, after) and set(before) == set(after):
        yield place.docs("What is required is written in another order.")


def _is_kept(name: str, was: Json, now: Json) -> bool:
    """Tell whether a name is known before and after; that it is new or gone says it all otherwise."""
    return (name in was.get("properties", {})) == (name in now.get("properties", {}))


def _others(comparison: Comparison, was: Json, now: Json, place: Place, *, compare: Compare) -> Changes:
    before, after = was.get("additionalProperties", True), now.get("additionalProperties", True)
    at = place.property("*")
    if before is False and after is not False:
        yield at.additive("Other names may be there.")
    elif after is False and before is not False:
        yield _closed(before, at)
    elif equal(before, after) and not equal_written(was, now):
        yield at.docs("That other names may be there is written in another way.")
    else:
        yield from compare(comparison, before, after, at)


def _closed(before: Any, at: Place) -> Change:
    """Tell that no other names are there; of a map, they were all that it had."""
    sentence = "No other names may be there."
    return at.narrowed(sentence) if before is True else at.breaking(sentence)


def equal_written(was: Json, now: Json) -> bool:
    """Tell whether both say in the same way which other names they take."""
    return ("additionalProperties" in was) == ("additionalProperties" in now)
