"""What the written schemas take and refuse, at the places where it matters."""

import re
import sys
from typing import Any

import pytest

from app.contract import validators
from app.contract.document import Contract
from app.domain.plates import is_plate

LOT = "019bc262-9800-752e-89a7-834df2a74de4"
SESSION = "019d79bb-20c0-7128-a24b-e40ad23f0824"
END = {"session_id": SESSION, "session_code": "sess_abc123"}
TRANSCRIPT = {
    "search_parking": {"lat": 39.6403, "lng": -106.3742, "radius_km": 1.5, "limit": 5},
    "check_availability": {"lot_id": LOT},
    "get_rates": {"lot_id": LOT},
    "create_session": {"lot_id": LOT, "plate": "CO-7891"},
    "get_session": {"session_id": SESSION},
    "end_session": END,
}


def takes(contract: Contract, name: str, value: Any) -> bool:
    return validators.of(contract)(f"#/components/schemas/{name}").is_valid(value)


@pytest.mark.parametrize("action", TRANSCRIPT)
def test_both_dispatchers_take_the_transcript(contract: Contract, action: str) -> None:
    request = {"action": action, "parameters": TRANSCRIPT[action]}
    assert takes(contract, "ActionRequest", request)
    assert takes(contract, "PlatformActionRequest", request)


def test_only_the_platforms_dispatcher_extends(contract: Contract) -> None:
    request = {"action": "extend_session", "parameters": {**END, "extend_hours": 1}}
    assert takes(contract, "PlatformActionRequest", request)
    assert not takes(contract, "ActionRequest", request)


def test_only_the_platforms_dispatcher_refunds(contract: Contract) -> None:
    request = {"action": "request_refund", "parameters": {"session_id": SESSION, "amount": 6.0}}
    assert takes(contract, "PlatformActionRequest", request)
    assert not takes(contract, "ActionRequest", request)


@pytest.mark.parametrize("action", TRANSCRIPT)
def test_no_action_goes_without_parameters(contract: Contract, action: str) -> None:
    assert not takes(contract, "ActionRequest", {"action": action})


@pytest.mark.parametrize("action", TRANSCRIPT)
def test_unknown_parameters_are_refused(contract: Contract, action: str) -> None:
    parameters = {**TRANSCRIPT[action], "colour": "red"}
    assert not takes(contract, "ActionRequest", {"action": action, "parameters": parameters})


@pytest.mark.parametrize("action", TRANSCRIPT)
def test_every_action_takes_an_end_user_and_only_writes_an_idempotency_key(
    contract: Contract, action: str
) -> None:
    def with_parameter(**extra: str) -> bool:
        request = {"action": action, "parameters": {**TRANSCRIPT[action], **extra}}
        return takes(contract, "ActionRequest", request)

    assert with_parameter(end_user_id="driver-7f3a")
    assert with_parameter(idempotency_key="once") == (action in {"create_session", "end_session"})


@pytest.mark.parametrize(
    "plate", ["CO-7891", "co 7891", "B·MW 1", "CO\u20117891", "京A12345", "ÖHR-AB 12", "А123ВС"]
)
def test_plates_of_the_world_are_taken(contract: Contract, plate: str) -> None:
    assert takes(contract, "Plate", plate)


@pytest.mark.parametrize(
    "plate", ["", " ", "-", "---", "CO\n7891", "CO-7891\n", "\x00", "CO_7891", "A" * 17, 7891]
)
def test_what_cannot_be_a_plate_is_refused(contract: Contract, plate: Any) -> None:
    assert not takes(contract, "Plate", plate)


def test_every_single_sign_that_the_schema_takes_is_a_plate_to_the_domain(contract: Contract) -> None:
    pattern = re.compile(contract.at("#/components/schemas/Plate/pattern"))
    taken = [sign for sign in map(chr, range(sys.maxunicode + 1)) if pattern.fullmatch(sign)]
    assert len(taken) > 60
    assert [sign for sign in taken if not is_plate(sign) or not is_plate(sign * 16)] == []


@pytest.mark.parametrize(
    "instant",
    ["2000-01-01T00:00:00Z", "2026-04-10T23:30:00.104211Z", "2099-12-31T23:59:59Z", "2028-02-29T00:00:00Z"],
)
def test_instants_of_this_century_in_utc_are_taken(contract: Contract, instant: str) -> None:
    assert takes(contract, "Instant", instant)


@pytest.mark.parametrize(
    "instant",
    [
        "1999-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",
        "2099-12-31T23:59:59-14:00",
        "2026-04-10T23:30:00+02:00",
        "2026-02-30T00:00:00Z",
        "2026-04-10T24:00:00Z",
        "2016-12-31T23:59:60Z",
        "2026-04-10T23:30:00",
        "2026-04-10 23:30:00Z",
        "2026-04-10T23:30:00Z\n",
        "2026-04-10",
    ],
)
def test_other_instants_are_refused(contract: Contract, instant: str) -> None:
    assert not takes(contract, "Instant", instant)


@pytest.mark.parametrize("key", ["a", "vail-evening-1", "order 12", "x" * 255])
def test_idempotency_keys_are_printable_ascii(contract: Contract, key: str) -> None:
    assert takes(contract, "IdempotencyKey", key)


@pytest.mark.parametrize("key", ["", " ", " a", "a ", "a\n", "é", "x" * 256])
def test_keys_that_a_header_could_not_carry_unchanged_are_refused(contract: Contract, key: str) -> None:
    assert not takes(contract, "IdempotencyKey", key)


@pytest.mark.parametrize(
    "name", ["CreateSessionParameters", "EndSessionParameters", "SessionEnding", "SessionExtension"]
)
def test_header_and_body_mean_the_same_kind_of_idempotency_key(contract: Contract, name: str) -> None:
    written = contract.at(f"#/components/schemas/{name}/properties/idempotency_key")
    header = contract.at("#/components/parameters/IdempotencyKey/schema")
    assert written == header == {"$ref": "#/components/schemas/IdempotencyKey"}


@pytest.mark.parametrize("code", ["sess_abc123", "sess_zzzzzz"])
def test_session_codes_are_taken(contract: Contract, code: str) -> None:
    assert takes(contract, "SessionCode", code)


@pytest.mark.parametrize(
    "code", ["sess_abc12", "sess_abc1234", "sess_abc12o", "sess_abc12l", "sess_abc12i", "sess_abc120"]
)
def test_session_codes_have_no_letters_that_a_voice_confuses(contract: Contract, code: str) -> None:
    assert not takes(contract, "SessionCode", code)


def test_metadata_is_a_map_of_texts(contract: Contract) -> None:
    assert takes(contract, "Metadata", {"booking": "lodge-412", "note": ""})
    for refused in (
        {"booking": 412},
        {"book\x00ing": "x"},
        {"booking": "x\x00"},
        {str(n): "" for n in range(21)},
    ):
        assert not takes(contract, "Metadata", refused)


def test_stripe_may_add_fields_to_its_events(contract: Contract) -> None:
    event = {
        "id": "evt_1",
        "type": "charge.captured",
        "livemode": False,
        "data": {"object": {"new": 1}, "more": 2},
        "api_version": "x",
    }
    assert takes(contract, "StripeEvent", event)


def test_a_bad_request_always_lists_its_fields(contract: Contract) -> None:
    facts = {"code": "BAD_REQUEST", "message": "plate: missing", "request_id": "req_" + "0" * 32}
    assert not takes(contract, "InvalidRequest", {"error": facts})
    assert takes(
        contract, "InvalidRequest", {"error": {**facts, "details": [{"field": "plate", "message": "m"}]}}
    )
