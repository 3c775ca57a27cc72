"""The document that ChatGPT's GPT builder imports.

The builder reads OpenAPI 3.1.0 only, and of that less than the whole: no parameter references, no header
parameters, no request body that is not an object, one server, one security scheme, properties in every object
(https://developers.openai.com/api/docs/actions/production, and the builder's own messages). So the six closed
variants of the dispatcher become one `action` and one `parameters` object, in the shape of the reference.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from app.contract.document import Contract, Operation
from app.contract.load import Json, SpecError
from app.contract.public_url import moved
from app.contract.schemas import inlined, is_map, reachable

OPERATIONS: Final = ("dispatchAction", "extendSession", "createRefund")
"""What ChatGPT may do: the six actions, and what asks for consent every time."""

_NOT_READ: Final = frozenset({"discriminator", "propertyNames"})
_OF_A_MAP: Final = frozenset({"additionalProperties", "minProperties", "maxProperties"})
"""What says which names a map takes; the builder reads an object without named properties as a free one."""


def project(contract: Contract, *, public_url: str) -> Json:
    """Return the ChatGPT form of the contract as a server at `public_url` publishes it."""
    info = contract.document["info"]
    paths: Json = {}
    for operation in (contract.operations[name] for name in OPERATIONS):
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(contract, operation)
    bearer = contract.document["components"]["securitySchemes"]["bearerAuth"]
    projected: Json = {
        "openapi": "3.1.0",
        "info": {key: info[key] for key in ("title", "version", "description", "license")},
        "servers": [{"url": contract.document["servers"][0]["url"]}],
        "paths": paths,
        "components": {"schemas": _used_schemas(contract, paths), "securitySchemes": {"bearerAuth": bearer}},
    }
    moved_form: Json = moved(projected, public_url=public_url)
    return moved_form


def _operation(contract: Contract, operation: Operation) -> Json:
    written = contract.at(operation.pointer)
    parameters = [_parameter(contract, each) for each in written.get("parameters", [])]
    kept = [parameter for parameter in parameters if parameter["in"] != "header"]
    body = _request_schema(contract, operation)
    return {
        "operationId": operation.id,
        "summary": written["summary"],
        "description": written["description"],
        "x-openai-isConsequential": operation.consequential,
        "security": [{"bearerAuth": []}],
        **({"parameters": kept} if kept else {}),
        "requestBody": {
            "required": operation.body_required,
            "content": {"application/json": {"schema": body}},
        },
        "responses": {status: _response(contract, node) for status, node in written["responses"].items()},
    }


def _parameter(contract: Contract, node: Json) -> Json:
    parameter = _resolved(contract, node)
    return {**parameter, "schema": _inlined(contract, parameter["schema"])}


def _response(contract: Contract, node: Json) -> Json:
    response = _resolved(contract, node)
    content = {
        media_type: {"schema": _result_schema(contract, holder["schema"])}
        for media_type, holder in response.get("content", {}).items()
    }
    return {"description": response["description"], **({"content": content} if content else {})}


def _request_schema(contract: Contract, operation: Operation) -> Json:
    if operation.body_schema_pointer is None:
        raise SpecError(f"{operation.id} has no body to project")
    schema = contract.at(operation.body_schema_pointer)
    return _flattened(contract, schema) if "oneOf" in schema else _inlined(contract, schema)


def _result_schema(contract: Contract, schema: Json) -> Json:
    """Flatten a choice of results into one object; what is no choice stays a reference."""
    choice = _resolved(contract, schema)
    if "oneOf" not in choice:
        return _readable(schema)
    results = [_resolved(contract, each) for each in choice["oneOf"]]
    properties = {name: _readable(value) for each in results for name, value in each["properties"].items()}
    return {"type": "object", "description": choice["description"], "properties": properties}


@dataclass(slots=True)
class _Shared:
    """A parameter that several actions may take."""

    schema: Json
    takers: list[tuple[str, bool]] = field(default_factory=list)
    """Each action that takes it, and whether it must."""


def _flattened(contract: Contract, choice: Json) -> Json:
    """Make one object of a dispatcher's variants: the reference's `action` and `parameters`."""
    variants = [_resolved(contract, each) for each in choice["oneOf"]]
    actions = [variant["properties"]["action"]["enum"][0] for variant in variants]
    shared: dict[str, _Shared] = {}
    for action, variant in zip(actions, variants, strict=True):
        _share(shared, action, _resolved(contract, variant["properties"]["parameters"]))
    properties = {name: _described(contract, each) for name, each in shared.items()}
    return {
        "type": "object",
        "description": choice["description"],
        "required": ["action"],
        "properties": {
            "action": {"type": "string", "description": "The action to run.", "enum": actions},
            "parameters": {
                "type": "object",
                "description": "The parameters of the action; each says which actions take it.",
                "properties": properties,
            },
        },
    }


def _share(shared: dict[str, _Shared], action: str, parameters: Json) -> None:
    for name, schema in parameters["properties"].items():
        known = shared.setdefault(name, _Shared(schema))
        if known.schema != schema:
            first, _ = known.takers[0]
            raise SpecError(f"The parameter {name} means one thing to {first}, another to {action}")
        known.takers.append((action, name in parameters.get("required", [])))


def _described(contract: Contract, shared: _Shared) -> Json:
    schema = _inlined(contract, shared.schema)
    takers = ", ".join(
        f"{action} (required)" if is_required else action for action, is_required in shared.takers
    )
    return {**schema, "description": f"{schema['description']} Taken by {takers}."}


def _resolved(contract: Contract, node: Json) -> Json:
    while "$ref" in node:
        node = contract.at(node["$ref"])
    return node


def _inlined(contract: Contract, schema: Json) -> Json:
    """Return a schema without references, as the builder reads it; the contract has no recursion."""
    return _readable(inlined(contract.document, schema))


def _readable(schema: Json) -> Json:
    """Leave out the keywords that the builder does not read, and give every object its properties."""
    unread = _NOT_READ | _OF_A_MAP if is_map(schema) else _NOT_READ
    kept = {key: _readable_value(value) for key, value in schema.items() if key not in unread}
    return {**kept, "properties": kept.get("properties", {})} if kept.get("type") == "object" else kept


def _readable_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_readable_value(each) for each in value]
    return _readable(value) if isinstance(value, dict) else value


def _used_schemas(contract: Contract, paths: Json) -> Json:
    used = sorted(reachable(contract.document, paths))
    return {reference.rpartition("/")[2]: _readable(contract.at(reference)) for reference in used}
