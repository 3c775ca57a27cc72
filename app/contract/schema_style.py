"""The style that every schema of the contract keeps: bounded, closed, described and exemplified."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import jsonschema_rs

from app.contract import validators
from app.contract.document import Contract
from app.contract.findings import Finding
from app.contract.load import Json, escape
from app.contract.operations import JSON, follow
from app.contract.schemas import every, reachable
from app.contract.validators import Validators

_OPEN_TO: Final = "receiveStripeEvent"
"""The one operation whose JSON may hold more than is written: Stripe adds fields."""
_CONTROL_CHARACTERS: Final = ("\x00", "\n", "\r", "\x1b", "\x7f")
_BEYOND_THE_CENTURY: Final = ("1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z")


def check(contract: Contract) -> Iterator[Finding]:
    """Give every breach of the schemas' style."""
    open_schemas, patches = _open_schemas(contract), _patches(contract)
    validator = validators.of(contract)
    for pointer, schema in every(contract.document):
        excused = _excused(pointer, open_schemas=open_schemas, patches=patches)
        for rule, breaches in _RULES.items():
            if rule not in excused:
                yield from (Finding(rule, pointer, message) for message in breaches(schema))
        yield from _unexplained(contract, pointer, schema)
        yield from _wrong_examples(pointer, schema, validator)
    yield from _recursive(contract)


def _open_schemas(contract: Contract) -> frozenset[str]:
    """Find what may hold more than is written: Stripe's events, and files (GeoJSON: RFC 7946 section 6.1)."""
    roots = {
        pointer
        for operation in contract.operations.values()
        for media_type, pointer in operation.body_schema_pointers.items()
        if operation.id == _OPEN_TO or media_type != JSON
    }
    return frozenset().union(*(reachable(contract.document, contract.at(root)) for root in roots), roots)


def _is(schema: Json, *types: str) -> bool:
    named = schema.get("type", ())
    return not set(types).isdisjoint([named] if isinstance(named, str) else named)


def _patches(contract: Contract) -> frozenset[str]:
    """Return the schemas of what is changed in part: null there takes a value away (RFC 7396)."""
    bodies = [
        operation.body_schema_pointer
        for operation in contract.operations.values()
        if operation.method == "PATCH" and operation.body_schema_pointer
    ]
    return frozenset(bodies).union(*(reachable(contract.document, contract.at(body)) for body in bodies))


def _excused(pointer: str, *, open_schemas: frozenset[str], patches: frozenset[str]) -> set[str]:
    """Name the rules that a schema need not keep."""
    holders = {"closed-object": open_schemas, "never-null": patches}
    return {
        rule
        for rule, roots in holders.items()
        if any(pointer == root or pointer.startswith(f"{root}/") for root in roots)
    }


def _unbounded_string(schema: Json) -> Iterator[str]:
    if not _is(schema, "string") or "enum" in schema or "const" in schema:
        return
    for keyword in ("maxLength", "pattern"):
        if keyword not in schema:
            yield f"is a string without {keyword}"


def _unclean_string(schema: Json) -> Iterator[str]:
    """Find patterns that let a control character through, by putting some into the examples."""
    pattern = schema.get("pattern")
    if pattern is None:
        return
    if not (pattern.startswith("^") and pattern.endswith("$")):
        yield "has a pattern that does not bind the whole string"
    allows = jsonschema_rs.Draft202012Validator({"pattern": pattern}).is_valid
    for example in schema.get("examples", []):
        spoilt = (f"{example}{each}{rest}" for each in _CONTROL_CHARACTERS for rest in ("", example))
        if any(map(allows, spoilt)):
            yield "has a pattern that lets control characters through"
            return


def _unbounded_number(schema: Json) -> Iterator[str]:
    if not _is(schema, "integer", "number") or "enum" in schema:
        return
    for keyword in ("minimum", "maximum"):
        if keyword not in schema and f"exclusive{keyword.title()}" not in schema:
            yield f"is a number without {keyword}"


def _unbounded_array(schema: Json) -> Iterator[str]:
    if not _is(schema, "array"):
        return
    for keyword in ("items", "maxItems"):
        if keyword not in schema:
            yield f"is an array without {keyword}"


def _unbounded_instant(schema: Json) -> Iterator[str]:
    if schema.get("format") != "date-time":
        return
    allows = jsonschema_rs.Draft202012Validator({"pattern": schema.get("pattern", "")}).is_valid
    if any(map(allows, _BEYOND_THE_CENTURY)):
        yield "is an instant outside 2000 to 2099"


def _open_object(schema: Json) -> Iterator[str]:
    if not _is(schema, "object"):
        return
    others = schema.get("additionalProperties", True)
    is_map = isinstance(others, dict) and {"maxProperties", "propertyNames"} <= schema.keys()
    if others is not False and not is_map:
        yield "is an object that lets unknown properties through"


def _nullable(schema: Json) -> Iterator[str]:
    if isinstance(schema.get("type"), list) or "nullable" in schema or schema.get("type") == "null":
        yield "may be null; what is not known is absent"


def _composed(schema: Json) -> Iterator[str]:
    for keyword in ("allOf", "anyOf", "not"):
        if keyword in schema:
            yield f"uses {keyword}, which closed objects and agents do not bear"
    if len(schema.get("oneOf", [1, 2])) < 2:  # noqa: PLR2004 -- a choice is among at least two
        yield "is a oneOf of one"


_RULES: Final[Mapping[str, Callable[[Json], Iterator[str]]]] = {
    "bounded-string": _unbounded_string,
    "clean-string": _unclean_string,
    "bounded-number": _unbounded_number,
    "bounded-array": _unbounded_array,
    "bounded-instant": _unbounded_instant,
    "closed-object": _open_object,
    "never-null": _nullable,
    "composition": _composed,
}


def _unexplained(contract: Contract, pointer: str, schema: Json) -> Iterator[Finding]:
    for name, node in schema.get("properties", {}).items():
        stands = f"{pointer}/properties/{escape(name)}"
        definition, _ = follow(contract.document, node, stands)
        if not definition.get("description"):
            yield Finding("described", stands, "has no description")
        if not _is_exemplified(contract, definition):
            yield Finding("exemplified", stands, "has no example")


def _is_exemplified(contract: Contract, schema: Json) -> bool:
    """Tell whether a value can be pictured; objects are by their properties, arrays by their entries."""
    if schema.get("examples") or schema.get("type") == "object":
        return True
    items = schema.get("items")
    return items is not None and _is_exemplified(contract, follow(contract.document, items, "")[0])


def _wrong_examples(pointer: str, schema: Json, validator: Validators) -> Iterator[Finding]:
    for example in schema.get("examples", []):
        for error in validator(pointer).iter_errors(example):
            yield Finding("true-example", pointer, f"has an example that it refuses: {error.message}")


def _recursive(contract: Contract) -> Iterator[Finding]:
    for name, schema in contract.document["components"].get("schemas", {}).items():
        pointer = f"#/components/schemas/{escape(name)}"
        if pointer in reachable(contract.document, schema):
            yield Finding("recursion", pointer, "contains itself")
