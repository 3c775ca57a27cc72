"""The document that ChatGPT's GPT builder imports."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from app.contract.chatgpt import project
from app.contract.document import Contract
from app.contract.load import SpecError
from app.contract.public_url import CANONICAL_URL
from app.contract.schemas import references

DISPATCH = "/api/v1/agents/openai/actions"
REFERENCE = json.loads(
    (Path(__file__).parent / "reference" / "dispatch-action.json").read_text(encoding="utf-8")
)


@pytest.fixture
def document(contract: Contract) -> dict[str, Any]:
    return project(contract, public_url=CANONICAL_URL)


def body_of(operation: dict[str, Any]) -> dict[str, Any]:
    return operation["requestBody"]["content"]["application/json"]["schema"]


def test_it_holds_the_dispatcher_and_what_asks_for_consent(document: dict[str, Any]) -> None:
    consequential = {
        operation["operationId"]: operation["x-openai-isConsequential"]
        for item in document["paths"].values()
        for operation in item.values()
    }
    assert consequential == {"dispatchAction": False, "extendSession": True, "createRefund": True}


def test_the_dispatcher_has_the_reference_s_shape(document: dict[str, Any]) -> None:
    ours, reference = document["paths"][DISPATCH]["post"], REFERENCE[DISPATCH]["post"]
    assert ours["operationId"] == reference["operationId"]
    assert ours["security"] == reference["security"]
    assert ours["requestBody"]["required"] is reference["requestBody"]["required"]
    assert body_of(ours)["required"] == body_of(reference)["required"]
    assert body_of(ours)["properties"]["action"]["enum"] == body_of(reference)["properties"]["action"]["enum"]
    assert body_of(ours)["properties"]["parameters"]["type"] == "object"
    assert ours["responses"].keys() >= reference["responses"].keys()


def test_parameters_are_the_union_of_all_actions(contract: Contract, document: dict[str, Any]) -> None:
    union = {
        name
        for action in REFERENCE[DISPATCH]["post"]["requestBody"]["content"]["application/json"]["schema"][
            "properties"
        ]["action"]["enum"]
        for name in _parameters_of(contract, action)
    }
    flat = body_of(document["paths"][DISPATCH]["post"])["properties"]["parameters"]
    assert flat["properties"].keys() == union
    assert "required" not in flat
    assert "additionalProperties" not in flat


def _parameters_of(contract: Contract, action: str) -> list[str]:
    variant = contract.at(contract.at("#/components/schemas/ActionRequest/discriminator/mapping")[action])
    return list(contract.at(variant["properties"]["parameters"]["$ref"])["properties"])


def test_each_parameter_says_which_actions_take_it(document: dict[str, Any]) -> None:
    flat = body_of(document["paths"][DISPATCH]["post"])["properties"]["parameters"]["properties"]
    assert flat["plate"]["description"].endswith("Taken by create_session (required).")
    assert flat["lot_id"]["description"].endswith(
        "Taken by check_availability (required), get_rates (required), create_session (required)."
    )
    assert flat["idempotency_key"]["description"].endswith("Taken by create_session, end_session.")


def test_the_answer_is_one_object_with_every_result(document: dict[str, Any]) -> None:
    schema = document["paths"][DISPATCH]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["type"] == "object"
    assert list(schema["properties"]) == ["lots", "availability", "rates", "session"]


def test_extending_takes_its_id_in_the_path_and_no_header(document: dict[str, Any]) -> None:
    operation = document["paths"]["/api/v1/sessions/{session_id}/extend"]["post"]
    assert [(each["name"], each["in"]) for each in operation["parameters"]] == [("session_id", "path")]
    assert body_of(operation)["required"] == ["session_code", "extend_hours"]


def test_requests_hold_no_reference_and_answers_only_local_ones(document: dict[str, Any]) -> None:
    for item in document["paths"].values():
        for operation in item.values():
            assert list(references([operation.get("parameters", []), operation["requestBody"]])) == []
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= known


def test_a_reference_with_words_beside_it_is_written_out_with_those_words(
    contract: Contract, document: dict[str, Any]
) -> None:
    instant = contract.at("#/components/schemas/Instant")
    ended_at = document["components"]["schemas"]["Session"]["properties"]["ended_at"]
    assert ended_at == instant | {"description": "When the stay ended; absent until then."}


def test_nothing_of_the_whole_document_comes_along_that_is_not_used(document: dict[str, Any]) -> None:
    assert document["components"].keys() == {"schemas", "securitySchemes"}
    used = {reference.rpartition("/")[2] for reference in references(document)}
    assert document["components"]["schemas"].keys() == used
    assert "x-park-graph" not in document["info"]


def test_it_stands_at_the_public_address(contract: Contract) -> None:
    document = project(contract, public_url="https://park.example/")
    assert document["servers"] == [{"url": "https://park.example"}]
    assert CANONICAL_URL not in json.dumps(document)


def test_a_parameter_that_means_two_things_is_refused(contract: Contract) -> None:
    document = deepcopy(contract.document)
    document["components"]["schemas"]["GetRatesParameters"]["properties"]["lot_id"] = {"type": "string"}
    with pytest.raises(SpecError, match="lot_id means one thing to check_availability, another to get_rates"):
        project(Contract.of(document, manifest={}), public_url=CANONICAL_URL)


def test_the_projection_leaves_the_contract_as_it_was(contract: Contract) -> None:
    before = deepcopy(contract.document)
    project(contract, public_url="https://park.example")
    assert contract.document == before
