"""The actions as tools: what each platform's own types take, and what is called by them is what is served."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any, get_type_hints

import anthropic.types
import jsonschema_rs
import mcp_types
import openai.types.realtime
import openai.types.responses
import perplexity.types.function_tool_param
import pytest
from google.genai import types as google_types
from pydantic import TypeAdapter

from app.contract import gemini, tools, tools_style, validators
from app.contract.document import Contract
from app.contract.load import SpecError
from app.contract.operations import follow
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
    "mcp": mcp_types.Tool,
}
PLAIN = sorted(tools.SHAPES.keys() - {"gemini"})


def published(contract: Contract, platform: str) -> list[Tool]:
    """Return the tools of a platform, one by one."""
    form = tools.project(contract, platform)
    return form[0]["functionDeclarations"] if platform == "gemini" else form


@pytest.mark.parametrize("platform", tools.SHAPES)
def test_every_action_is_a_tool(contract: Contract, platform: str) -> None:
    assert [tool["name"] for tool in published(contract, platform)] == ACTIONS


@pytest.mark.parametrize("platform", TYPES)
def test_a_platforms_own_type_takes_each_tool_and_knows_each_key(contract: Contract, platform: str) -> None:
    adapter = TypeAdapter(TYPES[platform])
    for tool in published(contract, platform):
        taken = adapter.validate_python(tool)
        assert adapter.dump_python(taken, mode="json", by_alias=True, exclude_none=True) == tool
        assert platform == "mcp" or tool.keys() <= get_type_hints(TYPES[platform]).keys()


@pytest.mark.parametrize("platform", PLAIN)
def test_a_schema_is_one(contract: Contract, platform: str) -> None:
    for tool in published(contract, platform):
        jsonschema_rs.Draft202012Validator(tools_style.parameters_of(tool))
        assert jsonschema_rs.meta.is_valid(tools_style.parameters_of(tool))


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
    for platform in ("responses", "xai", "perplexity"):
        assert [tool["strict"] for tool in published(contract, platform)] == [False] * len(ACTIONS)
    assert all("strict" not in tool for tool in published(contract, "realtime"))


@pytest.mark.parametrize("platform", tools.SHAPES)
def test_no_model_is_asked_for_what_it_could_only_make_up(contract: Contract, platform: str) -> None:
    for tool in published(contract, platform):
        assert not tools.NOT_FOR_MODELS & tools_style.parameters_of(tool)["properties"].keys()


def test_what_no_model_can_give_is_never_required() -> None:
    quoted = {"type": "object", "required": ["quote_id"], "properties": {"quote_id": {"type": "string"}}}
    with pytest.raises(SpecError, match="quote_id"):
        tools.for_models(quoted)


@pytest.mark.parametrize("platform", PLAIN)
def test_a_tool_takes_what_its_action_does(contract: Contract, platform: str) -> None:
    """Ask both for every example, for each with a field too many, and with one too few."""
    dispatcher = contract.operations["dispatchPlatformAction"]
    takes = validators.of(contract)(dispatcher.body_schema_pointer or "").is_valid
    for tool in published(contract, platform):
        schema = tools_style.parameters_of(tool)
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


def test_an_mcp_tool_says_what_it_does_to_the_world_and_what_it_answers(contract: Contract) -> None:
    by_name = {tool["name"]: tool for tool in published(contract, "mcp")}
    assert by_name["search_parking"]["annotations"] == {
        "title": "Find lots near a place",
        "readOnlyHint": True,
        "destructiveHint": False,
        "idempotentHint": True,
        "openWorldHint": False,
    }
    assert by_name["end_session"]["annotations"]["destructiveHint"] is True
    session = by_name["end_session"]["outputSchema"]["properties"]["session"]["properties"]
    assert session["ended_at"]["description"] == "When the stay ended; absent until then."
    for name, tool in by_name.items():
        operation = contract.action(name)
        answers = jsonschema_rs.Draft202012Validator(tool["outputSchema"], validate_formats=True).is_valid
        success = min(status for status in operation.responses if status < 300)
        pointer = f"{operation.pointer}/responses/{success}"
        for example in examples(contract, pointer):
            assert answers(example)
            assert not answers({})


def examples(contract: Contract, pointer: str) -> list[Any]:
    """Return the examples of an answer."""
    response, _ = follow(contract.document, contract.at(pointer), "")
    found = response["content"]["application/json"]["examples"].values()
    return [follow(contract.document, each, "")[0]["value"] for each in found]


def test_gemini_is_told_in_words_what_it_has_no_keyword_for() -> None:
    told = {
        "type": "number",
        "description": "How much.",
        "exclusiveMinimum": 0,
        "default": 2,
        "examples": [6.0],
    }
    said = "How much. 2 if left out. More than 0."
    assert gemini.schema(told) == {"type": "NUMBER", "description": said, "example": 6.0}
    flag = {"type": "boolean", "description": "If true, now.", "default": False}
    assert gemini.schema(flag)["description"] == "If true, now. false if left out."


def test_gemini_keeps_the_formats_that_it_takes() -> None:
    schema = gemini.schema(
        {
            "type": "object",
            "properties": {
                "at": {"type": "string", "format": "date-time"},
                "id": {"type": "string", "format": "uuid"},
                "days": {"type": "array", "items": {"type": "integer", "format": "int32"}},
            },
        }
    )
    assert schema["properties"] == {
        "at": {"type": "STRING", "format": "date-time"},
        "id": {"type": "STRING"},
        "days": {"type": "ARRAY", "items": {"type": "INTEGER", "format": "int32"}},
    }


def test_what_gemini_has_no_words_for_is_never_left_out_in_silence() -> None:
    with pytest.raises(SpecError, match="multipleOf"):
        gemini.schema({"type": "number", "multipleOf": 5})


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
    ("tools-parameters", "realtime", lambda tool: tool.pop("parameters")),
    ("tools-parameters", "responses", lambda tool: tool["parameters"].update(anyOf=[])),
    ("tools-parameters", "xai", lambda tool: properties(tool)["lot_id"].update(type="array")),
    ("tools-parameters", "perplexity", lambda tool: properties(tool)["lot_id"].update(type="object")),
    ("tools-required", "xai", lambda tool: tool["parameters"].update(required=["nowhere"])),
    ("tools-type", "xai", lambda tool: properties(tool)["lot_id"].update(type="banana")),
    ("tools-pattern", "xai", lambda tool: properties(tool)["lot_id"].update(pattern="(")),
    ("tools-pattern", "xai", lambda tool: properties(tool)["lot_id"].update(pattern="^(?=a)a$")),
    (
        "tools-parameter-name",
        "xai",
        lambda tool: properties(tool).update(quote_id=properties(tool)["lot_id"]),
    ),
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
    ("tools-parameters", "gemini", lambda tool: tool["parameters"].update(properties={})),
    (
        "gemini-format",
        "gemini",
        lambda tool: properties(tool)["lot_id"].update(format="uuid"),
    ),
    ("mcp-hints", "mcp", lambda tool: tool["annotations"].pop("openWorldHint")),
    ("mcp-output", "mcp", lambda tool: tool["outputSchema"].update(type="array")),
    ("tools-reference", "mcp", lambda tool: tool["outputSchema"].update({"$ref": "#/x"})),
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


def test_a_second_list_of_declarations_is_found(contract: Contract) -> None:
    form = [*tools.project(contract, "gemini"), {"googleSearch": {}}]
    assert [finding.rule for finding in tools_style.check("gemini", form)] == ["tools-shape"]


def test_more_tools_than_a_platform_takes_are_found(contract: Contract) -> None:
    (tool, *_) = tools.project(contract, "xai")
    many = [{**tool, "name": f"tool_{number}"} for number in range(tools_style.MOST_TOOLS + 1)]
    assert [finding.rule for finding in tools_style.check("xai", many)] == ["tools-number"]


TITLED = {"copilot-openapi.json", "mcp-tools.json"}
COPILOT = {"copilot-plugin.json", "copilot-openapi.json"}
TOOLS = {f"{platform}-tools.json" for platform in tools.SHAPES}
WHOLE = {"openapi.yaml", "openapi.json"}
CHATGPT = {"chatgpt.yaml", "chatgpt.json"}


@pytest.mark.parametrize(
    ("change", "carriers"),
    [
        (
            lambda document: rates(document)["x-agent-action"].update(description="Reads rates."),
            WHOLE | TOOLS | COPILOT,
        ),
        (lambda document: rates(document).update(description="Reads rates."), WHOLE),
        (lambda document: rates(document).update(summary="Rates"), WHOLE | TITLED),
        (
            lambda document: dispatch(document).update(description="Acts."),
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
    before, after = (
        forms(contract),
        forms(Contract.of(document, manifest=contract.manifest, skill=contract.skill)),
    )
    assert {name for name in before if before[name].etag != after[name].etag} == carriers


def rates(document: dict[str, Any]) -> dict[str, Any]:
    """Return what the contract says of getRates."""
    return document["paths"]["/api/v1/lots/{lot_id}/rates"]["get"]


def dispatch(document: dict[str, Any]) -> dict[str, Any]:
    """Return what the contract says of dispatchAction."""
    return document["paths"]["/api/v1/agents/openai/actions"]["post"]
