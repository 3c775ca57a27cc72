"""What the platforms take as tools, from their documents and from what their APIs refuse.

OpenAI (developers.openai.com/api/docs/guides/function-calling), xAI (docs.x.ai/developers/tools), Perplexity
(docs.perplexity.ai/docs/agent-api/tools), Anthropic (platform.claude.com/docs, tool use), Gemini
(ai.google.dev/api/caching#FunctionDeclaration).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from app.contract import gemini
from app.contract.findings import Finding
from app.contract.load import Json
from app.contract.schemas import is_map, references, within

MOST_TOOLS: Final = 128
LONGEST_DESCRIPTION: Final = 1024

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
"""What all platforms allow."""
_PARAMETER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_GEMINI_TYPES: Final = frozenset({"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT"})


def check(platform: str, form: Sequence[Json]) -> Iterator[Finding]:
    """Give what a platform would refuse, or take for something else."""
    tools = form[0]["functionDeclarations"] if platform == "gemini" else form
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
        yield from _schema(where, tool.get("parameters") or tool["input_schema"])


def _schema(where: str, schema: Json) -> Iterator[Finding]:
    if schema["type"].lower() != "object" or "properties" not in schema:
        yield Finding("tools-parameters", where, "takes no object with properties")
    for reference in references(schema):
        yield Finding("tools-reference", where, f"leads to {reference}, which is not there")
    for name in schema.get("properties", {}):
        if not _PARAMETER.fullmatch(name):
            yield Finding(
                "tools-parameter-name", where, f"has a parameter {name}, which not all platforms take"
            )
    for pointer, nested in within(schema, where):
        if "description" not in nested and "/items" not in pointer:
            yield Finding("tools-parameter-description", pointer, "is not described")


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
    for pointer, schema in within(tool["parameters"], where):
        for keyword in schema.keys() - gemini.KEYWORDS:
            yield Finding("gemini-keyword", pointer, f"uses {keyword}, which is refused")
        if schema.get("type") not in _GEMINI_TYPES:
            yield Finding("gemini-type", pointer, "has no type in capitals")
        if schema.get("type") == "OBJECT" and (not schema.get("properties") or is_map(schema)):
            yield Finding("gemini-object", pointer, "is an object without properties, which is refused")
        if "format" in schema and schema["format"] not in gemini.FORMATS.get(schema["type"], ()):
            yield Finding("gemini-format", pointer, f"has the format {schema['format']}, which is refused")
        if any(not isinstance(value, str) for value in schema.get("enum", ())):
            yield Finding("gemini-enum", pointer, "lists values that are no strings")


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
}
