"""The plugin of Microsoft 365 Copilot: what its documents demand, and what it says of each function."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from app.contract import copilot, copilot_style
from app.contract.document import Contract
from app.contract.operations import written
from app.contract.public_url import CANONICAL_URL

Document = dict[str, Any]
Spoil = Callable[[Document], Any]

FUNCTIONS = [
    "searchLots",
    "getAvailability",
    "getRates",
    "createSession",
    "getSession",
    "extendSession",
    "endSession",
    "createRefund",
]


@pytest.fixture
def manifest(contract: Contract) -> Document:
    return copilot.manifest(contract, public_url=CANONICAL_URL)


@pytest.fixture
def document(contract: Contract) -> Document:
    return copilot.openapi(contract, public_url=CANONICAL_URL)


def function(manifest: Document, name: str) -> Document:
    return next(each for each in manifest["functions"] if each["name"] == name)


def test_its_functions_are_the_operations_behind_the_actions(manifest: Document, document: Document) -> None:
    assert {each["name"] for each in manifest["functions"]} == set(FUNCTIONS)
    assert {operation["operationId"] for _, _, operation in written(document)} == set(FUNCTIONS)
    [runtime] = manifest["runtimes"]
    assert set(runtime["run_for_functions"]) == set(FUNCTIONS)
    assert runtime["spec"]["url"] == f"{CANONICAL_URL}/api/agents/copilot/openapi.json"


def test_whoever_uses_it_is_asked_before_something_changes(manifest: Document) -> None:
    asked = {each["name"] for each in manifest["functions"] if "confirmation" in each["capabilities"]}
    assert asked == {"createSession", "extendSession", "endSession", "createRefund"}
    confirmation = function(manifest, "createSession")["capabilities"]["confirmation"]
    assert confirmation == {
        "type": "AdaptiveCard",
        "title": "Park Graph",
        "body": "Start parking, and hold its price on the driver's card?",
    }


@pytest.mark.parametrize(
    ("name", "handling"),
    [
        ("searchLots", "GetPublicData"),
        ("getSession", "GetPrivateData"),
        ("endSession", "ResourceStateUpdate"),
    ],
)
def test_a_function_says_how_it_handles_data(manifest: Document, name: str, handling: str) -> None:
    assert function(manifest, name)["capabilities"]["security_info"] == {"data_handling": [handling]}


@pytest.mark.parametrize(
    "name", ["searchLots", "getRates", "createSession", "getSession", "extendSession", "endSession"]
)
def test_what_is_cited_of_an_answer_is_there(contract: Contract, manifest: Document, name: str) -> None:
    shown = function(manifest, name)["capabilities"]["response_semantics"]
    operation = contract.operations[name]
    response = next(response for status, response in operation.responses.items() if status < 300)
    result = contract.at(response.schema_pointer or "")["properties"]
    part = result[shown["data_path"].removeprefix("$.")]
    part = contract.at(part["items"]["$ref"] if "items" in part else part["$ref"])
    for path in shown["properties"].values():
        assert path.removeprefix("$.") in part["properties"]


def test_models_read_of_each_function_what_it_does_by_the_names_that_they_know(
    manifest: Document, document: Document
) -> None:
    said = {each["name"]: each["description"] for each in manifest["functions"]}
    assert {
        operation["operationId"]: operation["description"] for _, _, operation in written(document)
    } == said
    assert "Give the driver the link `receipt_url` at once" in said["createSession"]
    assert "until `endSession`" in said["createSession"]
    texts = [*said.values(), manifest["description_for_model"], document["info"]["description"]]
    assert not any("_session" in text or "_parking" in text for text in texts)
    assert "Use searchLots to find lots" in manifest["description_for_model"]


def test_an_answer_says_of_each_instant_what_happened_then(document: Document) -> None:
    session = document["components"]["schemas"]["Session"]["properties"]
    assert session["started_at"]["description"] == "When the stay began."
    assert session["ended_at"]["description"] == "When the stay ended; absent until then."


def test_requests_are_flat_and_without_headers(document: Document) -> None:
    create = document["paths"]["/api/v1/sessions"]["post"]
    taken = create["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert {"lot_id", "plate", "idempotency_key"} <= taken.keys()
    assert taken.keys().isdisjoint({"metadata", "quote_id", "end_user_id"})
    assert "parameters" not in create


def plate(document: Document) -> Document:
    create = document["paths"]["/api/v1/sessions"]["post"]
    return create["requestBody"]["content"]["application/json"]["schema"]["properties"]["plate"]


def create_body(document: Document) -> Document:
    create = document["paths"]["/api/v1/sessions"]["post"]
    return create["requestBody"]["content"]["application/json"]["schema"]


def search(document: Document) -> Document:
    return document["paths"]["/api/v1/lots/search"]["get"]


ASKED = {"type": "AdaptiveCard", "title": "Park Graph", "body": "Really?"}


def capabilities(manifest: Document, name: str) -> Document:
    return function(manifest, name)["capabilities"]


def handling(manifest: Document) -> Document:
    return capabilities(manifest, "searchLots")["security_info"]


def asked(manifest: Document) -> Document:
    return capabilities(manifest, "endSession")["confirmation"]


def cited(manifest: Document) -> Document:
    return capabilities(manifest, "searchLots")["response_semantics"]


MANIFEST_RULES: list[tuple[str, Spoil]] = [
    ("copilot-complete", lambda manifest: manifest.pop("description_for_human")),
    ("copilot-unknown", lambda manifest: manifest.update(auth={})),
    ("copilot-length", lambda manifest: manifest.update(name_for_human="x" * 21)),
    ("copilot-length", lambda manifest: manifest.update(description_for_human=" ")),
    ("copilot-length", lambda manifest: manifest.update(description_for_model="x" * 2049)),
    ("copilot-version", lambda manifest: manifest.update(schema_version="v2.3")),
    ("copilot-namespace", lambda manifest: manifest.update(namespace="park-graph")),
    ("copilot-functions", lambda manifest: manifest["functions"].pop()),
    ("copilot-functions", lambda manifest: manifest["functions"].append(manifest["functions"][0])),
    ("copilot-functions", lambda manifest: manifest.update(functions=[])),
    ("copilot-function", lambda manifest: manifest["functions"][0].update(name="search-lots")),
    ("copilot-function", lambda manifest: manifest["functions"][0].update(description="")),
    ("copilot-function", lambda manifest: manifest["functions"][0].update(parameters={})),
    ("copilot-function", lambda manifest: capabilities(manifest, "searchLots").update(colour="red")),
    ("copilot-handling", lambda manifest: handling(manifest).update(data_handling=[])),
    ("copilot-handling", lambda manifest: handling(manifest).update(data_handling=["Everything"])),
    ("copilot-confirmation", lambda manifest: capabilities(manifest, "endSession").pop("confirmation")),
    ("copilot-confirmation", lambda manifest: capabilities(manifest, "getRates").update(confirmation=ASKED)),
    ("copilot-confirmation", lambda manifest: asked(manifest).update(type="Popup")),
    ("copilot-confirmation", lambda manifest: asked(manifest).update(body="")),
    ("copilot-cited", lambda manifest: cited(manifest).pop("data_path")),
    ("copilot-cited", lambda manifest: cited(manifest)["properties"].update(price="$.rate")),
    ("copilot-starter", lambda manifest: manifest["capabilities"]["conversation_starters"][0].pop("text")),
    ("copilot-runtime", lambda manifest: manifest["runtimes"][0].update(type="LocalPlugin")),
    ("copilot-runtime", lambda manifest: manifest["runtimes"][0]["spec"].update(progress_style="Blink")),
    (
        "copilot-handling",
        lambda manifest: manifest["functions"][0]["capabilities"]["security_info"].update(
            data_handling=["x"]
        ),
    ),
    ("copilot-runtime", lambda manifest: manifest["runtimes"][0]["run_for_functions"].pop()),
    ("copilot-runtime", lambda manifest: manifest["runtimes"][0]["spec"].update(url="https://example.com/")),
    ("copilot-auth", lambda manifest: manifest["runtimes"][0].update(auth={"type": "None"})),
    ("copilot-auth", lambda manifest: manifest["runtimes"][0]["auth"].pop("reference_id")),
]
DOCUMENT_RULES: list[tuple[str, Spoil]] = [
    ("copilot-openapi", lambda document: document["info"].pop("title")),
    ("copilot-consequential", lambda document: search(document).pop("x-openai-isConsequential")),
    ("copilot-description", lambda document: search(document).pop("description")),
    ("copilot-parameter", lambda document: search(document)["parameters"][0].update({"in": "header"})),
    ("copilot-nested", lambda document: plate(document).update(type="object")),
    ("copilot-nested", lambda document: plate(document).update(type="array", items={"type": "object"})),
    ("copilot-nested", lambda document: create_body(document).pop("properties")),
    ("copilot-required", lambda document: create_body(document).update(required=["nowhere"])),
    ("copilot-auth", lambda document: document["components"].update(securitySchemes={})),
    (
        "copilot-choice",
        lambda document: document["components"]["schemas"]["Session"].update(oneOf=[{"type": "object"}]),
    ),
]


@pytest.mark.parametrize(("rule", "spoil"), MANIFEST_RULES)
def test_each_rule_of_a_manifest_finds_its_breach(
    manifest: Document, document: Document, rule: str, spoil: Spoil
) -> None:
    assert list(copilot_style.check(manifest, document)) == []
    broken = deepcopy(manifest)
    spoil(broken)
    assert rule in {finding.rule for finding in copilot_style.check(broken, document)}


@pytest.mark.parametrize(("rule", "spoil"), DOCUMENT_RULES)
def test_each_rule_of_the_document_finds_its_breach(
    manifest: Document, document: Document, rule: str, spoil: Spoil
) -> None:
    broken = deepcopy(document)
    spoil(broken)
    assert rule in {finding.rule for finding in copilot_style.check(manifest, broken)}
