"""The cells of the contract, and which of them the traffic reached.

A cell is one thing that the document allows and that somebody has to have seen happen: an operation's answer
with a status and a media type; a variant of a `oneOf`, a value of an enumeration, an optional property or
parameter there and not there. In requests only what was accepted counts; in answers only 2xx.
"""

from collections.abc import Iterator
from typing import Any

from app.contract.document import Contract, Operation
from gate.conformity import Judge
from gate.traffic import Exchange

Json = dict[str, Any]


class Cells:
    """Name every cell of a contract, and say which ones an exchange reaches."""

    def __init__(self, contract: Contract, judge: Judge) -> None:
        self._contract = contract
        self._judge = judge

    def all(self) -> dict[str, set[str]]:
        """Return every cell, by operation."""
        return {
            operation.id: {*self._answers(operation), *self._requests(operation)}
            for operation in self._contract.operations.values()
        }

    def reached(self, exchange: Exchange) -> set[str]:
        """Return the cells that an exchange reaches."""
        operation = self._contract.operations[exchange.operation]
        found = {f"{exchange.status} {exchange.media_type}".strip(), *self._seen_headers(operation, exchange)}
        if not exchange.accepted:
            return found
        found |= {f"answer{cell}" for cell in self._seen(self._answer_schema(operation), exchange.answered)}
        found |= set(self._seen_parameters(operation, exchange))
        if operation.body_schema_pointer and exchange.sent is not None:
            schema = {"$ref": operation.body_schema_pointer}
            found |= {f"body{cell}" for cell in self._seen(schema, exchange.sent)}
        return found

    def _answers(self, operation: Operation) -> Iterator[str]:
        for status, response in operation.responses.items():
            for media_type in response.media_types or ("",):
                yield f"{status} {media_type}".strip()
            for name, required in self._headers(operation, status):
                if not required:
                    yield f"{status} with {name}"
        yield from (f"answer{cell}" for cell in self._named(self._answer_schema(operation)))

    def _requests(self, operation: Operation) -> Iterator[str]:
        for parameter in operation.parameters:
            place = f"{parameter.location}.{parameter.name}"
            yield from (f"{place} = {value}" for value in _choices(parameter.schema))
            if not parameter.required:
                yield from (f"{place} there", f"{place} not there")
        if operation.body_schema_pointer:
            schema = {"$ref": operation.body_schema_pointer}
            yield from (f"body{cell}" for cell in self._named(schema))

    def _answer_schema(self, operation: Operation) -> Json:
        done = next(response for status, response in operation.responses.items() if status < 300)
        return {"$ref": done.schema_pointer} if done.schema_pointer else {}

    def _headers(self, operation: Operation, status: int) -> Iterator[tuple[str, bool]]:
        written = self._at(self._contract.at(operation.pointer)["responses"][str(status)])
        for name, header in written.get("headers", {}).items():
            yield name, self._at(header).get("required", False)

    def _seen_headers(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        if exchange.status in operation.responses:
            for name, required in self._headers(operation, exchange.status):
                if not required and name.lower() in exchange.response_headers:
                    yield f"{exchange.status} with {name}"

    def _seen_parameters(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        given = {
            "query": dict(exchange.query),
            "header": exchange.request_headers,
            "path": exchange.path_parameters,
        }
        for parameter in operation.parameters:
            place = f"{parameter.location}.{parameter.name}"
            name = parameter.name.lower() if parameter.location == "header" else parameter.name
            value = given[parameter.location].get(name)
            yield f"{place} {'not there' if value is None else 'there'}"
            if value is not None:
                yield f"{place} = {value.lower() if value in ('True', 'False') else value}"

    def _at(self, node: Json) -> Json:
        while "$ref" in node:
            node = self._contract.at(node["$ref"])
        return node

    def _named(self, schema: Json, path: str = "") -> Iterator[str]:
        """Name every cell below a schema."""
        schema = self._at(schema)
        for variant in schema.get("oneOf", ()):
            name = _name(variant)
            yield f"{path}<{name}>"
            yield from self._named(variant, f"{path}<{name}>")
        yield from (f"{path} = {value}" for value in _choices(schema))
        for name, child in schema.get("properties", {}).items():
            if name not in schema.get("required", ()):
                yield from (f"{path}.{name} there", f"{path}.{name} not there")
            yield from self._named(child, f"{path}.{name}")
        if "items" in schema:
            yield f"{path}[] filled"
            if not schema.get("minItems"):
                yield f"{path}[] empty"
            yield from self._named(schema["items"], f"{path}[]")

    def _seen(self, schema: Json, value: Any, path: str = "") -> Iterator[str]:
        """Name every cell below a schema that a value reaches."""
        schema = self._at(schema)
        for variant in schema.get("oneOf", ()):
            if self._judge.validator(variant["$ref"]).is_valid(value):
                yield f"{path}<{_name(variant)}>"
                yield from self._seen(variant, value, f"{path}<{_name(variant)}>")
        if isinstance(value, dict):
            yield from self._seen_properties(schema, value, path)
        elif isinstance(value, list):
            yield f"{path}[] {'filled' if value else 'empty'}"
            for item in value:
                yield from self._seen(schema.get("items", {}), item, f"{path}[]")
        elif _choices(schema):
            yield f"{path} = {str(value).lower() if isinstance(value, bool) else value}"

    def _seen_properties(self, schema: Json, value: Json, path: str) -> Iterator[str]:
        for name, child in schema.get("properties", {}).items():
            if name not in schema.get("required", ()):
                yield f"{path}.{name} {'there' if name in value else 'not there'}"
            if name in value:
                yield from self._seen(child, value[name], f"{path}.{name}")


def _choices(schema: Json) -> list[str]:
    """Return the values of an enumeration, if there is anything to choose."""
    if schema.get("type") == "boolean" and "enum" not in schema:
        return ["true", "false"]
    values = schema.get("enum", [])
    return [str(value) for value in values] if len(values) > 1 else []


def _name(variant: Json) -> str:
    return str(variant["$ref"]).rsplit("/", 1)[1]
