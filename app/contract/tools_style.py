"""What the platforms take as tools, from their documents and from what their APIs refuse.

OpenAI (developers.openai.com/api/docs/guides/function-calling), xAI (docs.x.ai/developers/tools), Perplexity
(docs.perplexity.ai/docs/agent-api/tools), Anthropic (platform.claude.com/docs, tool use), Gemini
(ai.google.dev/api/caching#FunctionDeclaration), and the Model Context Protocol (modelcontextprotocol.io).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from app.contract import gemini
from app.contract.findings import Finding
from app.contract.load import Json
from app.contract.schemas import references, within
from app.contract.tools import NOT_FOR_MODELS

MOST_TOOLS: Final = 128
LONGEST_DESCRIPTION: Final = 1024

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
"""What all platforms allow."""
_PARAMETER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_HINTS: Final = frozenset({"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"})
_TYPES: Final = frozenset({"string", "number", "integer", "boolean", "array", "object"})
_CHOICES: Final = frozenset({"oneOf", "anyOf", "allOf", "not", "enum"})
_NOT_EVERYWHERE: Final = re.compile(r"\(\?[=!<]|\\[bBpP1-9]")


def check(platform: str, form: Sequence[Json]) -> Iterator[Finding]:
    """Give what a platform would refuse, or take for something else."""
    tools = form
    if platform == "gemini":
        if [list(each) for each in form] != [["functionDeclarations"]]:
            yield Finding("tools-shape", platform, "is not one list of declarations")
        tools = form[0].get("functionDeclarations", [])
    if len(tools) > MOST_TOOLS:
        yield Finding("tools-number", platform, f"has more than {MOST_TOOLS} tools")
    names = Counter(tool["name"] for tool in tools)
    for tool in tools:
        where = f"{platform}: {tool['name']}"
        if not _NAME.fullmatch(tool["name"]) or names[tool["name"]] > 1:
            yield Finding("tools-name", where, "has no name of its own that every platform takes")
        if not 0 < len(tool["description"]) <= LONGEST_DESCRIPTION:
            yield Finding("tools-description", where, f"is not described in {LONGEST_DESCRIPTION} characters")
        yield from _SHAPES[platform](where, tool)
        yield from _parameters(where, parameters_of(tool))


def parameters_of(tool: Json) -> Json:
    """Return the schema of what a tool takes, by whichever name its platform has for it."""
    names = ("parameters", "input_schema", "inputSchema")
    schema: Json = next((tool[name] for name in names if name in tool), {})
    return schema


def _parameters(where: str, schema: Json) -> Iterator[Finding]:
    if str(schema.get("type")).lower() != "object" or _CHOICES & schema.keys():
        yield Finding("tools-parameters", where, "takes no object, or a choice of several")
    for reference in references(schema):
        yield Finding("tools-reference", where, f"leads to {reference}, which is not there")
    for name in schema.get("properties", {}).keys() & NOT_FOR_MODELS:
        yield Finding("tools-parameter-name", where, f"asks a model for {name}")
    for pointer, nested in within(schema, where):
        yield from _nested(pointer, nested)


def _nested(where: str, schema: Json) -> Iterator[Finding]:
    kind, properties = str(schema.get("type")).lower(), schema.get("properties", {})
    if kind not in _TYPES:
        yield Finding("tools-type", where, f"has the type {kind}, which is none")
    if kind == "object" and not properties:
        yield Finding("tools-parameters", where, "is an object without properties, which some refuse")
    if kind == "array" and "items" not in schema:
        yield Finding("tools-parameters", where, "is a list of anything, which some refuse")
    if missing := set(schema.get("required", ())) - properties.keys():
        yield Finding("tools-required", where, f"demands {', '.join(sorted(missing))}, which is not there")
    for name, each in properties.items():
        if not _PARAMETER.fullmatch(name):
            yield Finding("tools-parameter-name", where, f"has {name}, which not all platforms take")
        if not each.get("description"):
            yield Finding("tools-parameter-description", f"{where}/{name}", "is not described")
    if "pattern" in schema and not _is_plain(schema["pattern"]):
        yield Finding("tools-pattern", where, "has a pattern that not all platforms read")


def _is_plain(pattern: str) -> bool:
    """Tell whether a pattern compiles, and neither looks around nor refers back, which some cannot."""
    try:
        re.compile(pattern)
    except re.error:
        return False
    return not _NOT_EVERYWHERE.search(pattern)


def _lenient(where: str, tool: Json) -> Iterator[Finding]:
    yield from _keys(where, tool, {"type", "name", "description", "parameters", "strict"})
    if tool.get("strict") is not False:
        yield Finding("tools-strict", where, "does not say that its schema is not enforced")


def _realtime(where: str, tool: Json) -> Iterator[Finding]:
    yield from _keys(where, tool, {"type", "name", "description", "parameters"})


def _anthropic(where: str, tool: Json) -> Iterator[Finding]:
    yield from _keys(where, tool, {"name", "description", "input_schema"})


def _gemini(where: str, tool: Json) -> Iterator[Finding]:
    yield from _keys(where, tool, {"name", "description", "parameters"})
    for pointer, schema in within(parameters_of(tool), where):
        for keyword in schema.keys() - gemini.KEYWORDS:
            yield Finding("gemini-keyword", pointer, f"uses {keyword}, which is refused")
        if not str(schema.get("type")).isupper():
            yield Finding("gemini-type", pointer, "has no type in capitals")
        if "format" in schema and schema["format"] not in gemini.FORMATS.get(schema["type"], ()):
            yield Finding("gemini-format", pointer, f"has the format {schema['format']}, which is refused")
        if any(not isinstance(value, str) for value in schema.get("enum", ())):
            yield Finding("gemini-enum", pointer, "lists values that are no strings")


def _mcp(where: str, tool: Json) -> Iterator[Finding]:
    expected = {"name", "title", "description", "inputSchema", "outputSchema", "annotations"}
    yield from _keys(where, tool, expected)
    hints = {name for name, value in tool.get("annotations", {}).items() if isinstance(value, bool)}
    if hints != _HINTS:
        yield Finding("mcp-hints", where, "does not give all four hints")
    if tool.get("outputSchema", {}).get("type") != "object":
        yield Finding("mcp-output", where, "answers no object")
    for reference in references(tool.get("outputSchema")):
        yield Finding("tools-reference", where, f"leads to {reference}, which is not there")


def _keys(where: str, tool: Json, expected: set[str]) -> Iterator[Finding]:
    if tool.keys() != expected:
        yield Finding("tools-shape", where, f"has {', '.join(tool)}, not {', '.join(sorted(expected))}")
    if tool.get("type", "function") != "function":
        yield Finding("tools-shape", where, "is no function")


_SHAPES: Final[Mapping[str, Callable[[str, dict[str, Any]], Iterator[Finding]]]] = {
    "responses": _lenient,
    "realtime": _realtime,
    "xai": _lenient,
    "perplexity": _lenient,
    "anthropic": _anthropic,
    "gemini": _gemini,
    "mcp": _mcp,
}
