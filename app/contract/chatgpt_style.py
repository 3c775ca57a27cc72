"""What the GPT builder refuses or silently drops, told before it does.

Each rule comes from a message of the builder's importer or from a documented limit
(https://developers.openai.com/api/docs/actions/production).
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from app.contract.findings import Finding
from app.contract.load import Json
from app.contract.operations import METHODS
from app.contract.schemas import every, is_map, references

_MOST_OPERATIONS: Final = 30
_LONGEST_DESCRIPTION, _LONGEST_PARAMETER_DESCRIPTION = 300, 700
_LARGEST_DOCUMENT: Final = 100_000
_LOCAL_SCHEMA: Final = re.compile(r"#/components/schemas/[A-Za-z0-9._-]+")
_UNRELIABLE: Final = ("oneOf", "anyOf", "allOf", "nullable", "propertyNames", "discriminator")


def check(document: Json) -> Iterator[Finding]:
    """Give what the GPT builder would not take of a document."""
    yield from _head(document)
    yield from _components(document)
    yield from _references(document)
    yield from _schemas(document)
    yield from _operations(document)


def _head(document: Json) -> Iterator[Finding]:
    if document.get("openapi") not in ("3.1.0", "3.1.1"):
        yield Finding("gpt-version", "#/openapi", "Input should be '3.1.1' or '3.1.0'")
    servers = document.get("servers", [])
    if len(servers) != 1:
        yield Finding("gpt-one-server", "#/servers", "has not exactly one server")
    for server in servers:
        url = urlsplit(server.get("url", ""))
        if url.scheme != "https" or not url.hostname or ":" in url.netloc or url.netloc != url.netloc.lower():
            yield Finding("gpt-server", "#/servers", "is not a lower-case https address without a port")


def _components(document: Json) -> Iterator[Finding]:
    components = document.get("components", {})
    if not isinstance(components.get("schemas"), dict):
        yield Finding("gpt-components", "#/components", "schemas subsection is not an object")
    if len(components.get("securitySchemes", {})) != 1:
        yield Finding("gpt-one-scheme", "#/components/securitySchemes", "has not exactly one scheme")


def _references(document: Json) -> Iterator[Finding]:
    known = document.get("components", {}).get("schemas") or {}
    for reference in sorted(set(references(document))):
        if not _LOCAL_SCHEMA.fullmatch(reference):
            yield Finding("gpt-reference", reference, "is not a reference to a schema of this document")
        elif reference.rpartition("/")[2] not in known:
            yield Finding(
                "gpt-unknown-component", reference, "reference to unknown component; using empty schema"
            )
        elif _contains_itself(known, reference):
            yield Finding("gpt-circular", reference, "Components section contains a circular dependency")


def _contains_itself(known: Json, reference: str) -> bool:
    """Follow a schema's references as far as they lead; one into nothing is a finding of its own."""
    found: set[str] = set()
    waiting = [reference]
    while waiting:
        schema = known.get(waiting.pop().rpartition("/")[2])
        new = set(references(schema)) - found
        found |= new
        waiting.extend(new)
    return reference in found


def _schemas(document: Json) -> Iterator[Finding]:
    for pointer, schema in every(document):
        if schema.get("type") == "object" and not isinstance(schema.get("properties"), dict):
            yield Finding("gpt-properties", pointer, "object schema missing properties")
        if "$ref" in schema and len(schema) > 1:
            yield Finding("gpt-reference-alone", pointer, "has something beside its reference")
        if isinstance(schema.get("type"), list) or schema.get("items") == {}:
            yield Finding("gpt-unreliable", pointer, "has several types or untyped items")
        if is_map(schema):
            yield Finding("gpt-unreliable", pointer, "is a map without properties, read unreliably")
        for keyword in _UNRELIABLE:
            if keyword in schema:
                yield Finding(
                    "gpt-unreliable", pointer, f"uses {keyword}, which the builder reads unreliably"
                )


def _operations(document: Json) -> Iterator[Finding]:
    operations = [
        (f"{method.upper()} {path}", node)
        for path, item in document.get("paths", {}).items()
        for method, node in item.items()
        if method in METHODS
    ]
    for path, item in document.get("paths", {}).items():
        for method in item.keys() - set(METHODS):
            yield Finding("gpt-method", path, f"has unrecognized method {method}; skipping")
    if len(operations) > _MOST_OPERATIONS:
        yield Finding("gpt-operations", "#/paths", f"has more than {_MOST_OPERATIONS} operations")
    names = Counter(node.get("operationId") for _, node in operations)
    for where, node in operations:
        if not node.get("operationId") or names[node["operationId"]] > 1:
            yield Finding("gpt-operation-id", where, "has no operationId of its own")
        yield from _operation(document, where, node)


def _operation(document: Json, where: str, node: Json) -> Iterator[Finding]:
    for key in ("summary", "description"):
        if len(node.get(key, "")) > _LONGEST_DESCRIPTION:
            length = len(node[key])
            yield Finding(
                "gpt-length", where, f"{key} has length {length} exceeding limit of {_LONGEST_DESCRIPTION}"
            )
    if "x-openai-isConsequential" not in node:
        yield Finding("gpt-consequential", where, "does not say x-openai-isConsequential")
    if len(str(node)) > _LARGEST_DOCUMENT:
        yield Finding("gpt-size", where, f"is longer than {_LARGEST_DOCUMENT} characters")
    yield from _parameters(document, where, node)


def _parameters(document: Json, where: str, node: Json) -> Iterator[Finding]:
    body = _body_schema(document, node)
    if body is not None and body.get("type") != "object":
        yield Finding("gpt-body", where, "request body schema is not an object schema; skipping")
    names = list((body or {}).get("properties", {}))
    for parameter in node.get("parameters", []):
        if "$ref" in parameter or not isinstance(parameter.get("name"), str):
            yield Finding(
                "gpt-parameter-inline", where, "a parameter has missing or non-string name; skipping"
            )
            continue
        names.append(parameter["name"])
        yield from _parameter(where, parameter)
    for name, times in Counter(names).items():
        if times > 1:
            yield Finding("gpt-duplicated", where, f"parameter {name} is duplicated; skipping function")
    yield from _long_descriptions(where, body or {})


def _parameter(where: str, parameter: Json) -> Iterator[Finding]:
    if parameter.get("in") in ("header", "cookie"):
        yield Finding("gpt-header", where, f"parameter {parameter['name']} has location header; ignoring")
    if len(parameter.get("description", "")) > _LONGEST_PARAMETER_DESCRIPTION:
        yield Finding("gpt-parameter-length", where, f"parameter {parameter['name']} is described at length")


def _long_descriptions(where: str, schema: dict[str, Any]) -> Iterator[Finding]:
    for name, nested in schema.get("properties", {}).items():
        if len(nested.get("description", "")) > _LONGEST_PARAMETER_DESCRIPTION:
            yield Finding("gpt-parameter-length", where, f"parameter {name} is described at length")
        yield from _long_descriptions(where, nested)


def _body_schema(document: Json, node: Json) -> Json | None:
    for holder in node.get("requestBody", {}).get("content", {}).values():
        schema: Json = holder.get("schema", {})
        if "$ref" not in schema:
            return schema
        known: dict[str, Json] = document.get("components", {}).get("schemas") or {}
        return known.get(schema["$ref"].rpartition("/")[2])
    return None
