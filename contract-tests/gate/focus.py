"""The contract with an operation of its own for each action, so that none is starved of examples.

Left to chance, the fuzzer gives the widest variant of a `oneOf` most of its cases and some hardly any.
"""

import copy
from collections.abc import Mapping
from typing import Any

from app.contract.document import Contract

ACTION_SEPARATOR = "!"
"""Between a dispatcher's path and the action; the hooks cut it off before a case is sent."""

Json = dict[str, Any]


def document(contract: Contract) -> Json:
    """Return a document of the dispatchers alone, with a path per action."""
    narrowed = copy.deepcopy(contract.document)
    paths: Json = {}
    for operation in contract.operations.values():
        if operation.dispatches:
            item = narrowed["paths"][operation.path]
            for action, variant in variants(contract, operation.body_schema_pointer or "").items():
                paths[f"{operation.path}{ACTION_SEPARATOR}{action}"] = {
                    "post": _narrowed(item["post"], operation.id, action, variant)
                }
    return narrowed | {"paths": paths}


def variants(contract: Contract, pointer: str) -> Mapping[str, str]:
    """Return the schema's reference for each action of a dispatcher's request."""
    mapping: Mapping[str, str] = contract.at(pointer)["discriminator"]["mapping"]
    return mapping


def label(operation_id: str, action: str) -> str:
    """Name the operation that stands for an action."""
    return f"{operation_id}_{action}"


def _narrowed(operation: Json, operation_id: str, action: str, variant: str) -> Json:
    narrowed = copy.deepcopy(operation)
    narrowed["operationId"] = label(operation_id, action)
    content = narrowed["requestBody"]["content"]["application/json"]
    content["schema"] = {"$ref": variant}
    content.pop("examples", None)
    for response in narrowed["responses"].values():
        response.pop("links", None)
    return narrowed
