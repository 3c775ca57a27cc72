"""Answers that the fuzzer cannot be led to, or is kept from by a mend: one witness each.

Where a mend in `gate.repairs` keeps valid cases inside a rule that OpenAPI cannot express, the witness here
shows that breaking the rule is refused, with the status and the field that the contract's words promise.
"""

import itertools
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.contract.document import Contract, Operation
from gate import examples, processor
from gate.client import Client
from gate.installations import Installation
from gate.refusals import refused
from gate.signatures import stripe_signature
from gate.world import Tenant, World
from tests.factories import ALL_SCOPES

_numbers = itertools.count(1)
CLOCK_GOES_AT_MOST = 315_360_000


@pytest.fixture
def tenant(world: World) -> Tenant:
    """Work in the fuzzed sandbox."""
    return world.fuzzed


def order(tenant: Tenant, **changes: Any) -> dict[str, Any]:
    """Order a session in a roomy lot for a plate of its own."""
    return {"lot_id": tenant.lots[0], "plate": f"WITNESS {next(_numbers)}"} | changes


def started(client: Client, tenant: Tenant, **changes: Any) -> dict[str, Any]:
    """Start a session."""
    answer = client.call("createSession", key=tenant.key, json=order(tenant, **changes))
    assert answer.status_code == 201, answer.text
    session: dict[str, Any] = answer.json()["session"]
    return session


def over_both_dispatchers() -> Iterator[str | None]:
    """Give ChatGPT's dispatcher and another platform's."""
    yield None
    yield "anthropic"


@pytest.mark.parametrize(
    ("place", "missing"),
    [({"lat": 39.6}, "lng"), ({"lng": -106.3}, "lat"), ({"lat": 39.6, "address": "Vail"}, "lng")],
)
def test_half_a_position_names_the_missing_half(
    client: Client, tenant: Tenant, place: dict[str, Any], missing: str
) -> None:
    refused(client.call("searchLots", key=tenant.key, query=place), 400, missing)
    for platform in over_both_dispatchers():
        answer = client.act("search_parking", key=tenant.key, platform=platform, **place)
        refused(answer, 400, f"parameters.{missing}")


def test_a_search_for_nowhere_names_what_is_missing(client: Client, tenant: Tenant) -> None:
    refused(client.call("searchLots", query={"limit": 5}), 400, "lat", "lng")
    refused(client.act("search_parking", key=tenant.key), 400, "parameters.lat", "parameters.lng")
    empty = client.call("dispatchAction", key=tenant.key, json={"action": "search_parking"})
    refused(empty, 400, "parameters")


def test_a_box_that_is_none_and_a_cursor_that_was_never_given_are_named(
    client: Client, tenant: Tenant
) -> None:
    for bbox in ("181,0,5,5", "1,-91,5,5", "1,0,-181,5", "1,0,5,91", "1,6,5,5"):
        refused(client.call("listLotsGeoJson", key=tenant.key, query={"bbox": bbox}), 400, "bbox")
    unknown = {"cursor": "019d498e-f980-7181-a54c-66175d9dc9f8"}
    refused(client.call("listLotsGeoJson", key=tenant.key, query=unknown), 400, "cursor")


def test_a_map_that_has_not_changed_is_a_304(client: Client, world: World) -> None:
    tenant = world.tenants["owner"]
    query = {"bbox": "170,15,-50,75", "limit": 2}
    first = client.call("listLotsGeoJson", key=tenant.key, query=query)
    headers = {"If-None-Match": first.headers["etag"]}
    again = client.call("listLotsGeoJson", key=tenant.key, query=query, headers=headers)
    assert (first.status_code, again.status_code) == (200, 304)
    following = first.json()["next_cursor"]
    assert f"cursor={following}" in first.headers["link"]
    assert "link" in again.headers
    last = client.call("listLotsGeoJson", key=tenant.key, query={"cursor": following, "limit": 1000})
    assert "link" not in last.headers
    anywhere = {"If-None-Match": "*"}
    assert client.call("listLotsGeoJson", query={"limit": 1000}, headers=anywhere).status_code == 304
    nowhere = client.call("listLotsGeoJson", key=tenant.key, query={"bbox": "0,0,0,0"})
    assert nowhere.json() == {"type": "FeatureCollection", "features": []}


def test_a_map_that_has_changed_is_a_200(client: Client, tenant: Tenant) -> None:
    path, query = {"lot_id": tenant.special_lots["managed"]}, {"limit": 1000}
    before = client.call("listLotsGeoJson", key=tenant.key, query=query)
    facts = {"max_height_cm": 200 + next(_numbers)}
    assert client.call("updateLot", key=tenant.key, path=path, json=facts).status_code == 200
    headers = {"If-None-Match": before.headers["etag"]}
    after = client.call("listLotsGeoJson", key=tenant.key, query=query, headers=headers)
    assert after.status_code == 200, after.text
    assert after.headers["etag"] != before.headers["etag"]


