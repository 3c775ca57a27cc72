"""What the generator reads: the folded contract, and the noun of each schema."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import yaml

from app.contract.document import Contract, Operation
from app.contract.load import spec_folder
from app.contract.naming import snake_case

Json = dict[str, Any]

NAMED: Final = "#/components/schemas/"
IDEMPOTENCY_HEADER: Final = "Idempotency-Key"
IDEMPOTENCY_PROPERTY: Final = "idempotency_key"
"""The header's stand-in within bodies, for callers that cannot send headers. This client can."""

OK: Final = range(200, 300)
"""The statuses of what was done."""

BY_ITS_BYTES: Final = frozenset({"receiveStripeEvent"})
"""Operations whose body is signed, and therefore sent byte by byte as it came."""


@dataclass(frozen=True)
class Book:
    """The contract, as the generator looks things up in it."""

    contract: Contract

    @classmethod
    def open(cls) -> "Book":
        """Open the contract of this checkout."""
        return cls(Contract.read())

    @cached_property
    def nouns(self) -> Mapping[str, str]:
        """Return the noun of each schema: that of the operations in its file of spec/, or the file's name."""
        nouns = {}
        for file in sorted(spec_folder(None).glob("*.yaml")):
            written = yaml.safe_load(file.read_text(encoding="utf-8"))
            noun = next(_tags(written), file.stem)
            nouns.update(dict.fromkeys(written.get("schemas", {}), noun))
        return nouns

    @cached_property
    def operations(self) -> Mapping[str, list[Operation]]:
        """Return the operations of each noun, in the contract's order."""
        nouns: dict[str, list[Operation]] = {}
        for operation in self.contract.operations.values():
            nouns.setdefault(operation.tag, []).append(operation)
        return nouns

    def schema(self, name: str) -> Json:
        """Return a schema by its name."""
        found: Json = self.contract.at(NAMED + name)
        return found

    def node(self, operation: Operation) -> Json:
        """Return the operation as it is written."""
        found: Json = self.contract.at(operation.pointer)
        return found

    def follow(self, node: Json) -> Json:
        """Return the definition behind a reference."""
        return dict(self.contract.followed(node))

    def properties(self, name: str) -> Mapping[str, Json]:
        """Return the properties of an object that the client knows."""
        written: Mapping[str, Json] = self.schema(name)["properties"]
        return {key: node for key, node in written.items() if key != IDEMPOTENCY_PROPERTY}

    def is_model(self, name: str) -> bool:
        """Tell whether a schema is an object with named properties."""
        return "properties" in self.schema(name)

    def is_words(self, name: str) -> bool:
        """Tell whether a schema is a choice of words."""
        return "enum" in self.schema(name)

    def prose(self, text: str) -> str:
        """Write a description of the contract as this library speaks: `create_session`, None."""
        for id_ in self.contract.operations:
            text = re.sub(rf"\b{id_}\b", snake_case(id_), text)
        return re.sub(r"\bnull\b", "None", text)

    def description(self, node: Json) -> str:
        """Return what a property or a parameter is, in one line."""
        described = node if "description" in node else self.follow(node)
        return self.prose(" ".join(described["description"].split()))


def _tags(written: Json) -> Iterator[str]:
    for path in written.get("paths", {}).values():
        for operation in path.values():
            if isinstance(operation, dict) and "tags" in operation:
                yield operation["tags"][0]


def name_of(node: Json) -> str | None:
    """Return the name of the schema that a node refers to."""
    pointer: str = node.get("$ref", "")
    return pointer.removeprefix(NAMED) if pointer.startswith(NAMED) else None


def references(node: Any) -> Iterator[str]:
    """Name every schema that a node refers to, however deep."""
    if isinstance(node, list):
        for inner in node:
            yield from references(inner)
    if isinstance(node, dict):
        if (name := name_of(node)) is not None:
            yield name
        for inner in node.values():
            yield from references(inner)
