"""The lints: silent on our contract, and loud about every rule that is broken."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from app.contract import chatgpt, chatgpt_style, document_style, lints, operation_style, plugin, schema_style
from app.contract.document import Contract
from app.contract.findings import Finding
from app.contract.public_url import CANONICAL_URL

Document = dict[str, Any]
Spoil = Callable[[Document], Any]

SEARCH = "/api/v1/lots/search"
SESSIONS = "/api/v1/sessions"
HEALTH = "/api/v1/health"
DISPATCH = "/api/v1/agents/openai/actions"
EXTEND = "/api/v1/sessions/{session_id}/extend"


def search(document: Document) -> Document:
    return document["paths"][SEARCH]["get"]


def create(document: Document) -> Document:
    return document["paths"][SESSIONS]["post"]


def schemas(document: Document) -> Document:
    return document["components"]["schemas"]


def spoilt(contract: Contract, spoil: Spoil) -> Contract:
    """Return the contract with one thing wrong."""
    document = deepcopy(contract.document)
    spoil(document)
    return Contract.of(document, manifest=contract.manifest, skill=contract.skill)


def rules(findings: Any) -> set[str]:
    return {finding.rule for finding in findings}


def test_our_contract_breaks_no_rule(contract: Contract) -> None:
    assert lints.check(contract) == []


def test_a_finding_reads_as_one_line() -> None:
    assert str(Finding("summary", "getLot", "is too long")) == "getLot: is too long [summary]"


def test_what_breaks_openapi_itself_is_found(contract: Contract) -> None:
    broken = spoilt(contract, lambda document: document["info"].pop("title"))
    assert rules(lints.openapi(broken)) == {"openapi-3.1", "openapi-3.0"}
    unknown = spoilt(contract, lambda document: schemas(document)["Lot"].update({"if": {}}))
    assert rules(lints.openapi(unknown)) == {"openapi-3.0"}


DOCUMENT_RULES: list[tuple[str, Spoil]] = [
    ("version", lambda document: document.update(openapi="3.1.1")),
    ("server", lambda document: document["servers"].append({"url": "https://staging.example"})),
    ("server", lambda document: document["servers"][0].update(url="/")),
    ("path-item", lambda document: document["paths"][SEARCH].update(parameters=[])),
    ("unused", lambda document: schemas(document).update(Forgotten={"type": "boolean"})),
    ("catalogue", lambda document: schemas(document)["ErrorCode"]["enum"].append("OUT_OF_CHEESE")),
    (
        "catalogue",
        lambda document: document["components"]["responses"]["NotFound"]["content"]["application/json"][
            "examples"
        ]["no_such_lot"]["value"]["error"].update(code="CONFLICT"),
    ),
    ("dispatcher", lambda document: schemas(document)["ActionRequest"]["oneOf"].reverse()),
    (
        "dispatcher",
        lambda document: schemas(document)["GetRatesAction"]["properties"]["action"].update(enum=["rates"]),
    ),
    (
        "dispatcher",
        lambda document: document["paths"]["/api/v1/lots/{lot_id}/rates"]["get"].pop("x-agent-action"),
    ),
    ("twin", lambda document: search(document)["parameters"].pop()),
    ("twin", lambda document: schemas(document)["SessionEnding"]["properties"].pop("end_user_id")),
]


@pytest.mark.parametrize(("rule", "spoil"), DOCUMENT_RULES)
def test_each_rule_of_the_document_finds_its_breach(contract: Contract, rule: str, spoil: Spoil) -> None:
    assert rules(document_style.check(spoilt(contract, spoil))) == {rule}


OPERATION_RULES: list[tuple[str, Spoil]] = [
    ("names", lambda document: search(document).update(operationId="search_lots")),
    ("names", lambda document: search(document).update(operationId="s" * 65)),
    ("names", lambda document: search(document).update(tags=["parking"])),
    ("names", lambda document: search(document).update({"x-openapi-router-controller": "handlers.lots"})),
    ("summary", lambda document: search(document).update(summary="Find lots near a place right now")),
    ("summary", lambda document: search(document).update(summary="")),
    ("summary", lambda document: search(document).update(summary="find lots")),
    ("summary", lambda document: search(document).update(summary="Find lots.")),
    ("summary", lambda document: search(document).update(summary="Finds lots")),
    ("description", lambda document: search(document).pop("description")),
    ("description", lambda document: search(document).update(description=f"{'Long ' * 60}.")),
    ("description", lambda document: search(document).update(description="One. Two. Three. Four.")),
    ("description", lambda document: search(document).update(description="No end")),
    ("guards", lambda document: search(document).pop("x-openai-isConsequential")),
    ("parameters", lambda document: search(document)["parameters"][0].pop("description")),
    ("parameters", lambda document: search(document)["parameters"][0].update(description="x" * 701)),
    ("parameters", lambda document: search(document)["parameters"][0].update({"in": "cookie"})),
    ("statuses", lambda document: search(document)["responses"].pop("503")),
    ("statuses", lambda document: search(document)["responses"].pop("403")),
    ("statuses", lambda document: create(document)["responses"].pop("415")),
    ("statuses", lambda document: create(document)["responses"].pop("422")),
    ("statuses", lambda document: document["paths"][EXTEND]["post"]["responses"].pop("404")),
    ("idempotency", lambda document: create(document)["parameters"].pop()),
    (
        "idempotency",
        lambda document: search(document)["parameters"].append(
            {"$ref": "#/components/parameters/IdempotencyKey"}
        ),
    ),
    ("headers", lambda document: search(document)["responses"]["200"]["headers"].pop("X-Request-Id")),
    ("headers", lambda document: document["components"]["headers"]["Retry-After"].update(required=False)),
    (
        "headers",
        lambda document: document["components"]["responses"]["Unauthorized"]["headers"].pop(
            "WWW-Authenticate"
        ),
    ),
    ("responses", lambda document: _write_out(document, "404")),
    (
        "responses",
        lambda document: search(document)["responses"]["200"]["content"].update(
            {"text/csv": {"schema": {"type": "string"}, "examples": {"empty": {"value": ""}}}}
        ),
    ),
    (
        "named-example",
        lambda document: search(document)["responses"]["200"]["content"]["application/json"].pop("examples"),
    ),
    (
        "named-example",
        lambda document: create(document)["requestBody"]["content"]["application/json"].pop("examples"),
    ),
    (
        "true-example",
        lambda document: document["components"]["examples"]["VailSearch"]["value"]["lots"][0].pop("slug"),
    ),
    (
        "true-example",
        lambda document: create(document)["requestBody"]["content"]["application/json"]["examples"][
            "lionshead"
        ]["value"].update(colour="red"),
    ),
    (
        "links",
        lambda document: search(document)["responses"]["200"]["links"]["GetLot"].update(
            operationId="getGarage"
        ),
    ),
    ("agent-action", lambda document: search(document)["x-agent-action"]["annotations"].pop("open_world")),
    (
        "agent-action",
        lambda document: search(document)["x-agent-action"]["annotations"].update(read_only=False),
    ),
    ("agent-action", lambda document: search(document)["x-agent-action"].update(description="Finds lots")),
    ("agent-action", lambda document: search(document)["x-agent-action"].update(confirmation="Really?")),
    ("agent-action", lambda document: create(document)["x-agent-action"].pop("confirmation")),
]


def _write_out(document: Document, status: str) -> None:
    responses = document["paths"]["/api/v1/lots/{lot_id}"]["get"]["responses"]
    responses[status] = deepcopy(document["components"]["responses"]["NotFound"])


@pytest.mark.parametrize(("rule", "spoil"), OPERATION_RULES)
def test_each_rule_of_operations_finds_its_breach(contract: Contract, rule: str, spoil: Spoil) -> None:
    assert rules(operation_style.check(spoilt(contract, spoil))) == {rule}


SCHEMA_RULES: list[tuple[str, Document]] = [
    ("bounded-string", {"type": "string", "maxLength": 5}),
    ("bounded-string", {"type": "string", "pattern": "^[a-z]+$"}),
    ("clean-string", {"type": "string", "maxLength": 5, "pattern": "[a-z]", "examples": ["a"]}),
    ("clean-string", {"type": "string", "maxLength": 5, "pattern": "^a[^b]*$", "examples": ["a"]}),
    ("clean-string", {"type": "string", "maxLength": 5, "pattern": r"^a\s*$", "examples": ["a"]}),
    ("bounded-number", {"type": "integer", "minimum": 0}),
    ("bounded-number", {"type": "number", "maximum": 9}),
    ("bounded-array", {"type": "array", "items": {"type": "boolean"}}),
    ("bounded-array", {"type": "array", "maxItems": 5}),
    (
        "bounded-instant",
        {"type": "string", "format": "date-time", "maxLength": 20, "pattern": "^[0-9TZ:-]+$"},
    ),
    ("closed-object", {"type": "object"}),
    ("closed-object", {"type": "object", "additionalProperties": True}),
    ("closed-object", {"type": "object", "additionalProperties": {"type": "boolean"}}),
    ("never-null", {"type": ["boolean", "null"]}),
    ("never-null", {"type": "null"}),
    ("composition", {"allOf": [{"type": "boolean"}]}),
    ("composition", {"anyOf": [{"type": "boolean"}]}),
    ("composition", {"oneOf": [{"type": "boolean"}]}),
    ("true-example", {"type": "boolean", "examples": ["yes"]}),
    ("recursion", {"$ref": "#/components/schemas/Spoilt"}),
    (
        "described",
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {"a": {"type": "boolean", "examples": [True]}},
        },
    ),
    (
        "exemplified",
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {"a": {"type": "boolean", "description": "Yes or no."}},
        },
    ),
]


@pytest.mark.parametrize(("rule", "schema"), SCHEMA_RULES)
def test_each_rule_of_schemas_finds_its_breach(contract: Contract, rule: str, schema: Document) -> None:
    broken = spoilt(contract, lambda document: schemas(document).update(Spoilt=schema))
    assert rules(schema_style.check(broken)) == {rule}


def test_breaches_are_found_inside_parameters_and_bodies_too(contract: Contract) -> None:
    def spoil(document: Document) -> None:
        search(document)["parameters"][0]["schema"] = {"type": "number"}
        schemas(document)["Metadata"]["additionalProperties"].pop("maxLength")

    found = list(schema_style.check(spoilt(contract, spoil)))
    assert {finding.where for finding in found} == {
        "#/paths/~1api~1v1~1lots~1search/get/parameters/0/schema",
        "#/components/schemas/Metadata/additionalProperties",
    }


def test_only_stripe_s_events_may_be_open(contract: Contract) -> None:
    opened = spoilt(
        contract, lambda document: schemas(document)["SessionEnding"].update(additionalProperties=True)
    )
    assert [(each.rule, each.where) for each in schema_style.check(opened)] == [
        ("closed-object", "#/components/schemas/SessionEnding")
    ]


def dispatch(document: Document) -> Document:
    return document["paths"][DISPATCH]["post"]


def extend(document: Document) -> Document:
    return document["paths"][EXTEND]["post"]


def body(operation: Document) -> Document:
    return operation["requestBody"]["content"]["application/json"]["schema"]


CHATGPT_RULES: list[tuple[str, Spoil]] = [
    ("gpt-version", lambda document: document.update(openapi="3.0.3")),
    ("gpt-one-server", lambda document: document["servers"].append({"url": "https://api.example"})),
    ("gpt-one-server", lambda document: document["servers"].clear()),
    ("gpt-server", lambda document: document["servers"][0].update(url="http://parkgraph.com")),
    ("gpt-server", lambda document: document["servers"][0].update(url="https://parkgraph.com:8443")),
    ("gpt-server", lambda document: document["servers"][0].update(url="https://ParkGraph.com")),
    ("gpt-server", lambda document: document["servers"][0].update(url="/api")),
    (
        "gpt-one-scheme",
        lambda document: document["components"]["securitySchemes"].update(oauth={"type": "oauth2"}),
    ),
    ("gpt-one-scheme", lambda document: document["components"].pop("securitySchemes")),
    (
        "gpt-reference",
        lambda document: schemas(document)["SessionResult"]["properties"].update(
            session={"$ref": "sessions.yaml#/schemas/Session"}
        ),
    ),
    (
        "gpt-unknown-component",
        lambda document: schemas(document).pop("Lot", schemas(document).pop("Payment")),
    ),
    (
        "gpt-circular",
        lambda document: schemas(document)["Payment"]["properties"].update(
            session={"$ref": "#/components/schemas/Session"}
        ),
    ),
    (
        "gpt-properties",
        lambda document: body(dispatch(document))["properties"]["parameters"].pop("properties"),
    ),
    (
        "gpt-reference-alone",
        lambda document: schemas(document)["SessionResult"]["properties"]["session"].update(
            description="beside"
        ),
    ),
    ("gpt-unreliable", lambda document: schemas(document)["LotName"].update(type=["string", "null"])),
    ("gpt-unreliable", lambda document: schemas(document)["Amenities"].update(items={})),
    (
        "gpt-unreliable",
        lambda document: schemas(document)["Metadata"].update(additionalProperties={"type": "string"}),
    ),
    ("gpt-unreliable", lambda document: schemas(document)["LotName"].update(anyOf=[{"type": "string"}])),
    ("gpt-method", lambda document: document["paths"][DISPATCH].update(head={})),
    ("gpt-method", lambda document: document["paths"][DISPATCH].update(parameters=[])),
    (
        "gpt-operations",
        lambda document: document["paths"].update(
            {
                f"/{n}": {"get": {"operationId": f"get{n}", "x-openai-isConsequential": False}}
                for n in range(29)
            }
        ),
    ),
    ("gpt-operation-id", lambda document: dispatch(document).pop("operationId")),
    ("gpt-operation-id", lambda document: dispatch(document).update(operationId="extendSession")),
    ("gpt-length", lambda document: dispatch(document).update(description="x" * 301)),
    ("gpt-length", lambda document: dispatch(document).update(summary="x" * 301)),
    ("gpt-consequential", lambda document: dispatch(document).pop("x-openai-isConsequential")),
    ("gpt-size", lambda document: dispatch(document).update({"x-padding": "x" * 100_000})),
    ("gpt-body", lambda document: body(extend(document)).update(type="array")),
    ("gpt-parameter-inline", lambda document: extend(document)["parameters"][0].pop("name")),
    (
        "gpt-header",
        lambda document: extend(document)["parameters"].append({"name": "Idempotency-Key", "in": "header"}),
    ),
    (
        "gpt-duplicated",
        lambda document: body(extend(document))["properties"].update(session_id={"type": "string"}),
    ),
    (
        "gpt-parameter-length",
        lambda document: extend(document)["parameters"][0].update(description="x" * 701),
    ),
    (
        "gpt-parameter-length",
        lambda document: body(dispatch(document))["properties"]["parameters"]["properties"]["lat"].update(
            description="x" * 701
        ),
    ),
]


@pytest.mark.parametrize(("rule", "spoil"), CHATGPT_RULES)
def test_each_rule_of_the_gpt_builder_finds_its_breach(contract: Contract, rule: str, spoil: Spoil) -> None:
    document = deepcopy(chatgpt.project(contract, public_url=CANONICAL_URL))
    spoil(document)
    assert rules(chatgpt_style.check(document)) == {rule}


def test_a_form_without_schemas_is_found(contract: Contract) -> None:
    document = chatgpt.project(contract, public_url=CANONICAL_URL)
    bare = {
        **document,
        "paths": {},
        "components": {"securitySchemes": document["components"]["securitySchemes"]},
    }
    assert rules(chatgpt_style.check(bare)) == {"gpt-components"}


def test_the_dispatcher_as_the_source_prints_it_would_be_refused(contract: Contract) -> None:
    """A free-form `parameters` is what the builder stumbles over; that is why ours is spelled out."""
    document = chatgpt.project(contract, public_url=CANONICAL_URL)
    body(dispatch(document))["properties"]["parameters"] = {"type": "object"}
    assert rules(chatgpt_style.check(document)) == {"gpt-properties"}


PLUGIN_RULES: list[tuple[str, Spoil]] = [
    ("plugin-complete", lambda manifest: manifest.pop("logo_url")),
    ("plugin-length", lambda manifest: manifest.update(name_for_human="x" * 21)),
    ("plugin-length", lambda manifest: manifest.update(description_for_human="x" * 101)),
    ("plugin-name", lambda manifest: manifest.update(name_for_model="park graph")),
    ("plugin-version", lambda manifest: manifest.update(schema_version="v2")),
    ("plugin-auth", lambda manifest: manifest["auth"].update(type="none")),
    ("plugin-secret", lambda manifest: manifest["auth"].update(verification_tokens={"openai": "x"})),
    ("plugin-api", lambda manifest: manifest["api"].update(url="https://parkgraph.com/openapi.yaml")),
]


@pytest.mark.parametrize(("rule", "spoil"), PLUGIN_RULES)
def test_each_rule_of_the_manifest_finds_its_breach(contract: Contract, rule: str, spoil: Spoil) -> None:
    manifest = deepcopy(contract.manifest)
    spoil(manifest)
    assert rules(plugin.check(manifest)) == {rule}
