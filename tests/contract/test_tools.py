"""The actions as tools: what each platform's own types take, and what is called by them is what is served."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any, get_type_hints

import anthropic.types
import jsonschema_rs
import openai.types.realtime
import openai.types.responses
import perplexity.types.function_tool_param
import pytest
from google.genai import types as google_types
from pydantic import TypeAdapter

from app.contract import gemini, tools, tools_style, validators
from app.contract.document import Contract
from app.contract.published import forms

Tool = dict[str, Any]

ACTIONS = [
    "search_parking",
    "check_availability",
    "get_rates",
    "create_session",
    "get_session",
    "extend_session",
    "end_session",
    "request_refund",
]
TYPES: dict[str, Any] = {
    "responses": openai.types.responses.FunctionToolParam,
    "realtime": openai.types.realtime.RealtimeFunctionToolParam,
    "xai": openai.types.responses.FunctionToolParam,  # xAI's Responses API takes OpenAI's tools
    "perplexity": perplexity.types.function_tool_param.FunctionToolParam,
    "anthropic": anthropic.types.ToolParam,
}


def published(contract: Contract, platform: str) -> list[Tool]:
    """Return the tools of a platform, one by one."""
    form = tools.project(contract, platform)
    return form[0]["functionDeclarations"] if platform == "gemini" else form


@pytest.mark.parametrize("platform", tools.SHAPES)
def test_every_action_is_a_tool(contract: Contract, platform: str) -> None:
    assert [tool["name"] for tool in published(contract, platform)] == ACTIONS


@pytest.mark.parametrize("platform", TYPES)
def test_a_platforms_own_type_takes_each_tool_and_knows_each_key(contract: Contract, platform: str) -> None:
    adapter, known = TypeAdapter(TYPES[platform]), get_type_hints(TYPES[platform]).keys()
    for tool in published(contract, platform):
        assert adapter.validate_python(tool) == tool
        assert tool.keys() <= known


def test_gemini_s_own_type_takes_each_tool(contract: Contract) -> None:
    (tool,) = (
        google_types.Tool.model_validate(tools.project(contract, "gemini")[0])
        .model_dump(exclude_none=True)
        .values()
    )
    assert [declaration["name"] for declaration in tool] == ACTIONS


def test_the_type_of_gemini_refuses_what_it_has_no_keyword_for(contract: Contract) -> None:
    tool = deepcopy(published(contract, "gemini")[0])
    properties(tool)["lat"]["exclusiveMinimum"] = 0
    with pytest.raises(ValueError, match="exclusiveMinimum"):
        google_types.FunctionDeclaration.model_validate(tool)


def test_realtime_knows_no_strict_and_others_say_that_they_are_not(contract: Contract) -> None:
    assert [tool["strict"] for tool in published(contract, "responses")] == [False] * len(ACTIONS)
    assert all("strict" not in tool for tool in published(contract, "realtime"))


@pytest.mark.parametrize("platform", ["responses", "realtime", "xai", "perplexity", "anthropic"])
def test_a_tool_takes_exactly_what_its_action_does(contract: Contract, platform: str) -> None:
    """Ask both for every example, for each with a field too many, and with one too few."""
    dispatcher = contract.operations["dispatchPlatformAction"]
    takes = validators.of(contract)(dispatcher.body_schema_pointer or "").is_valid
    for tool in published(contract, platform):
        schema = tool.get("parameters") or tool["input_schema"]
        fits = jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid
        for arguments in asked(schema):
            assert fits(arguments) == takes({"action": tool["name"], "parameters": arguments})


def asked(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return arguments that are right, and some that are not."""
    (example,) = schema["examples"]
    every = {name: each["examples"][0] for name, each in schema["properties"].items()}
    without = [{name: every[name] for name in every if name != left_out} for left_out in every]
    wrong = [{**every, name: value} for name in every for value in (None, [], "\x00", -1e9)]
    return [example, every, *without, *wrong, {**every, "colour": "red"}, {}]


def test_gemini_is_told_in_words_what_it_has_no_keyword_for() -> None:
    told = {
        "type": "number",
        "description": "How much.",
        "exclusiveMinimum": 0,
        "default": 2,
        "examples": [6.0],
    }
    assert gemini.schema(told) == {"type": "NUMBER", "description": "How much. 2 if left out. More than 0."}
    flag = {"type": "boolean", "description": "If true, now.", "default": False}
    assert gemini.schema(flag)["description"] == "If true, now. false if left out."


def test_gemini_keeps_the_formats_that_it_takes_and_leaves_maps_out() -> None:
    schema = gemini.schema(
        {
            "type": "object",
            "properties": {
                "at": {"type": "string", "format": "date-time"},
                "id": {"type": "string", "format": "uuid"},
                "notes": {"type": "object", "additionalProperties": {"type": "string"}},
                "days": {"type": "array", "items": {"type": "integer", "format": "int32"}},
            },
        }
    )
    assert schema["properties"] == {
        "at": {"type": "STRING", "format": "date-time"},
        "id": {"type": "STRING"},
        "days": {"type": "ARRAY", "items": {"type": "INTEGER", "format": "int32"}},
    }