def test_an_unknown_or_missing_action_is_named(client: Client, tenant: Tenant) -> None:
    for platform in over_both_dispatchers():
        refused(client.act("book_flight", key=tenant.key, platform=platform), 400, "action")
    refused(client.call("dispatchAction", key=tenant.key, json={"parameters": {}}), 400, "action")
    refused(client.act("extend_session", key=tenant.key), 400, "action")


def test_an_action_takes_no_parameters_of_another(client: Client, tenant: Tenant) -> None:
    for platform in over_both_dispatchers():
        answer = client.act("get_rates", key=tenant.key, platform=platform, **order(tenant))
        refused(answer, 400, "parameters.plate")


def test_every_offending_field_is_named_at_once(client: Client, tenant: Tenant) -> None:
    answer = client.act("create_session", key=tenant.key, lot_id="x", duration_hours=0, colour="red")
    named = {detail["field"] for detail in answer.json()["error"]["details"]}
    assert answer.status_code == 400
    assert named == {f"parameters.{name}" for name in ("lot_id", "duration_hours", "colour", "plate")}


def test_an_expiry_in_the_past_is_a_400(client: Client, tenant: Tenant) -> None:
    wanted = {"name": "Late", "scopes": ["lots:read"], "expires_at": "2020-02-29T00:00:00Z"}
    refused(client.call("createApiKey", key=tenant.key, json=wanted), 400, "expires_at")


def test_a_scope_beyond_the_plan_is_a_403(client: Client, world: World) -> None:
    wanted = {"name": "Agent", "scopes": ["agent:act"]}
    answer = client.call("createApiKey", key=world.tenants["starter"].key, json=wanted)
    refused(answer, 403, "scopes", code="FORBIDDEN")


def test_a_rotated_key_keeps_its_name_its_scopes_and_its_expiry(client: Client, tenant: Tenant) -> None:
    wanted = {"name": "Kept", "scopes": sorted(ALL_SCOPES), "expires_at": "2096-02-29T00:00:00Z"}
    old = client.call("createApiKey", key=tenant.key, json=wanted).json()["api_key"]
    path = {"lot_id": tenant.lots[0]}
    assert client.call("getLot", key=old["key"], path=path).status_code == 200  # and is remembered
    new = client.call("rotateApiKey", key=tenant.key, path={"key_id": old["id"]}).json()["api_key"]
    assert {name: new[name] for name in wanted} == wanted
    assert new["key"] != old["key"]
    assert client.call("getLot", key=old["key"], path=path).status_code == 401
    assert client.call("getLot", key=new["key"], path=path).status_code == 200


def test_a_key_cannot_rotate_or_delete_itself(client: Client, tenant: Tenant) -> None:
    for operation in ("rotateApiKey", "deleteApiKey"):
        refused(client.call(operation, key=tenant.key, path={"key_id": tenant.key_id}), 409, "key_id")


def test_a_card_that_is_declined_or_unknown_is_a_402(client: Client, tenant: Tenant) -> None:
    for card in ("pm_card_visa_chargeDeclined", "pm_nobody_knows"):
        wanted = order(tenant, payment_method=card)
        answer = client.call("createSession", key=tenant.key, json=wanted)
        refused(answer, 402, "payment_method", code="PAYMENT_REQUIRED")
        for platform in over_both_dispatchers():
            answer = client.act("create_session", key=tenant.key, platform=platform, **wanted)
            refused(answer, 402, "parameters.payment_method", code="PAYMENT_REQUIRED")


def test_more_than_the_card_allows_without_its_driver_is_a_402(
    client: Client, tenant: Tenant, installation: Installation
) -> None:
    session = started(client, tenant, payment_method="pm_card_authenticationRequired")
    intent = session["payment_intent_id"]
    processor.authenticate(client, installation, tenant.project_id, intent=intent)
    path, code = {"session_id": session["id"]}, {"session_code": session["session_code"]}
    longer = code | {"extend_hours": 1}
    refused(client.call("extendSession", key=tenant.key, path=path, json=longer), 402)
    refused(client.act("extend_session", key=tenant.key, platform="xai", **path, **longer), 402)
    unchanged = client.call("getSession", key=tenant.key, path=path).json()["session"]
    assert unchanged["planned_end_at"] == session["planned_end_at"]


def test_rates_that_cannot_be_are_a_400(client: Client, tenant: Tenant) -> None:
    path = {"lot_id": tenant.special_lots["managed"]}
    for rates, field in (
        ({"rate": 6.505}, "rate"),
        ({"rate": 6, "daily_maximum": 5, "minimum_charge": 5.01}, "minimum_charge"),
    ):
        refused(client.call("setRates", key=tenant.key, path=path, json=rates), 400, field)


