"""What the forms of platforms that import OpenAPI have in common: less of it than there is.

They follow no references of parameters, send no headers of ours, and know an object by its properties.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from app.contract.document import Contract, Operation
from app.contract.load import Json
from app.contract.operations import JSON
from app.contract.schemas import beside, inlined, is_map, reachable, resolved

BodyOf = Callable[[Contract, Json], Json]

_NOT_READ: Final = frozenset({"discriminator", "propertyNames"})
_OF_A_MAP: Final = frozenset({"additionalProperties", "minProperties", "maxProperties"})
"""What says which names a map takes; importers read an object without named properties as a free one."""


def document(contract: Contract, operations: Iterable[str], *, body: BodyOf) -> Json:
    """Return some operations of the contract as an OpenAPI 3.1 document of their own.

    `body` says what is left of the schema of an operation's JSON; operations that take none are not asked.
    """
    info = contract.document["info"]
    paths: Json = {}
    for operation in (contract.operations[name] for name in operations):
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(contract, operation, body)
    bearer = contract.document["components"]["securitySchemes"]["bearerAuth"]
    return {
        "openapi": "3.1.0",
        "info": {key: info[key] for key in ("title", "version", "description", "license")},
        "servers": [{"url": contract.document["servers"][0]["url"]}],
        "paths": paths,
        "components": {"schemas": _used_schemas(contract, paths), "securitySchemes": {"bearerAuth": bearer}},
    }


def _operation(contract: Contract, operation: Operation, body: BodyOf) -> Json:
    written = contract.at(operation.pointer)
    parameters = _parameters(contract, written)
    return {
        "operationId": operation.id,
        "summary": written["summary"],
        "description": written["description"],
        "x-openai-isConsequential": operation.consequential,
        "security": [{"bearerAuth": []}],
        **({"parameters": parameters} if parameters else {}),
        **_request_body(contract, operation, body),
        "responses": {status: _response(contract, node) for status, node in written["responses"].items()},
    }


def _request_body(contract: Contract, operation: Operation, body: BodyOf) -> Json:
    if operation.body_schema_pointer is None:
        return {}
    content = {JSON: {"schema": body(contract, contract.at(operation.body_schema_pointer))}}
    return {"requestBody": {"required": operation.body_required, "content": content}}


def _parameters(contract: Contract, operation: Json) -> list[Json]:
    """Leave out headers, and write the others out."""
    written = [contract.followed(each) for each in operation.get("parameters", [])]
    kept = [parameter for parameter in written if parameter["in"] != "header"]
    return [{**parameter, "schema": written_out(contract, parameter["schema"])} for parameter in kept]


def _response(contract: Contract, node: Json) -> Json:
    answer = contract.followed(node)
    content = {
        media_type: {"schema": _result_schema(contract, holder["schema"])}
        for media_type, holder in answer.get("content", {}).items()
    }
    return {"description": answer["description"], **({"content": content} if content else {})}


def _result_schema(contract: Contract, schema: Json) -> Json:
    """Flatten a choice of results into one object; what is no choice stays a reference."""
    choice = contract.followed(schema)
    if "oneOf" not in choice:
        return _readable(_alone(contract, schema))
    results = [_alone(contract, contract.followed(each)) for each in choice["oneOf"]]
    properties = {name: _readable(value) for each in results for name, value in each["properties"].items()}
    return {"type": "object", "description": choice["description"], "properties": properties}


def written_out(contract: Contract, schema: Json) -> Json:
    """Return a schema without references, as importers read it."""
    return _readable(inlined(contract.document, schema))


def _readable(schema: Json) -> Json:
    """Leave out the keywords that importers do not read, and give every object its properties."""
    unread = _NOT_READ | _OF_A_MAP if is_map(schema) else _NOT_READ
    kept = {key: _readable_value(value) for key, value in schema.items() if key not in unread}
    return {**kept, "properties": kept.get("properties", {})} if kept.get("type") == "object" else kept


def _readable_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_readable_value(each) for each in value]
    return _readable(value) if isinstance(value, dict) else value


def _alone(contract: Contract, node: Any) -> Any:
    """Write out each reference that has something beside it, which importers do not take or do not read."""
    if isinstance(node, list):
        return [_alone(contract, each) for each in node]
    if not isinstance(node, dict):
        return node
    shown = resolved(contract.document, node) if beside(node) else node
    return {key: _alone(contract, value) for key, value in shown.items()}


def _used_schemas(contract: Contract, paths: Json) -> Json:
    schemas = _alone(contract, contract.document["components"]["schemas"])
    used = sorted(reachable({"components": {"schemas": schemas}}, paths))
    return {name: _readable(schemas[name]) for name in (each.rpartition("/")[2] for each in used)}
