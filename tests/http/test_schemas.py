"""Validation against the authored document: every field at once, precise in variants, whole numbers whole."""

import time
from typing import Any

import pytest

from app.contract.document import Contract
from app.contract.load import Json, SpecError
from app.domain.errors import Detail
from app.http.parameters import Parameters, typed
from app.http.schemas import MOST_VALUES, Schemas, integers, is_crowded, make_whole
from app.http.wording import REQUIRED, UNKNOWN
from tests.http.site import LOT, Site, bearer, contract

BODY = "#/components/schemas/CreateSessionParameters"
ACTIONS = "#/components/schemas/PlatformActionRequest"
IN_NO_TIME = 0.2
"""Seconds; to list every problem of such bodies takes minutes."""


def small_contract(*parameters: Json, **schemas: Json) -> Contract:
    """Write a contract of one operation."""
    document = {
        "openapi": "3.1.0",
        "info": {
            "x-park-graph": {"errors": {}, "budgets": {"b": {"limit": 1, "scope": "ip", "meaning": "."}}}
        },
        "paths": {
            "/x/{n}": {
                "get": {
                    "operationId": "getX",
                    "tags": ["x"],
                    "security": [],
                    "x-budget": "b",
                    "parameters": list(parameters),
                    "responses": {"200": {"description": "."}},
                }
            }
        },
        "components": {"schemas": schemas},
    }
    document["info"]["x-park-graph"]["budgets"] |= {
        name: {"limit": 1, "scope": "key", "meaning": "."} for name in ("sandbox", "sandbox_agent")
    }
    return Contract.of(document, manifest={})


def reader(*parameters: Json) -> Parameters:
    """Compile the parameters of a small operation."""
    small = small_contract(*parameters)
    return Parameters(small.operations["getX"], Schemas(small))


INTEGER = {"type": "integer", "minimum": 1, "maximum": 9}
PATH = {"name": "n", "in": "path", "required": True, "schema": INTEGER}
HEADER = {"name": "X-Thing", "in": "header", "required": False, "schema": INTEGER}
FLAG = {"name": "flag", "in": "query", "required": True, "schema": {"type": "boolean"}}
RATIO = {"name": "ratio", "in": "query", "required": False, "schema": {"type": "number", "default": 0.5}}


def test_parameters_of_every_place_are_typed_and_given_their_handlers_names() -> None:
    arguments, problems = reader(PATH, HEADER, FLAG, RATIO).read(
        {"n": "4"}, b"flag=true", [(b"x-thing", b"7")]
    )
    assert (arguments, problems) == ({"n": 4, "x_thing": 7, "flag": True, "ratio": 0.5}, [])


def test_all_that_is_wrong_with_parameters_is_told_at_once() -> None:
    _, problems = reader(PATH, HEADER, FLAG, RATIO).read({"n": "x"}, b"ratio=a&what=1", [(b"x-thing", b"10")])
    assert sorted(problems, key=lambda detail: detail.field) == [
        Detail("X-Thing", "must be at most 9"),
        Detail("flag", REQUIRED),
        Detail("n", "must be a whole number"),
        Detail("ratio", "must be a number"),
        Detail("what", UNKNOWN),
    ]


def test_a_path_whose_template_nobody_filled_in_lacks_its_parameter() -> None:
    assert reader(PATH).read({"n": "{n}"}, b"", []) == ({}, [Detail("n", REQUIRED)])


def test_a_parameter_that_no_text_can_write_stops_the_boot() -> None:
    with pytest.raises(SpecError, match="ids"):
        reader({"name": "ids", "in": "query", "schema": {"type": "array"}})


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("5", "integer", 5),
        ("-5", "integer", -5),
        ("0", "integer", 0),
        ("9223372036854775807", "integer", "9223372036854775807"),
        ("5.0", "integer", "5.0"),
        ("1e3", "number", 1000.0),
        ("5.9e-175", "number", 5.9e-175),
        ("-1e999", "number", "-1e999"),
        ("-0.5", "number", -0.5),
        (".5", "number", ".5"),
        ("5.", "number", "5."),
        ("1e999", "number", "1e999"),
        ("0x10", "integer", "0x10"),
        ("true", "boolean", True),
        ("True", "boolean", "True"),
        ("1", "boolean", "1"),
        ("5", "string", "5"),
    ],
)
def test_numbers_are_read_as_json_writes_them(text: str, kind: str, value: Any) -> None:
    assert typed(text, kind) == value


def problems_of(body: Any, *, at: str = BODY) -> dict[str, str]:
    """Check a body of the real contract."""
    problems = Schemas(contract()).body(at).problems(body)
    return {problem.field: problem.message for problem in problems}