def properties(tool: Tool) -> dict[str, Any]:
    """Return what a tool takes."""
    return tool["parameters"]["properties"]


SPOILS: list[tuple[str, str, Callable[[Tool], Any]]] = [
    ("tools-name", "xai", lambda tool: tool.update(name="get.rates")),
    ("tools-name", "xai", lambda tool: tool.update(name="check_availability")),
    ("tools-description", "anthropic", lambda tool: tool.update(description="x" * 1025)),
    ("tools-description", "anthropic", lambda tool: tool.update(description="")),
    ("tools-parameters", "realtime", lambda tool: tool["parameters"].update(type="array")),
    ("tools-parameters", "realtime", lambda tool: tool["parameters"].pop("properties")),
    (
        "tools-reference",
        "responses",
        lambda tool: properties(tool).update(lot_id={"$ref": "#/x", "description": "A lot."}),
    ),
    (
        "tools-parameter-name",
        "gemini",
        lambda tool: properties(tool).update({"lot-id": {"type": "STRING", "description": "."}}),
    ),
    (
        "tools-parameter-description",
        "perplexity",
        lambda tool: properties(tool)["lot_id"].pop("description"),
    ),
    ("tools-strict", "responses", lambda tool: tool.update(strict=True)),
    ("tools-shape", "responses", lambda tool: tool.pop("strict")),
    ("tools-shape", "realtime", lambda tool: tool.update(strict=False)),
    ("tools-shape", "realtime", lambda tool: tool.update(type="tool")),
    ("tools-shape", "anthropic", lambda tool: tool.update(parameters={})),
    ("gemini-keyword", "gemini", lambda tool: tool["parameters"].update(additionalProperties=False)),
    ("gemini-type", "gemini", lambda tool: properties(tool)["lot_id"].update(type="string")),
    ("gemini-object", "gemini", lambda tool: tool["parameters"].update(properties={})),
    (
        "gemini-format",
        "gemini",
        lambda tool: properties(tool)["lot_id"].update(format="uuid"),
    ),
    ("gemini-enum", "gemini", lambda tool: properties(tool)["lot_id"].update(enum=[1])),
]


@pytest.mark.parametrize(("rule", "platform", "spoil"), SPOILS)
def test_each_rule_of_a_platform_is_kept_and_its_breach_is_found(
    contract: Contract, rule: str, platform: str, spoil: Callable[[Tool], Any]
) -> None:
    form = deepcopy(tools.project(contract, platform))
    assert list(tools_style.check(platform, form)) == []
    spoil((form[0]["functionDeclarations"] if platform == "gemini" else form)[2])
    assert rule in {finding.rule for finding in tools_style.check(platform, form)}


def test_more_tools_than_a_platform_takes_are_found(contract: Contract) -> None:
    (tool, *_) = tools.project(contract, "xai")
    many = [{**tool, "name": f"tool_{number}"} for number in range(tools_style.MOST_TOOLS + 1)]
    assert [finding.rule for finding in tools_style.check("xai", many)] == ["tools-number"]


COPILOT = {"copilot-plugin.json", "copilot-openapi.json"}
TOOLS = {f"{platform}-tools.json" for platform in tools.SHAPES}
WHOLE = {"openapi.yaml", "openapi.json"}
CHATGPT = {"chatgpt.yaml", "chatgpt.json"}


@pytest.mark.parametrize(
    ("change", "carriers"),
    [
        (
            lambda document: rates(document)["x-agent-action"].update(description="Reads rates."),
            WHOLE | TOOLS,
        ),
        (lambda document: rates(document).update(description="Reads rates."), WHOLE | COPILOT),
        (
            lambda document: document["paths"]["/api/v1/agents/openai/actions"]["post"].update(
                description="Acts."
            ),
            WHOLE | CHATGPT,
        ),
        (
            lambda document: document["components"]["schemas"]["LotId"].update(description="Which lot."),
            WHOLE | CHATGPT | TOOLS | {"copilot-openapi.json"},
        ),
    ],
)
def test_a_changed_description_changes_the_forms_that_carry_it_and_no_other(
    contract: Contract, change: Callable[[dict[str, Any]], Any], carriers: set[str]
) -> None:
    document = deepcopy(contract.document)
    change(document)
    before, after = forms(contract), forms(Contract.of(document, manifest=contract.manifest))
    assert {name for name in before if before[name].etag != after[name].etag} == carriers


def rates(document: dict[str, Any]) -> dict[str, Any]:
    """Return what the contract says of getRates."""
    return document["paths"]["/api/v1/lots/{lot_id}/rates"]["get"]


def dispatch(document: dict[str, Any]) -> dict[str, Any]:
    """Return what the contract says of dispatchAction."""
    return document["paths"]["/api/v1/agents/openai/actions"]["post"]
