"""Operations as the server works with them, read once from the folded document."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, cast

from app.contract import retirement
from app.contract.load import Json, SpecError, escape, unescape
from app.contract.naming import handler_of
from app.contract.retirement import Retirement

METHODS: Final = ("get", "put", "post", "delete", "patch")
PLANS: Final = ("starter", "growth", "enterprise")
"""Every plan holds what the ones before it hold."""

JSON: Final = "application/json"

FIRST_REFUSAL: Final = 400

ParameterLocation = Literal["path", "query", "header"]
Plan = Literal["starter", "growth", "enterprise"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; `schema` is the schema itself, `schema_pointer` where it stands in the document."""

    name: str
    location: ParameterLocation
    required: bool
    schema: Json
    schema_pointer: str

    @property
    def argument(self) -> str:
        """Return the name under which a handler takes it: `Stripe-Signature` is `stripe_signature`."""
        return self.name.lower().replace("-", "_") if self.location == "header" else self.name


@dataclass(frozen=True, slots=True)
class Response:
    """What one status answers: its media types, where its schema stands, and the headers it always has."""

    media_types: tuple[str, ...]
    schema_pointer: str | None
    required_headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Security:
    """Who may call: any one set of scopes is enough; nobody may too if `allows_anonymous`."""

    alternatives: tuple[frozenset[str], ...]
    allows_anonymous: bool


