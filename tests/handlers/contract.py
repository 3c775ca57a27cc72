"""Does an answer keep the contract's word?"""

from functools import cache
from typing import Any

import jsonschema_rs

from app.contract.document import Contract


@cache
def _contract() -> Contract:
    return Contract.read()


def require_documented(operation_id: str, answer: Any) -> Any:
    """Check a handler's answer against the schema of its status and return its body."""
    body, status, _ = answer if isinstance(answer, tuple) else (answer, 200, {})
    pointer = _contract().operations[operation_id].responses[status].schema_pointer
    if pointer is None:
        assert body is None
        return body
    schema = {"$ref": pointer, "components": _contract().document["components"]}
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(body)
    return body
