"""Validators of the authored document, compiled once against one registry of the whole of it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol
from urllib.parse import quote

from jsonschema_rs import Draft202012, Draft202012Validator, Registry

from app.contract.document import Contract
from app.contract.load import Json
from app.domain.errors import Detail
from app.http.wording import REQUIRED, details, one_of

_DOCUMENT: Final = "https://parkgraph.com/contract"
MOST_VALUES: Final = 500
"""Values of a refused body that its problems are looked for in: each costs time, and a copy of it."""

IntegerTree = Mapping[str, Any]
"""Where integers stand in a value: property name (`*` for entries of a list) -> True or a tree below it."""
_ENTRIES: Final = "*"


class Body(Protocol):
    """A check of parsed bodies."""

    def problems(self, body: Any) -> list[Detail]:
        """Return what is wrong with a body, field by field; make its integral floats whole numbers."""


class Schemas:
    """The document's schemas, by pointer."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        # One registry for all: to embed the components in every validator costs 3 MB apiece.
        self._registry = Registry([(_DOCUMENT, contract.document)], draft=Draft202012)

    def validator(self, pointer: str) -> Draft202012Validator:
        """Compile the schema at a pointer (`#/components/…`)."""
        reference = f"{_DOCUMENT}{quote(pointer, safe='#/~')}"  # a path's braces are no part of a URI
        return Draft202012Validator({"$ref": reference}, registry=self._registry, validate_formats=True)

    def body(self, pointer: str) -> Body:
        """Compile the check of a request body."""
        schema = self._contract.at(pointer)
        if "discriminator" not in schema:
            return PlainBody(self.validator(pointer), integers(self._contract, schema))
        mapping = schema["discriminator"]["mapping"]
        plain = {
            name: PlainBody(self.validator(variant), integers(self._contract, self._contract.at(variant)))
            for name, variant in mapping.items()
        }
        return ChosenBody(schema["discriminator"]["propertyName"], plain)


class PlainBody:
    """A body of one schema."""

    def __init__(self, validator: Draft202012Validator, tree: IntegerTree) -> None:
        self._validator = validator
        self._integers = tree

    def problems(self, body: Any) -> list[Detail]:
        """Return what is wrong with a body, field by field; make its integral floats whole numbers."""
        if not self._validator.is_valid(body):
            if is_crowded(body):
                return [Detail("body", f"holds more than {MOST_VALUES} values, and not as it should")]
            return details(self._validator.iter_errors(body), root="body")
        make_whole(body, self._integers)
        return []


class ChosenBody:
    """A body whose schema one of its properties chooses, so that errors are those of the chosen one."""

    def __init__(self, chooser: str, variants: Mapping[str, PlainBody]) -> None:
        self._chooser = chooser
        self._variants = variants

    def problems(self, body: Any) -> list[Detail]:
        """Return what is wrong with a body, field by field; make its integral floats whole numbers."""
        if not isinstance(body, dict):
            return [Detail("body", "must be an object")]
        if self._chooser not in body:
            return [Detail(self._chooser, REQUIRED)]
        name = body[self._chooser]
        variant = self._variants.get(name) if isinstance(name, str) else None
        if variant is None:
            return [Detail(self._chooser, one_of(self._variants))]
        return variant.problems(body)


def is_crowded(body: Any) -> bool:
    """Tell whether a body holds more values than its problems are looked for in."""
    waiting, seen = [body], 0
    while waiting:
        node = waiting.pop()
        seen += 1
        if isinstance(node, dict | list):
            if seen + len(waiting) + len(node) > MOST_VALUES:
                return True
            waiting += node.values() if isinstance(node, dict) else node
    return False


def integers(contract: Contract, schema: Json) -> IntegerTree:
    """Return where a schema has integers; the contract's schemas never contain themselves."""
    return dict(_integers(contract, schema))


def _integers(contract: Contract, schema: Json) -> Iterator[tuple[str, Any]]:
    children = dict(schema.get("properties", {}))
    if "items" in schema:
        children[_ENTRIES] = schema["items"]
    for name, listed in children.items():
        child = contract.at(listed["$ref"]) if "$ref" in listed else listed
        types = child.get("type", ())
        if types == "integer" or "integer" in types:
            yield name, True
        elif below := integers(contract, child):
            yield name, below


def make_whole(value: Any, tree: IntegerTree) -> None:
    """Turn `60.0` into `60` wherever the schema says integer: JSON knows no difference, Python does."""
    if isinstance(value, list):
        for index, entry in enumerate(value):
            value[index] = _whole(entry, tree.get(_ENTRIES))
    elif isinstance(value, dict):
        for name in tree.keys() & value.keys():
            value[name] = _whole(value[name], tree[name])


def _whole(value: Any, tree: Any) -> Any:
    if tree is True:
        return int(value) if isinstance(value, float) else value
    if tree is not None:
        make_whole(value, tree)
    return value
