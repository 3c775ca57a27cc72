"""Lowering OpenAPI 3.1 to the 3.0.3 that Connexion's loader reads."""

from copy import deepcopy
from typing import Any

import pytest

from app.contract.document import Contract
from app.contract.load import SpecError
from app.contract.lower import lower


def document(schema: Any, **root: Any) -> dict[str, Any]:
    """Make a 3.1 document around one schema."""
    components = {"schemas": {"It": schema}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {},
        "components": components,
    } | root


def lowered(schema: Any) -> Any:
    return lower(document(schema))["components"]["schemas"]["It"]


@pytest.mark.parametrize(
    ("written", "as_303"),
    [
        ({"const": "a"}, {"enum": ["a"]}),
        ({"type": "string", "examples": ["a", "b"]}, {"type": "string", "example": "a"}),
        ({"type": "string", "examples": []}, {"type": "string"}),
        ({"exclusiveMinimum": 0}, {"minimum": 0, "exclusiveMinimum": True}),
        ({"exclusiveMaximum": 9}, {"maximum": 9, "exclusiveMaximum": True}),
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        (
            {"type": ["string", "null"], "enum": ["a", None]},
            {"type": "string", "nullable": True, "enum": ["a"]},
        ),
        ({"propertyNames": {"pattern": "^a$"}}, {}),
        ({"$ref": "#/components/schemas/It", "description": "beside"}, {"$ref": "#/components/schemas/It"}),
        ({"x-own": {"if": 1}}, {"x-own": {"if": 1}}),
        ({"additionalProperties": False}, {"additionalProperties": False}),
        ({"additionalProperties": {"const": 1}}, {"additionalProperties": {"enum": [1]}}),
        ({"properties": {"type": {"const": 1}}}, {"properties": {"type": {"enum": [1]}}}),
        ({"items": {"const": 1}}, {"items": {"enum": [1]}}),
        ({"not": {"const": 1}}, {"not": {"enum": [1]}}),
        (
            {"oneOf": [{"const": 1}, {"type": "null", "examples": [0]}]},
            {"oneOf": [{"enum": [1]}, {"type": "null", "example": 0}]},
        ),
    ],
)
def test_each_keyword_has_its_form_in_3_0_3(written: Any, as_303: Any) -> None:
    assert lowered(written) == as_303


@pytest.mark.parametrize(
    "written",
    [
        True,
        {"if": {}},
        {"patternProperties": {}},
        {"$defs": {}},
        {"unevaluatedProperties": False},
        {"prefixItems": []},
        {"dependentRequired": {}},
        {"contentEncoding": "base64"},
        {"type": ["string", "integer"]},
        {"type": ["string", "integer", "null"]},
        {"properties": {"deep": {"items": {"contains": {}}}}},
    ],
)
def test_what_has_no_form_in_3_0_3_stops_the_boot(written: Any) -> None:
    with pytest.raises(SpecError, match=r"^#/components/schemas/It"):
        lowered(written)


@pytest.mark.parametrize("key", ["webhooks", "jsonSchemaDialect"])
def test_a_root_key_of_3_1_stops_the_boot(key: str) -> None:
    with pytest.raises(SpecError, match=key):
        lower(document({}, **{key: {}}))


def test_only_3_1_is_lowered() -> None:
    with pytest.raises(SpecError, match=r"OpenAPI 3\.1"):
        lower(document({}, openapi="3.0.3"))


def test_schemas_of_parameters_headers_and_bodies_are_lowered() -> None:
    operation = {
        "parameters": [{"name": "a", "in": "query", "schema": {"const": 1}}],
        "responses": {"200": {"headers": {"H": {"schema": {"const": 2}}}}},
    }
    get = lower(document({}, paths={"/a": {"get": operation}}))["paths"]["/a"]["get"]
    assert get["parameters"][0]["schema"] == {"enum": [1]}
    assert get["responses"]["200"]["headers"]["H"]["schema"] == {"enum": [2]}


def test_data_that_looks_like_a_schema_is_left_alone() -> None:
    content = {"examples": {"a": {"value": {"schema": {"const": 1}}}}, "x-own": {"schema": True}}
    lowered_content = lower(document({}, paths={"/a": content}))["paths"]["/a"]
    assert lowered_content == content


def test_info_loses_what_3_0_3_does_not_know() -> None:
    info = {
        "title": "t",
        "version": "1",
        "summary": "s",
        "license": {"name": "Apache-2.0", "identifier": "x"},
    }
    assert lower(document({}, info=info))["info"] == {
        "title": "t",
        "version": "1",
        "license": {"name": "Apache-2.0"},
    }


def test_the_document_itself_stays_as_it_was(contract: Contract) -> None:
    before = deepcopy(contract.document)
    lower(contract.document)
    assert contract.document == before
