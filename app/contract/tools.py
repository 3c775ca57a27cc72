"""Tools: the dispatchers' actions as functions that a model calls, in the shape of each platform.

A form is what its platform takes as the value of `tools`. What a model then calls is sent on as it is, by its
name and its arguments: `{"action": name, "parameters": arguments}` to the platform's dispatcher.

Schemas are plain, with all their bounds, and nobody is asked to enforce them: several platforms would have
every field be required for that. The server refuses what is wrong, and says which field.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from app.contract import gemini
from app.contract.document import Contract
from app.contract.load import Json, SpecError
from app.contract.operations import follow
from app.contract.schemas import inlined


@dataclass(frozen=True, slots=True)
class Tool:
    """One action, before any platform's shape."""

    name: str
    description: str
    parameters: Json
    """A JSON Schema (Draft 2020-12) of an object, without references."""


def of(contract: Contract) -> Sequence[Tool]:
    """Return the actions of every platform but ChatGPT's Actions, in the contract's order."""
    dispatcher = contract.operations["dispatchPlatformAction"]
    choice = contract.at(dispatcher.body_schema_pointer or "")
    variants = [follow(contract.document, each, "")[0]["properties"] for each in choice["oneOf"]]
    return [_tool(contract, variant["action"]["enum"][0], variant["parameters"]) for variant in variants]


def project(contract: Contract, platform: str) -> list[Json]:
    """Return the tools in the shape of a platform."""
    return SHAPES[platform](of(contract))


def _tool(contract: Contract, name: str, parameters: Json) -> Tool:
    action = contract.action(name).agent_action
    if action is None:
        raise SpecError(f"No operation serves the action {name}")
    return Tool(name, action.description, inlined(contract.document, parameters))


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


SHAPES: Final[Mapping[str, Callable[[Sequence[Tool]], list[Json]]]] = MappingProxyType(
    {
        "responses": _lenient_functions,
        "realtime": _functions,
        "xai": _lenient_functions,
        "perplexity": _lenient_functions,
        "anthropic": _anthropic,
        "gemini": _gemini,
    }
)
"""By platform: OpenAI's Responses and Realtime APIs, xAI, Perplexity's Agent API, Anthropic, Gemini."""
