"""Schemas as Gemini takes them: a part of OpenAPI 3.0's, with types in capitals.

A default and bounds that the part has no keyword for are said in the description, so that a model still reads
them (https://ai.google.dev/api/caching#Schema).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from app.contract.load import Json, SpecError

KEYWORDS: Final = frozenset(
    {
        "type",
        "format",
        "title",
        "description",
        "nullable",
        "enum",
        "items",
        "minItems",
        "maxItems",
        "properties",
        "required",
        "minProperties",
        "maxProperties",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "pattern",
        "example",
        "propertyOrdering",
    }
)
FORMATS: Final[Mapping[str, frozenset[str]]] = {
    "STRING": frozenset({"enum", "date-time"}),
    "NUMBER": frozenset({"float", "double"}),
    "INTEGER": frozenset({"int32", "int64"}),
}
"""Other formats are refused; the pattern beside them says the same."""

_IN_WORDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "default": lambda value: f"{_written(value)} if left out.",
    "exclusiveMinimum": lambda limit: f"More than {limit}.",
    "exclusiveMaximum": lambda limit: f"Less than {limit}.",
}
_IMPLIED: Final = frozenset({"examples", "additionalProperties"})
"""What is said otherwise, or is so anyway: a model is not asked for fields that are not there."""


def schema(plain: Json) -> Json:
    """Return a JSON Schema without references in Gemini's words; raise SpecError for what it has none for."""
    if unknown := plain.keys() - KEYWORDS - _IN_WORDS.keys() - _IMPLIED:
        raise SpecError(f"Gemini has no words for {', '.join(sorted(unknown))}")
    kept = {keyword: value for keyword, value in plain.items() if keyword in KEYWORDS}
    kept["type"] = plain["type"].upper()
    if plain.get("format") not in FORMATS.get(kept["type"], ()):
        kept.pop("format", None)
    if "description" in plain:
        kept["description"] = " ".join([plain["description"], *_told(plain)])
    if "items" in plain:
        kept["items"] = schema(plain["items"])
    if "properties" in plain:
        kept["properties"] = {name: schema(each) for name, each in plain["properties"].items()}
    elif "examples" in plain:
        kept["example"] = plain["examples"][0]
    return kept


def _told(plain: Json) -> list[str]:
    return [say(plain[keyword]) for keyword, say in _IN_WORDS.items() if keyword in plain]


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
