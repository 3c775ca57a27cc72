"""The style of the contract as a whole: version, table of contents, catalogue and dispatchers."""

from collections.abc import Iterator
from typing import Final

from app.contract.document import Contract
from app.contract.findings import Finding
from app.contract.load import Json, escape, unescape
from app.contract.operations import METHODS, follow, written
from app.contract.public_url import CANONICAL_URL
from app.contract.schemas import every, references

_NOT_REFERRED_TO: Final = frozenset({"securitySchemes"})


def check(contract: Contract) -> Iterator[Finding]:
    """Give every breach of the document's style."""
    yield from _head(contract.document)
    yield from _paths(contract.document)
    yield from _unused(contract.document)
    yield from _catalogue(contract)
    yield from _dispatchers(contract)


def _head(document: Json) -> Iterator[Finding]:
    if document["openapi"] != "3.1.0":
        yield Finding("version", "#/openapi", "is not 3.1.0, which the GPT builder asks for")
    if [server.get("url") for server in document.get("servers", [])] != [CANONICAL_URL]:
        yield Finding("server", "#/servers", f"is not {CANONICAL_URL} alone")


def _paths(document: Json) -> Iterator[Finding]:
    for path, item in document["paths"].items():
        others = [key for key in item if key not in METHODS]
        if others:
            yield Finding("path-item", path, f"holds {', '.join(others)}; parameters stand on the operation")


def _unused(document: Json) -> Iterator[Finding]:
    used = set(references(document))
    for section, entries in document["components"].items():
        for name in entries:
            pointer = f"#/components/{section}/{escape(name)}"
            if section not in _NOT_REFERRED_TO and pointer not in used:
                yield Finding("unused", pointer, "is referred to by nothing")


def _catalogue(contract: Contract) -> Iterator[Finding]:
    codes = contract.document["components"]["schemas"].get("ErrorCode", {}).get("enum", [])
    if set(codes) != set(contract.errors):
        differing = ", ".join(sorted(set(codes) ^ set(contract.errors)))
        yield Finding(
            "catalogue", "#/components/schemas/ErrorCode", f"differs from the catalogue: {differing}"
        )
    for path, method, node in written(contract.document):
        for status, listed in node["responses"].items():
            yield from _wrong_codes(contract, f"{method.upper()} {path} {status}", listed, int(status))


def _wrong_codes(contract: Contract, where: str, listed: Json, status: int) -> Iterator[Finding]:
    response = contract.followed(listed)
    for content in response.get("content", {}).values():
        for name, example in content.get("examples", {}).items():
            value = contract.followed(example)["value"]
            code = value.get("error", {}).get("code") if isinstance(value, dict) else None
            if code is not None and contract.errors.get(code) != status:
                yield Finding(
                    "catalogue", where, f"its example {name} shows {code}, which has another status"
                )


def _dispatchers(contract: Contract) -> Iterator[Finding]:
    """Hold each dispatcher's mapping against its variants and against the operations that serve them."""
    for pointer, schema in every(contract.document):
        mapping = schema.get("discriminator", {}).get("mapping", {})
        if not mapping:
            continue
        if [each.get("$ref") for each in schema.get("oneOf", [])] != list(mapping.values()):
            yield Finding("dispatcher", pointer, "its mapping does not name its variants in their order")
        for action, reference in mapping.items():
            yield from _variant(contract, action, reference)


def _variant(contract: Contract, action: str, reference: str) -> Iterator[Finding]:
    variant = contract.at(reference)
    if variant["properties"]["action"].get("enum") != [action]:
        yield Finding("dispatcher", reference, f"does not fix its action to {action}")
    if action not in contract.actions:
        yield Finding("dispatcher", reference, f"no operation serves {action}")
        return
    yield from _unlike_its_twin(contract, action, variant)


def _unlike_its_twin(contract: Contract, action: str, variant: Json) -> Iterator[Finding]:
    """Compare what an action takes with what its REST operation takes; both refer to the same schemas."""
    taken, pointer = follow(contract.document, variant["properties"]["parameters"], "")
    operation = contract.action(action)
    twin = {each.name for each in operation.parameters if each.location != "header"}
    if operation.body_schema_pointer is not None:
        twin |= contract.at(operation.body_schema_pointer)["properties"].keys()
    if twin != taken["properties"].keys():
        differing = ", ".join(sorted(twin ^ taken["properties"].keys()))
        name = unescape(pointer.removeprefix("#"))[-1]
        yield Finding("twin", pointer, f"{name} and {operation.id} do not take the same: {differing}")
