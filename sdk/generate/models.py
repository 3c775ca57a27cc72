"""Writes the models: one module for each noun that has some."""

from collections.abc import Iterator, Mapping
from typing import Final

from app.contract.document import Operation
from generate.kinds import Kinds, is_constant, may_be_null
from generate.layout import docstring
from generate.reading import BY_ITS_BYTES, Book, Json, name_of, references
from generate.shapes import answer_of

SECRETS: Final = frozenset({"ApiKeyText", "WebhookSecret"})
SECRET_PROPERTIES: Final = frozenset({"client_secret", "session_code", "receipt_url", "receipt_qr_url"})
"""What opens something to whoever has it, and is not printed therefore."""
PYTHONS_OWN: Final = frozenset({"from", "import", "class", "global", "is"})

PRELUDE: Final = """
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from parkgraph.model import UNCHANGED, Model, Unchanged
"""


def models(book: Book) -> Mapping[str, str]:
    """Return the text of each module of models, by its name."""
    wanted = reachable(book)
    modules: dict[str, list[str]] = {}
    for name in (each for each in book.nouns if each in wanted):
        modules.setdefault(book.nouns[name], []).append(name)
    written = {module: _module(book, module, names) for module, names in modules.items()}
    return {**written, "__init__": _index(modules)}


def reachable(book: Book) -> set[str]:
    """Name every model and choice of words that a caller gives or is given."""
    found: set[str] = set()
    waiting = [name for each in book.contract.operations.values() for name in _touched(book, each)]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        schema = book.schema(name)
        known = dict(book.properties(name)) if "properties" in schema else schema
        waiting.extend(references(known))
    return {name for name in found if book.is_model(name) or book.is_words(name)}


def _touched(book: Book, operation: Operation) -> Iterator[str]:
    """Name what an operation takes and gives; bodies are arguments, and so no models of their own."""
    for each in operation.parameters:
        yield from references({"$ref": each.schema_pointer})
    answer = answer_of(book, operation)
    yield from answer.models
    if operation.id in BY_ITS_BYTES or operation.body_schema_pointer is None:
        return
    body = book.contract.at(operation.body_schema_pointer)
    yield from references(body.get("oneOf", ()))
    yield from references(list(body.get("properties", {}).values()))


def _module(book: Book, module: str, names: list[str]) -> str:
    kinds = Kinds(book, sent=False)
    ordered = _in_order(book, names)
    parts = [_words(book, name) if book.is_words(name) else _model(book, kinds, name) for name in ordered]
    imports = "".join(
        f"from parkgraph.models.{book.nouns[name]} import {name}\n"
        for name in sorted(kinds.needed - set(names))
    )
    title = f'"""What the contract says of {module.replace("_", " ")}."""\n'
    return f"{title}{PRELUDE}{imports}\n\n" + "\n\n".join(parts)


def _in_order(book: Book, names: list[str]) -> list[str]:
    """Put what is named before what names it."""
    ordered: list[str] = []

    def put(name: str) -> None:
        if name in names and name not in ordered:
            schema = book.schema(name)
            for inner in references(schema.get("properties", {})):
                put(inner)
            ordered.append(name)

    for name in sorted(names, key=lambda each: not book.is_words(each)):
        put(name)
    return ordered


def _words(book: Book, name: str) -> str:
    schema = book.schema(name)
    words = ", ".join(f'"{word}"' for word in schema["enum"])
    return f"{name} = Literal[{words}]\n" + docstring([book.description(schema)], indent=0)


def _model(book: Book, kinds: Kinds, name: str) -> str:
    schema = book.schema(name)
    fields = [
        _field(book, kinds, key, node, required=key in schema.get("required", ()))
        for key, node in book.properties(name).items()
    ]
    doc = docstring([book.description(schema)], indent=4)
    return (
        f"@dataclass(frozen=True, slots=True, kw_only=True)\nclass {name}(Model):\n{doc}\n{''.join(fields)}"
    )


def _field(book: Book, kinds: Kinds, key: str, node: Json, *, required: bool) -> str:
    name = f"{key}_" if key in PYTHONS_OWN else key
    schema = book.follow(node)
    kind, default = kinds.of(node, called=key), ""
    if is_constant(schema) and required:
        default = f'"{schema["enum"][0]}"'
    elif may_be_null(schema):
        kind, default = f"{kind} | Unchanged | None", "UNCHANGED"
    elif not required:
        kind, default = f"{kind} | None", "None"
    if name_of(node) in SECRETS or key in SECRET_PROPERTIES:
        default = f"field({'' if required else 'default=None, '}repr=False)"
    assigned = f" = {default}" if default else ""
    return f"    {name}: {kind}{assigned}\n" + docstring([book.description(node)], indent=4)


def _index(modules: Mapping[str, list[str]]) -> str:
    names = sorted(name for each in modules.values() for name in each)
    imports = "".join(
        f"from parkgraph.models.{module} import {', '.join(sorted(listed))}\n"
        for module, listed in sorted(modules.items())
    )
    doc = '"""The models of the contract, by the names that they have there."""'
    return f"{doc}\n\n{imports}\n__all__ = {names}\n"
