"""Requests made of the contract's own examples: enough to reach any operation, whatever it then says."""

from typing import Any

from app.contract.document import Contract, Operation
from app.contract.operations import JSON
from gate.matrix import Call


def call_of(contract: Contract, operation: Operation) -> Call:
    """Write a request of an operation with the first example of everything that it needs."""
    path = {parameter.name: _example(parameter.schema) for parameter in operation.parameters_in("path")}
    headers = {
        parameter.name: _example(parameter.schema)
        for parameter in operation.parameters_in("header")
        if parameter.required
    }
    query: dict[str, Any] = {
        parameter.name: _example(parameter.schema)
        for parameter in operation.parameters_in("query")
        if parameter.required
    }
    if operation.id == "searchLots":
        query |= {"lat": 39.6403, "lng": -106.3742}
    file = _file_of(contract, operation)
    if file is not None:
        media_type, content = file
        headers["Content-Type"] = media_type
        return Call(path=path, query=query or None, content=content, headers=headers)
    return Call(path=path, query=query or None, json=body_of(contract, operation), headers=headers)


def _file_of(contract: Contract, operation: Operation) -> tuple[str, bytes] | None:
    """Return the first example of a file as text, with its media type; None where no file is taken."""
    content = contract.at(operation.pointer).get("requestBody", {}).get("content", {})
    if not content or JSON in content:
        return None
    media_type, written = next(iter(content.items()))
    return media_type, next(iter(written["examples"].values()))["value"].encode()


def body_of(contract: Contract, operation: Operation) -> Any:
    """Return the first example of a request body, or None where there is none to send."""
    written = contract.at(operation.pointer)
    content = written.get("requestBody", {}).get("content", {}).get(JSON)
    if content is None:
        return None
    first = next(iter(content["examples"].values()))
    return (contract.at(first["$ref"]) if "$ref" in first else first)["value"]


def _example(schema: dict[str, Any]) -> str:
    values = schema.get("examples") or schema["enum"]
    return str(values[0])
