"""Walking two documents side by side, keyword by keyword: what no rule knows is told as breaking."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property, partial
from typing import Any, Final, NamedTuple

import orjson

from app.contract.changes.change import Change, Place
from app.contract.load import Json, escape
from app.contract.operations import at
from app.contract.schemas import beside, references

Changes = Iterator[Change]


class _Absent:
    """A keyword that is not there, which is not the same as null."""

    def __bool__(self) -> bool:
        return False


ABSENT: Final = _Absent()

Rule = Callable[["Comparison", Json, Json, Place], Changes]
"""Compares the keywords that it stands for in two nodes; called where one of them differs."""


class _Definition(NamedTuple):
    """What is behind a reference, and the pointer to it; none where it is written in its place."""

    node: Json
    pointer: str


class Comparison:
    """Two folded documents, and what of them may differ."""

    def __init__(self, released: Json, current: Json, *, released_at: datetime | None = None) -> None:
        self.released = released
        self.current = current
        self.released_at = released_at
        """When clients can read the current one, at the earliest; None if nobody knows."""
        self.unlike = _unlike(released, current)
        self._touched = self._closure_of_users(self.unlike) if self.unlike else frozenset[str]()
        self._under_way: set[tuple[str, str, str]] = set()

    def same(self, was: Any, now: Any) -> bool:
        """Tell whether two nodes and all that they refer to are the same."""
        if was is ABSENT or now is ABSENT:
            return was is now
        return equal(was, now) and (not self._touched or self._touched.isdisjoint(references(now)))

    def nodes(self, rules: Mapping[str, Rule], was: Any, now: Any, place: Place) -> Changes:
        """Compare two objects, having followed their references, by the rules for their keywords."""
        if self.same(was, now):
            return
        before, after = _followed(self.released, was), _followed(self.current, now)
        if before is None or after is None:
            yield place.breaking("A reference leads nowhere.")
            return
        if before.pointer != after.pointer:
            yield place.docs(f"It is defined {_by(after.pointer)} instead of {_by(before.pointer)}.")
        under_way = before.pointer, after.pointer, place.side
        if under_way in self._under_way:
            return
        if after.pointer:
            self._under_way.add(under_way)
            if equal(beside(was), beside(now)):  # else it differs here, wherever the definition is used
                place = place.defined_as(after.pointer.rpartition("/")[2])
        yield from self._keywords(rules, before.node, after.node, place)
        self._under_way.discard(under_way)

    def reached_from(self, nodes: Iterable[Any]) -> frozenset[str]:
        """Return every reference that nodes lead to, in either document, however far."""
        found: set[str] = set()
        waiting = [reference for node in nodes for reference in references(node)]
        while waiting:
            reference = waiting.pop()
            if reference not in found:
                found.add(reference)
                waiting.extend(self._reaches.get(reference, ()))
        return frozenset(found)

    def _keywords(self, rules: Mapping[str, Rule], was: Json, now: Json, place: Place) -> Changes:
        differing = [name for name, *_ in pairs(was, now) if not self._same_at(name, was, now)]
        for rule, names in _grouped(rules, differing).items():
            found = list(rule(self, was, now, place))
            yield from found
            for name in names if not found else ():
                if not equal_at(name, was, now):
                    yield place.breaking(f"`{name}` differs in a way that is not understood.")

    def _same_at(self, name: str, was: Json, now: Json) -> bool:
        """Compare with its name what stands at a keyword: a mapping refers only within a discriminator."""
        return name in was and name in now and self.same({name: was[name]}, {name: now[name]})

    @cached_property
    def _reaches(self) -> Mapping[str, frozenset[str]]:
        """What each definition refers to, before or after."""
        before, after = _references_of(self.released), _references_of(self.current)
        nothing = frozenset[str]()
        return {key: before.get(key, nothing) | after.get(key, nothing) for key in before.keys() | after}

    def _closure_of_users(self, unlike: frozenset[str]) -> frozenset[str]:
        """Add every definition that leads to one that differs."""
        touched, size = set(unlike), -1
        while size != len(touched):
            size = len(touched)
            touched |= {user for user, found in self._reaches.items() if not found.isdisjoint(touched)}
        return frozenset(touched)


def equal(was: Any, now: Any) -> bool:
    """Tell whether two JSON values are the same; true is not 1."""
    return was is now or (was == now and _bytes(was) == _bytes(now))


def equal_at(name: str, was: Json, now: Json) -> bool:
    """Tell whether two nodes have the same at a keyword, references unfollowed."""
    return name in was and name in now and equal(was[name], now[name])


def pairs(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Give every key of two mappings with both values; ABSENT where there is none."""
    for key in dict.fromkeys([*was, *now]):
        yield key, was.get(key, ABSENT), now.get(key, ABSENT)


