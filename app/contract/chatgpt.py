"""The document that ChatGPT's GPT builder imports.

The builder reads OpenAPI 3.1.0 only, and of that less than the whole: no parameter references, no header
parameters, no request body that is not an object, one server, one security scheme, properties in every object
(https://developers.openai.com/api/docs/actions/production, and the builder's own messages). So the six closed
variants of the dispatcher become one `action` and one `parameters` object, in the shape of the reference.
"""

from dataclasses import dataclass, field
from typing import Final

from app.contract import projection
from app.contract.document import Contract
from app.contract.load import Json, SpecError
from app.contract.public_url import moved

OPERATIONS: Final = ("dispatchAction", "extendSession", "createRefund")
"""What ChatGPT may do: the six actions, and what asks for consent every time."""


def project(contract: Contract, public_url: str) -> Json:
    """Return the ChatGPT form of the contract as a server at `public_url` publishes it."""
    projected = projection.document(contract, OPERATIONS, body=_request_schema)
    moved_form: Json = moved(projected, public_url=public_url)
    return moved_form


def _request_schema(contract: Contract, schema: Json) -> Json:
    return _flattened(contract, schema) if "oneOf" in schema else projection.written_out(contract, schema)


@dataclass(slots=True)
class _Shared:
    """A parameter that several actions may take."""

    schema: Json
    takers: list[tuple[str, bool]] = field(default_factory=list)
    """Each action that takes it, and whether it must."""


def _flattened(contract: Contract, choice: Json) -> Json:
    """Make one object of a dispatcher's variants: the reference's `action` and `parameters`."""
    variants = [contract.followed(each) for each in choice["oneOf"]]
    actions = [variant["properties"]["action"]["enum"][0] for variant in variants]
    shared: dict[str, _Shared] = {}
    for action, variant in zip(actions, variants, strict=True):
        _share(shared, action, contract.followed(variant["properties"]["parameters"]))
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
    schema = projection.written_out(contract, shared.schema)
    takers = ", ".join(
        f"{action} (required)" if is_required else action for action, is_required in shared.takers
    )
    return {**schema, "description": f"{schema['description']} Taken by {takers}."}