def test_a_report_with_no_figure_or_two_names_both(client: Client, tenant: Tenant) -> None:
    path = {"lot_id": tenant.special_lots["managed"]}
    for report in ({}, {"occupied": 3, "occupied_elsewhere": 2}):
        answer = client.call("reportOccupancy", key=tenant.key, path=path, json=report)
        refused(answer, 400, "occupied", "occupied_elsewhere")


def test_a_lot_that_lets_no_agents_in_is_a_403_of_its_own_code(client: Client, tenant: Tenant) -> None:
    wanted = order(tenant, lot_id=tenant.special_lots["blocked"])
    answers = [client.call("createSession", key=tenant.key, json=wanted)]
    answers += [
        client.act("create_session", key=tenant.key, platform=platform, **wanted)
        for platform in over_both_dispatchers()
    ]
    for answer in answers:
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "AGENT_OPT_IN_REQUIRED"


@pytest.mark.parametrize(("lot", "field"), [("full", "lot_id"), ("without tariff", "lot_id")])
def test_a_lot_that_cannot_be_booked_is_a_409(client: Client, tenant: Tenant, lot: str, field: str) -> None:
    wanted = order(tenant, lot_id=tenant.special_lots[lot])
    refused(client.call("createSession", key=tenant.key, json=wanted), 409, field, code="CONFLICT")


def test_a_deleted_lot_is_gone(client: Client, tenant: Tenant) -> None:
    path = {"lot_id": tenant.special_lots["deleted"]}
    for operation in ("getLot", "getAvailability", "getRates"):
        refused(client.call(operation, key=tenant.key, path=path), 404)
    refused(client.call("createSession", key=tenant.key, json=order(tenant, **path)), 404)


def test_a_stay_beyond_the_lots_longest_is_a_409(client: Client, tenant: Tenant) -> None:
    too_long = order(tenant, lot_id=tenant.special_lots["single space"], duration_hours=2.01)
    refused(client.call("createSession", key=tenant.key, json=too_long), 409, "duration_hours")


def test_a_plate_parks_once_in_a_lot(client: Client, tenant: Tenant) -> None:
    session = started(client, tenant, plate="WIT-twice")
    again = order(tenant, plate="wit TWICE")
    answer = client.call("createSession", key=tenant.key, json=again)
    refused(answer, 409, "plate")
    assert session["id"] in answer.json()["error"]["message"]


def test_a_wrong_session_code_is_a_404(client: Client, tenant: Tenant) -> None:
    session = started(client, tenant)
    wrong = "sess_aaaaaa" if session["session_code"] != "sess_aaaaaa" else "sess_bbbbbb"
    path = {"session_id": session["id"]}
    refused(client.call("endSession", key=tenant.key, path=path, json={"session_code": wrong}), 404)
    longer = {"session_code": wrong, "extend_hours": 1}
    refused(client.call("extendSession", key=tenant.key, path=path, json=longer), 404)


def test_what_has_ended_cannot_be_ended_or_extended(client: Client, tenant: Tenant) -> None:
    session = started(client, tenant, payment_method="pm_card_visa")
    path, code = {"session_id": session["id"]}, {"session_code": session["session_code"]}
    assert client.call("endSession", key=tenant.key, path=path, json=code).status_code == 200
    refused(client.call("endSession", key=tenant.key, path=path, json=code), 409, "session_id")
    longer = code | {"extend_hours": 1}
    refused(client.call("extendSession", key=tenant.key, path=path, json=longer), 409, "session_id")
    named = {"session_id": session["id"], **code}
    for platform in over_both_dispatchers():
        answer = client.act("end_session", key=tenant.key, platform=platform, **named)
        refused(answer, 409, "parameters.session_id")


def test_a_session_is_extended_and_ended_once_under_a_key_in_the_body(client: Client, tenant: Tenant) -> None:
    session = started(client, tenant, payment_method="pm_card_visa")
    path, code = {"session_id": session["id"]}, {"session_code": session["session_code"]}
    for operation, wanted in (("extendSession", code | {"extend_hours": 1}), ("endSession", code)):
        once = wanted | {"idempotency_key": f"witness-{operation}-{next(_numbers)}"}
        first, again = (client.call(operation, key=tenant.key, path=path, json=once) for _ in range(2))
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.headers["idempotent-replayed"] == "true"


def test_a_session_that_nobody_pays_for_expires(client: Client, world: World) -> None:
    undriven = world.tenants["undriven"]
    session = started(client, undriven)
    client.call("advanceSandboxClock", key=undriven.key, json={"advance_seconds": 660})
    path = {"session_id": session["id"]}
    shown = client.call("getSession", key=undriven.key, path=path).json()["session"]
    assert (shown["status"], shown["payment"]["status"]) == ("expired", "released")
    code = {"session_code": session["session_code"]}
    refused(client.call("endSession", key=undriven.key, path=path, json=code), 409, "session_id")


