"""Which operation a path and a method lead to, decided from the contract in one step."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

from app.contract.document import Operation

_UNWANTED: Final = re.compile(r"//|[\x00-\x1f\x7f]")
"""What Flask's routing forgives and ours does not, so that nothing reaches a view around the chain."""
_NAME: Final = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True)
class Place:
    """What the contract has at one path."""

    template: str
    names: tuple[str, ...]
    operations: Mapping[str, Operation]
    """By method, HEAD among them wherever GET is."""

    @property
    def allow(self) -> str:
        """Return the complete Allow header."""
        return allow(self.operations)


@dataclass(frozen=True, slots=True)
class Found:
    """A place, and the values that the path gives its names."""

    place: Place
    values: Mapping[str, str]


class Routes:
    """The contract's paths: fixed ones in a dictionary, templates in one expression.

    A template whose values the contract lists stands for so many fixed paths.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        places = [_place(path, methods) for path, methods in _by_path(operations).items()]
        self._fixed = {path: found for place in places for path, found in _listed(place)}
        self._fixed |= {place.template: Found(place, {}) for place in places if not place.names}
        self._by_group: dict[int, Place] = {}
        patterns, group = [], 1
        for place in (place for place in places if place.names):
            patterns.append(f"({_pattern(place.template)})")
            self._by_group[group] = place
            group += 1 + len(place.names)
        self._templates = re.compile("|".join(patterns) or r"(?!)")
        self.words = frozenset(word for place in places for word in place.template.split("/"))
        """Every fixed segment that a path of the contract has."""

    def find(self, path: str) -> Found | None:
        """Return what stands at a path, or None; a fixed path goes before a template."""
        if found := self._fixed.get(path):
            return found
        match = self._templates.fullmatch(path)
        if match is None or match.lastindex is None:
            return None
        place = self._by_group[match.lastindex]  # the whole template's group is the last to close
        values = match.groups()[match.lastindex : match.lastindex + len(place.names)]
        return Found(place, dict(zip(place.names, values, strict=True)))


def is_unwanted(path: str) -> bool:
    """Tell whether a path has an empty segment inside, a stray slash at its end, or a control character."""
    return _UNWANTED.search(path) is not None or (path.endswith("/") and path != "/")


def allow(methods: Iterable[str]) -> str:
    """Write an Allow header: the methods, and OPTIONS, which every path knows."""
    return ", ".join(sorted({*methods, "OPTIONS"}))


def _by_path(operations: Iterable[Operation]) -> dict[str, dict[str, Operation]]:
    paths: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = operation
    return paths


def _place(path: str, methods: dict[str, Operation]) -> Place:
    if "GET" in methods:
        methods = {"HEAD": methods["GET"], **methods}
    return Place(path, tuple(_NAME.findall(path)), methods)


def _listed(place: Place) -> Iterator[tuple[str, Found]]:
    """Give every path that a template stands for, if the contract lists the values of all its names."""
    parameters = next(iter(place.operations.values())).parameters_in("path")
    lists = {parameter.name: parameter.schema.get("enum", ()) for parameter in parameters}
    for values in product(*(lists[name] for name in place.names)):
        filled = dict(zip(place.names, values, strict=True))
        if filled:
            yield place.template.format(**filled), Found(place, filled)


def _pattern(template: str) -> str:
    parts = _NAME.split(template)
    return "".join("([^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
