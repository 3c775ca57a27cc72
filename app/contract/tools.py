"""Tools: the dispatchers' actions as functions that a model calls, in the shape of each platform.

A form is what its platform takes as the value of `tools`. What a model then calls is sent on as it is, by its
name and its arguments: `{"action": name, "parameters": arguments}` to the platform's dispatcher.

Schemas are plain, with all their bounds, and nobody is asked to enforce them: OpenAI would have every field
be required for that. The server refuses what is wrong, and says which field.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from app.contract import gemini
from app.contract.document import Contract
from app.contract.load import Json, SpecError
from app.contract.operations import FIRST_REFUSAL
from app.contract.schemas import inlined

NOT_FOR_MODELS: Final = frozenset({"end_user_id", "idempotency_key", "metadata", "quote_id"})
"""What whoever runs the model adds to a call, and what no tool gives: a model could only make it up."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One action, before any platform's shape."""

    name: str
    description: str
    parameters: Json
    """A JSON Schema (Draft 2020-12) of an object, without references."""
    title: str
    result: Json
    """The same of what it answers."""
    hints: Mapping[str, bool]
    """Whether it only reads, destroys, may be repeated, and reaches beyond this server."""


def of(contract: Contract) -> Sequence[Tool]:
    """Return the actions of every platform but ChatGPT's Actions, in the contract's order."""
    dispatcher = contract.operations["dispatchPlatformAction"]
    choice = contract.at(dispatcher.body_schema_pointer or "")
    variants = [contract.followed(each)["properties"] for each in choice["oneOf"]]
    return [_tool(contract, variant["action"]["enum"][0], variant["parameters"]) for variant in variants]


def project(contract: Contract, platform: str) -> list[Json]:
    """Return the tools in the shape of a platform."""
    return SHAPES[platform](of(contract))


def _tool(contract: Contract, name: str, parameters: Json) -> Tool:
    operation = contract.action(name)
    action = operation.agent_action
    if action is None:
        raise SpecError(f"No operation serves the action {name}")
    done = min(status for status in operation.responses if status < FIRST_REFUSAL)
    return Tool(
        name=name,
        description=action.description,
        parameters=for_models(inlined(contract.document, parameters)),
        title=contract.at(operation.pointer)["summary"],
        result=inlined(contract.document, contract.at(operation.responses[done].schema_pointer or "")),
        hints=action.annotations,
    )


def for_models(schema: Json, *, without: frozenset[str] = NOT_FOR_MODELS) -> Json:
    """Return the schema of a request without what a model can't know; raise SpecError if it is required."""
    if hidden := without.intersection(schema.get("required", ())):
        raise SpecError(f"No model could give {', '.join(sorted(hidden))}, and without it there is no call")
    shown = {name: each for name, each in schema["properties"].items() if name not in without}
    return {**schema, "properties": shown}


def _function(tool: Tool) -> Json:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    }


def _functions(tools: Sequence[Tool]) -> list[Json]:
    return [_function(tool) for tool in tools]


def _lenient_functions(tools: Sequence[Tool]) -> list[Json]:
    """Say that schemas are not enforced; where that is left out, OpenAI's Responses API would do so."""
    return [{**_function(tool), "strict": False} for tool in tools]


def _anthropic(tools: Sequence[Tool]) -> list[Json]:
    return [
        {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
        for tool in tools
    ]


def _gemini(tools: Sequence[Tool]) -> list[Json]:
    declarations: list[dict[str, Any]] = [
        {"name": tool.name, "description": tool.description, "parameters": gemini.schema(tool.parameters)}
        for tool in tools
    ]
    return [{"functionDeclarations": declarations}]


def _mcp(tools: Sequence[Tool]) -> list[Json]:
    """Give all four hints: one that is left out is taken for the worst."""
    return [
        {
            "name": tool.name,
            "title": tool.title,
            "description": tool.description,
            "inputSchema": tool.parameters,
            "outputSchema": tool.result,
            "annotations": {
                "title": tool.title,
                "readOnlyHint": tool.hints["read_only"],
                "destructiveHint": tool.hints["destructive"],
                "idempotentHint": tool.hints["idempotent"],
                "openWorldHint": tool.hints["open_world"],
            },
        }
        for tool in tools
    ]


SHAPES: Final[Mapping[str, Callable[[Sequence[Tool]], list[Json]]]] = MappingProxyType(
    {
        "responses": _lenient_functions,
        "realtime": _functions,
        "xai": _lenient_functions,
        "perplexity": _lenient_functions,
        "anthropic": _anthropic,
        "gemini": _gemini,
        "mcp": _mcp,
    }
)
"""By platform: OpenAI's Responses and Realtime APIs, xAI, Perplexity's Agent API, Anthropic, Gemini, MCP."""
