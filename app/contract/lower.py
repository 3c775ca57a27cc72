"""Lower the 3.1 document to OpenAPI 3.0.3, the only version that Connexion's loader reads.

Bodies and parameters are validated from the authored document; this copy feeds loading, routing and
security only. What it cannot say in 3.0.3 stops the boot, save for the few keywords named as lost.
"""

from collections.abc import Callable
from typing import Any, Final

from app.contract.load import Json, SpecError
from app.contract.schemas import DATA

_ROOT: Final = frozenset(
    {"openapi", "info", "servers", "tags", "security", "paths", "components", "externalDocs"}
)
_KEPT: Final = frozenset(
    {
        "type",
        "enum",
        "required",
        "maxItems",
        "minItems",
        "uniqueItems",
        "maxLength",
        "minLength",
        "pattern",
        "format",
        "minimum",
        "maximum",
        "multipleOf",
        "minProperties",
        "maxProperties",
        "title",
        "description",
        "default",
        "deprecated",
        "readOnly",
        "writeOnly",
        "discriminator",
        "example",
    }
)
_LOST: Final = frozenset({"propertyNames", "contentMediaType"})


def lower(document: Json) -> Json:
    """Return a 3.0.3 copy of a folded 3.1 document; raise SpecError on what has no 3.0.3 form."""
    if not str(document.get("openapi", "")).startswith("3.1."):
        raise SpecError("The contract is written in OpenAPI 3.1")
    unknown = [key for key in document if key not in _ROOT and not key.startswith("x-")]
    if unknown:
        raise SpecError(f"OpenAPI 3.0.3 has no {', '.join(unknown)} at the root")
    lowered = _walk({key: value for key, value in document.items() if key != "components"}, "#")
    components = dict(document.get("components", {}))
    schemas = _schemas(components.pop("schemas", {}), "#/components/schemas")
    rest = _walk(components, "#/components")
    return {
        **lowered,
        "openapi": "3.0.3",
        "info": _info(document["info"]),
        "components": {**rest, "schemas": schemas},
    }


def _info(info: Json) -> Json:
    license_ = {key: value for key, value in info.get("license", {}).items() if key != "identifier"}
    kept = {key: value for key, value in info.items() if key not in {"summary", "license"}}
    return {**kept, "license": license_} if license_ else kept


def _walk(node: Any, at: str) -> Any:
    """Lower every Schema Object that stands under a key `schema`."""
    if isinstance(node, list):
        return [_walk(value, f"{at}/{index}") for index, value in enumerate(node)]
    if not isinstance(node, dict):
        return node
    return {key: _entry(key, value, f"{at}/{key}") for key, value in node.items()}


def _entry(key: str, value: Any, at: str) -> Any:
    if key == "schema":
        return _schema(value, at)
    if key in DATA or key.startswith("x-"):
        return value
    return _walk(value, at)


def _schemas(schemas: Json, at: str) -> Json:
    return {name: _schema(schema, f"{at}/{name}") for name, schema in schemas.items()}


def _schema(schema: Any, at: str) -> Json:
    if not isinstance(schema, dict):
        raise SpecError(f"{at}: OpenAPI 3.0.3 has no boolean schemas")
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}  # 3.0.3 ignores what stands beside a reference
    lowered: Json = {}
    for keyword, value in schema.items():
        if keyword in _KEPT or keyword.startswith("x-"):
            lowered.setdefault(keyword, value)
        elif keyword in _LOWERED:
            lowered |= _LOWERED[keyword](value, f"{at}/{keyword}")
        elif keyword not in _LOST:
            raise SpecError(f"{at}: the keyword {keyword} is not known how to lower to OpenAPI 3.0.3")
    return _nullable(lowered, at)


def _nullable(schema: Json, at: str) -> Json:
    if not isinstance(schema.get("type"), list):
        return schema
    types = [name for name in schema["type"] if name != "null"]
    if len(types) != 1 or len(types) == len(schema["type"]):
        raise SpecError(f"{at}: OpenAPI 3.0.3 knows one type, or that type and null")
    values = {"enum": [value for value in schema["enum"] if value is not None]} if "enum" in schema else {}
    return {**schema, **values, "type": types[0], "nullable": True}


def _additional(value: Any, at: str) -> Json:
    return {"additionalProperties": value if isinstance(value, bool) else _schema(value, at)}


def _each(keyword: str) -> Callable[[Any, str], Json]:
    return lambda value, at: {
        keyword: [_schema(schema, f"{at}/{index}") for index, schema in enumerate(value)]
    }


_LOWERED: Final[dict[str, Callable[[Any, str], Json]]] = {
    "const": lambda value, _: {"enum": [value]},
    "examples": lambda value, _: {"example": value[0]} if value else {},
    "exclusiveMinimum": lambda value, _: {"minimum": value, "exclusiveMinimum": True},
    "exclusiveMaximum": lambda value, _: {"maximum": value, "exclusiveMaximum": True},
    "items": lambda value, at: {"items": _schema(value, at)},
    "not": lambda value, at: {"not": _schema(value, at)},
    "properties": lambda value, at: {"properties": _schemas(value, at)},
    "additionalProperties": _additional,
    "allOf": _each("allOf"),
    "anyOf": _each("anyOf"),
    "oneOf": _each("oneOf"),
}