def test_every_offending_field_is_told_once_and_in_words() -> None:
    body = {
        "lot_id": "x",
        "plate": "",
        "duration_hours": 0,
        "payment_method": 1,
        "metadata": {"a b": "c"},
        "z": 1,
    }
    assert problems_of(body) == {
        "lot_id": "must be a UUID",
        "plate": "must have at least 1 character",
        "duration_hours": "must be at least 0.1",
        "payment_method": "must be a text",
        "metadata": "has a field whose name is not allowed",
        "z": UNKNOWN,
    }


@pytest.mark.parametrize(
    "body",
    [
        {"lot_id": LOT, "plate": "CO-7891", "metadata": {str(number): number for number in range(90_000)}},
        {"lot_id": LOT, "plate": [[0] * 100] * 1_000},
        {"lot_id": LOT, "plate": [[]] * 300_000},
        {f"unknown_{number}": number for number in range(60_000)},
    ],
)
def test_a_crowded_body_is_refused_without_looking_at_each_of_its_values(body: Any) -> None:
    check = Schemas(contract()).body(BODY)
    began = time.perf_counter()

    told = f"holds more than {MOST_VALUES} values, and not as it should"
    assert check.problems(body) == [Detail("body", told)]
    assert time.perf_counter() - began < IN_NO_TIME


def test_a_body_is_crowded_by_what_it_holds_at_any_depth() -> None:
    assert not is_crowded([0] * (MOST_VALUES - 1))
    assert is_crowded([0] * MOST_VALUES)
    assert not is_crowded({"a": {"b": [0] * (MOST_VALUES - 3)}})
    assert is_crowded({"a": {"b": [0] * (MOST_VALUES - 2)}})


def test_no_message_repeats_a_value() -> None:
    body = {"lot_id": LOT, "plate": "CO-7891-" * 9, "email": "driver@example", "metadata": {"a": 7891}}
    told = problems_of(body)
    assert sorted(told) == ["email", "metadata.a", "plate"]
    assert not [message for message in told.values() if "7891" in message or "driver" in message]


def test_in_a_dispatchers_body_the_action_decides_what_is_wrong() -> None:
    body = {"action": "extend_session", "parameters": {"session_id": LOT, "extend_hours": "1"}}
    assert problems_of(body, at=ACTIONS) == {
        "parameters.session_code": REQUIRED,
        "parameters.extend_hours": "must be a number",
    }
    assert problems_of({"action": "extend_session", "spare": 1}, at=ACTIONS) == {
        "parameters": REQUIRED,
        "spare": UNKNOWN,
    }


def test_an_unknown_action_is_told_which_there_are() -> None:
    told = problems_of({"action": "fly"}, at=ACTIONS)
    assert told["action"].startswith("must be one of search_parking, ")


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("2030-02-29T00:00:00Z", False),
        ("2028-02-29T00:00:00Z", True),
        ("2099-12-31T23:59:59Z", True),
        ("2100-01-01T00:00:00Z", False),
        ("0001-01-01T00:00:00+14:00", False),
        ("2030-01-01T00:00:00", False),
        ("2030-01-01 00:00:00Z", False),
        ("2030-01-01T24:00:00Z", False),
    ],
)
def test_instants_are_rfc_3339_of_our_century(text: str, accepted: bool) -> None:
    body = {"name": "a", "scopes": ["lots:read"], "expires_at": text}
    told = problems_of(body, at="#/components/schemas/ApiKeyCreation")
    assert ("expires_at" not in told) is accepted


def test_patterns_are_those_of_json_schema_not_of_python() -> None:
    schema = {"type": "string", "pattern": r"^\d+$"}
    validator = Schemas(small_contract(N=schema)).validator("#/components/schemas/N")
    assert [validator.is_valid(text) for text in ("12", "12\n", "\u0661\u0662")] == [True, False, False]


def test_integral_floats_become_whole_where_the_schema_says_integer() -> None:
    entry = {
        "type": "object",
        "properties": {"n": {"$ref": "#/components/schemas/N"}, "x": {"type": "number"}},
    }
    small = small_contract(N={"type": ["integer", "null"]})
    schema = {"properties": {"list": {"type": "array", "items": entry}, "n": {"type": "integer"}}}
    value = {"list": [{"n": 2.0, "x": 2.0}, {"n": None}], "n": 6e1}
    make_whole(value, integers(small, schema))
    assert value == {"list": [{"n": 2, "x": 2.0}, {"n": None}], "n": 60}
    assert (type(value["n"]), type(value["list"][0]["n"]), type(value["list"][0]["x"])) == (int, int, float)


def test_a_dispatchers_handler_gets_whole_numbers(served: Site) -> None:
    body = b'{"action":"search_parking","parameters":{"address":"Vail","limit":5.0}}'
    answer = served.post("/api/v1/agents/openai/actions", body, bearer())
    assert b'"limit":5}' in answer.body


def test_every_operation_of_the_contract_can_be_checked() -> None:
    schemas = Schemas(contract())
    for operation in contract().operations.values():
        assert Parameters(operation, schemas)
        assert operation.body_schema_pointer is None or schemas.body(operation.body_schema_pointer)