def test_a_clock_goes_at_most_ten_years(client: Client, world: World) -> None:
    key = world.tenants["other"].keys["second"]
    advance = {"advance_seconds": CLOCK_GOES_AT_MOST}
    client.call("advanceSandboxClock", key=key, json={"advance_seconds": 1})
    refused(client.call("advanceSandboxClock", key=key, json=advance), 409, "advance_seconds")
    refused(client.call("advanceSandboxClock", key=world.tenants["live maker"].key, json=advance), 403)


def test_an_event_counts_only_with_a_fresh_signature_of_ours(client: Client, tenant: Tenant) -> None:
    body = b'{"id":"evt_witness1","type":"payment_intent.created","livemode":false,"data":{"object":{}}}'
    stale = int(time.time()) - 3600
    for signature in (
        stripe_signature(body + b" "),
        stripe_signature(body, at=stale),
        stripe_signature(body, secret="whsec_somebody_elses"),
        "t=now,v1=abc",
    ):
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        refused(client.call("receiveStripeEvent", content=body, headers=headers), 400, "Stripe-Signature")
    headers = {"Stripe-Signature": stripe_signature(body), "Content-Type": "application/json"}
    for _ in range(2):
        assert client.call("receiveStripeEvent", content=body, headers=headers).json() == {"received": True}


@pytest.mark.parametrize("livemode", [True, False])
def test_an_event_about_nothing_of_ours_is_taken_and_changes_nothing(
    client: Client, tenant: Tenant, livemode: bool
) -> None:
    event = {
        "id": f"evt_witness{next(_numbers)}",
        "type": "payment_intent.created",
        "created": 1775863860,
        "account": "acct_nobody",
        "livemode": livemode,
        "data": {"object": {"id": "pi_nobody", "object": "payment_intent"}},
    }
    body = json.dumps(event).encode()
    headers = {"Stripe-Signature": stripe_signature(body), "Content-Type": "application/json"}
    newest = client.call("listAuditLog", key=tenant.key, query={"limit": 1}).json()["data"]
    assert client.call("receiveStripeEvent", content=body, headers=headers).json() == {"received": True}
    assert client.call("listAuditLog", key=tenant.key, query={"limit": 1}).json()["data"] == newest


def test_an_event_of_the_other_kind_of_project_is_a_400(client: Client, tenant: Tenant) -> None:
    intent = started(client, tenant)["payment_intent_id"].encode()
    body = (
        b'{"id":"evt_witness2","type":"payment_intent.created","livemode":true,"data":{"object":'
        b'{"id":"%s","object":"payment_intent"}}}' % intent
    )
    headers = {"Stripe-Signature": stripe_signature(body), "Content-Type": "application/json"}
    refused(client.call("receiveStripeEvent", content=body, headers=headers), 400, "livemode")


def _every(contract: Contract) -> list[Operation]:
    return list(contract.operations.values())


def _ask(client: Client, operation: Operation, key: str, **changes: Any) -> httpx.Response:
    call = examples.call_of(client.contract, operation)
    asked: dict[str, Any] = {
        "path": call.path,
        "query": call.query,
        "json": call.json,
        "content": call.content,
        "headers": call.headers,
    }
    return client.call(operation.id, key=key, **asked | changes)


def test_no_operation_answers_what_nobody_accepts(client: Client, contract: Contract, tenant: Tenant) -> None:
    for operation in _every(contract):
        call = examples.call_of(contract, operation)
        headers = {**call.headers, "Accept": "text/html"}
        answer = _ask(client, operation, tenant.key, headers=headers)
        refused(answer, 406, code="NOT_ACCEPTABLE")


def test_no_body_is_larger_than_a_mebibyte_or_of_another_type(
    client: Client, contract: Contract, tenant: Tenant
) -> None:
    for operation in (each for each in _every(contract) if each.body_media_types):
        headers = dict(examples.call_of(contract, operation).headers)
        as_json = headers | {"Content-Type": "application/json"}
        large = _ask(client, operation, tenant.key, json=None, content=b" " * 1_048_577, headers=as_json)
        refused(large, 413, code="PAYLOAD_TOO_LARGE")
        as_text = headers | {"Content-Type": "text/plain"}
        text = _ask(client, operation, tenant.key, json=None, content=b"{}", headers=as_text)
        refused(text, 415, code="UNSUPPORTED_MEDIA_TYPE")


def test_unknown_parameters_are_refused_everywhere(
    client: Client, contract: Contract, tenant: Tenant
) -> None:
    for operation in _every(contract):
        query = (examples.call_of(contract, operation).query or {}) | {"colour": "red"}
        refused(_ask(client, operation, tenant.key, query=query), 400, "colour")
