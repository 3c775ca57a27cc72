"""Walking the Schema Objects of a document."""

from collections.abc import Iterator
from typing import Any, Final

from app.contract.load import Json, escape
from app.contract.operations import at

_NAMED: Final = ("properties",)
_LISTED: Final = ("oneOf", "anyOf", "allOf")
_SINGLE: Final = ("items", "additionalProperties", "not")
DATA: Final = frozenset({"example", "examples", "default", "enum", "links"})
"""Keys whose values are data, where a key `schema` means nothing."""


def every(document: Json) -> Iterator[tuple[str, Json]]:
    """Give every Schema Object of a document and where it stands; references as they are written."""
    for pointer, schema in _roots(document, "#"):
        yield from within(schema, pointer)


def within(schema: Json, pointer: str) -> Iterator[tuple[str, Json]]:
    """Give a schema and every schema written inside it."""
    yield pointer, schema
    for keyword in _NAMED:
        for name, nested in schema.get(keyword, {}).items():
            yield from within(nested, f"{pointer}/{keyword}/{escape(name)}")
    for keyword in _LISTED:
        for index, nested in enumerate(schema.get(keyword, [])):
            yield from within(nested, f"{pointer}/{keyword}/{index}")
    for keyword in _SINGLE:
        if isinstance(schema.get(keyword), dict):
            yield from within(schema[keyword], f"{pointer}/{keyword}")


def mapped(discriminator: Json) -> dict[str, str]:
    """Return what a discriminator's mapping refers to, by value; it may name a schema without its path."""
    mapping: dict[str, str] = discriminator.get("mapping", {})
    return {value: _reference(target) for value, target in mapping.items()}


def _reference(target: str) -> str:
    return target if "/" in target or "#" in target else f"#/components/schemas/{escape(target)}"


def references(node: Any) -> Iterator[str]:
    """Give every reference written in a part of a document, those of a discriminator's mapping among them."""
    if isinstance(node, list):
        for value in node:
            yield from references(value)
    if not isinstance(node, dict):
        return
    if isinstance(node.get("$ref"), str):
        yield node["$ref"]
    discriminator = node.get("discriminator")
    if isinstance(discriminator, dict) and isinstance(discriminator.get("mapping"), dict):
        yield from mapped(discriminator).values()
    for value in node.values():
        yield from references(value)


def reachable(document: Json, node: Any) -> frozenset[str]:
    """Return every reference that a part of a document leads to, however far."""
    found: set[str] = set()
    waiting = list(references(node))
    while waiting:
        reference = waiting.pop()
        if reference not in found:
            found.add(reference)
            waiting.extend(references(at(document, reference)))
    return frozenset(found)


def inlined(document: Json, node: Any) -> Any:
    """Return a part of a document with what its references lead to in their place; none goes in a circle."""
    if isinstance(node, list):
        return [inlined(document, value) for value in node]
    if not isinstance(node, dict):
        return node
    return {key: inlined(document, value) for key, value in resolved(document, node).items()}


def resolved(document: Json, node: Json) -> Json:
    """Return the definition behind a node that may be a reference; what stands beside that goes before."""
    return resolved(document, at(document, node["$ref"])) | beside(node) if "$ref" in node else node


def beside(node: Json) -> Json:
    """Return what stands beside a reference; nothing, where there is none."""
    return {key: value for key, value in node.items() if key != "$ref"} if "$ref" in node else {}


def _roots(node: Any, pointer: str) -> Iterator[tuple[str, Json]]:
    if isinstance(node, list):
        for index, value in enumerate(node):
            yield from _roots(value, f"{pointer}/{index}")
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        stands = f"{pointer}/{escape(key)}"
        if stands == "#/components/schemas":
            yield from ((f"{stands}/{escape(name)}", schema) for name, schema in value.items())
        elif key == "schema":
            yield stands, value
        elif key not in DATA and not key.startswith("x-"):
            yield from _roots(value, stands)


def is_map(schema: Json) -> bool:
    """Tell whether a schema takes names of the sender's choosing instead of naming properties."""
    return isinstance(schema.get("additionalProperties"), dict) and not schema.get("properties")