@dataclass(frozen=True, slots=True)
class AgentAction:
    """The dispatchers' action that an operation serves, its budget there, and its hints to agents."""

    name: str
    description: str
    """What a model reads before it calls the action as a tool."""
    confirmation: str | None
    """What people are asked before it is called; None where it changes nothing."""
    budget: str
    annotations: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the contract."""

    id: str
    method: str
    """In capitals."""
    path: str
    """The template, as in the document."""
    pointer: str
    tag: str
    module: str
    function: str
    parameters: tuple[Parameter, ...]
    body_schema_pointers: Mapping[str, str]
    """Where the schema of each media type that it takes stands."""
    body_required: bool
    security: Security
    budget: str
    """The name of the budget that pays for it."""
    plan_scope: Plan | None
    """The lowest plan that includes it; None if all do."""
    agent_action: AgentAction | None
    dispatches: bool
    """Whether its body names an action, whose operation then does the work."""
    consequential: bool
    retirement: Retirement | None
    """Its farewell, if it is deprecated."""
    responses: Mapping[int, Response]

    @property
    def body_media_types(self) -> tuple[str, ...]:
        """Return every media type that it takes."""
        return tuple(self.body_schema_pointers)

    @property
    def body_schema_pointer(self) -> str | None:
        """Return where the schema of its JSON stands; None where it takes none, but perhaps a file."""
        return self.body_schema_pointers.get(JSON)

    @property
    def media_types(self) -> frozenset[str]:
        """Return the media types of what it is asked for; where that has no body, those of its refusals."""
        done = [response for status, response in self.responses.items() if status < FIRST_REFUSAL]
        asked_for = frozenset(name for response in done for name in response.media_types)
        return asked_for or frozenset(
            name for response in self.responses.values() for name in response.media_types
        )

    def open_to(self, plan: Plan) -> bool:
        """Tell whether a plan includes the operation."""
        return self.plan_scope is None or PLANS.index(plan) >= PLANS.index(self.plan_scope)

    def parameters_in(self, location: ParameterLocation) -> tuple[Parameter, ...]:
        """Return the parameters of one location."""
        return tuple(parameter for parameter in self.parameters if parameter.location == location)


def at(document: Json, pointer: str) -> Any:
    """Return what stands at a pointer (`#/components/…`) of the folded document."""
    node: Any = document
    for part in unescape(pointer.removeprefix("#")):
        node = node[int(part)] if isinstance(node, list) else node[part]
    return node


def follow(document: Json, node: Json, pointer: str) -> tuple[Json, str]:
    """Return the definition behind a node that may be a reference, and where it stands."""
    while "$ref" in node:
        pointer = node["$ref"]
        node = at(document, pointer)
    return node, pointer


def written(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Give every operation as it is written: its path, its method, and its Operation Object."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def read(document: Json) -> Mapping[str, Operation]:
    """Read every operation of a folded document, by operationId; raise SpecError if one is named twice."""
    operations: dict[str, Operation] = {}
    for path, method, node in written(document):
        operation = _operation(document, path, method, node)
        if operation.id in operations:
            raise SpecError(f"{operation.id} names two operations")
        operations[operation.id] = operation
    return MappingProxyType(operations)


def _operation(document: Json, path: str, method: str, node: Json) -> Operation:
    pointer = f"#/paths/{escape(path)}/{method}"
    tag, operation_id = node["tags"][0], node["operationId"]
    handler = handler_of(operation_id=operation_id, tag=tag)
    body, body_pointer = follow(document, node.get("requestBody", {}), f"{pointer}/requestBody")
    body_schema_pointers = content_pointers(document, body, body_pointer)
    body_schema_pointer = body_schema_pointers.get(JSON)
    return Operation(
        id=operation_id,
        method=method.upper(),
        path=path,
        pointer=pointer,
        tag=tag,
        module=handler.module,
        function=handler.function,
        parameters=tuple(_parameters(document, node, pointer)),
        body_schema_pointers=MappingProxyType(body_schema_pointers),
        body_required=body.get("required", False),
        security=_security(node["security"]),
        budget=node["x-budget"],
        plan_scope=node.get("x-plan"),
        agent_action=_agent_action(node.get("x-agent-action")),
        dispatches=body_schema_pointer is not None and _names_an_action(document, body_schema_pointer),
        consequential=node.get("x-openai-isConsequential", method != "get"),
        retirement=retirement.read(node),
        responses=_responses(document, node, pointer),
    )


def _names_an_action(document: Json, pointer: str) -> bool:
    discriminator = at(document, pointer).get("discriminator", {})
    return bool(discriminator.get("propertyName") == "action")


def _parameters(document: Json, node: Json, pointer: str) -> Iterator[Parameter]:
    for index, listed in enumerate(node.get("parameters", [])):
        parameter, stands = follow(document, listed, f"{pointer}/parameters/{index}")
        schema, schema_pointer = follow(document, parameter["schema"], f"{stands}/schema")
        location = cast(ParameterLocation, parameter["in"])
        yield Parameter(parameter["name"], location, parameter.get("required", False), schema, schema_pointer)


def content_pointers(document: Json, holder: Json, pointer: str) -> dict[str, str]:
    """Return where the schema of each media type of a request or an answer stands."""
    return {
        media_type: follow(document, content["schema"], f"{pointer}/content/{escape(media_type)}/schema")[1]
        for media_type, content in holder.get("content", {}).items()
    }


def _responses(document: Json, node: Json, pointer: str) -> Mapping[int, Response]:
    responses = {}
    for status, listed in node["responses"].items():
        response, stands = follow(document, listed, f"{pointer}/responses/{status}")
        headers = {
            name: follow(document, header, "")[0] for name, header in response.get("headers", {}).items()
        }
        responses[int(status)] = Response(
            media_types=tuple(response.get("content", ())),
            schema_pointer=next(iter(content_pointers(document, response, stands).values()), None),
            required_headers=tuple(name for name, header in headers.items() if header.get("required")),
        )
    return MappingProxyType(responses)


def _security(requirements: list[dict[str, list[str]]]) -> Security:
    alternatives = tuple(frozenset().union(*scopes.values()) for scopes in requirements if scopes)
    return Security(alternatives, allows_anonymous=not requirements or {} in requirements)


def _agent_action(node: Json | None) -> AgentAction | None:
    if node is None:
        return None
    hints = MappingProxyType(node["annotations"])
    return AgentAction(node["name"], node["description"], node.get("confirmation"), node["budget"], hints)