def told(name: str) -> Rule:
    """Make the rule for a keyword that only explains."""
    return partial(_told, name)


def quoted(value: Any) -> str:
    """Write a JSON value as code."""
    return f"`{value}`" if isinstance(value, str) else f"`{orjson.dumps(value).decode()}`"


def definition_of(document: Json, node: Json) -> Json | None:
    """Return the definition behind a node that may be a reference; None where that leads nowhere."""
    followed = _followed(document, node)
    return followed and followed.node


def _told(name: str, _: Comparison, was: Json, now: Json, place: Place) -> Changes:
    if name not in was:
        yield place.docs(f"It has got `{name}`.")
    elif name not in now:
        yield place.docs(f"It has lost `{name}`.")
    else:
        yield place.docs(f"Its `{name}` says something else.")


def _not_understood(name: str, _: Comparison, __: Json, ___: Json, place: Place) -> Changes:
    yield place.breaking(f"`{name}` changed, which is not understood.")


def _grouped(rules: Mapping[str, Rule], names: Iterable[str]) -> Mapping[Rule, list[str]]:
    grouped: dict[Rule, list[str]] = {}
    for name in names:
        grouped.setdefault(rules.get(name) or partial(_not_understood, name), []).append(name)
    return grouped


def _followed(document: Json, node: Any) -> _Definition | None:
    """Follow references; return None where one leads nowhere."""
    pointer = ""
    while isinstance(node, dict) and isinstance(node.get("$ref"), str) and node["$ref"] != pointer:
        try:
            definition = at(document, node["$ref"])
        except (LookupError, TypeError, ValueError):
            return None
        pointer, node = node["$ref"], _with(definition, beside(node))
    return _Definition(node if isinstance(node, dict) else {"": node}, pointer)


_EXPLAINS: Final = frozenset({"summary", "description", "title", "examples", "default", "deprecated"})


def _with(definition: Any, added: Json) -> Any:
    """Add what stands beside a reference: words replace words, and what binds, binds too."""
    if not added or not isinstance(definition, dict):
        return definition
    words = {key: value for key, value in added.items() if key in _EXPLAINS}
    binding = {key: value for key, value in added.items() if key not in _EXPLAINS}
    every = {"allOf": [*definition.get("allOf", []), binding]} if binding else {}
    return {**definition, **words, **every}


def _by(pointer: str) -> str:
    return f"by `{pointer.rpartition('/')[2]}`" if pointer else "in its place"


def _bytes(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _components(document: Json) -> Iterator[tuple[str, Any]]:
    for section, entries in document.get("components", {}).items():
        for name, definition in entries.items():
            yield f"#/components/{section}/{escape(name)}", definition


def _references_of(document: Json) -> dict[str, frozenset[str]]:
    return {pointer: frozenset(references(definition)) for pointer, definition in _components(document)}


def _unlike(released: Json, current: Json) -> frozenset[str]:
    before, after = dict(_components(released)), dict(_components(current))
    return frozenset(
        pointer
        for pointer in before.keys() | after.keys()
        if pointer not in before or pointer not in after or not equal(before[pointer], after[pointer])
    )
