"""Money on its way back, over the wire: what is answered, what is refused, and what a list shows."""

import itertools
from typing import Any

import pytest

from gate import processor
from gate.client import Client, ClientOf
from gate.refusals import refused
from gate.strictness import StrictInstallation
from gate.world import Tenant, World

_numbers = itertools.count(1)

REASONS = ("requested_by_customer", "duplicate", "fraudulent")
NOBODYS = {"session_id": "019d79bb-20c0-7128-a24b-e40ad23f0824"}


@pytest.fixture
def tenant(world: World) -> Tenant:
    """Work in the fuzzed sandbox."""
    return world.fuzzed


def paid(client: Client, tenant: Tenant, card: str = "pm_card_visa") -> dict[str, str]:
    """Park for four hours and pay; return the path to the session."""
    order = {"lot_id": tenant.lots[0], "plate": f"REFUND {next(_numbers)}", "payment_method": card}
    session = client.call("createSession", key=tenant.key, json=order).json()["session"]
    client.call("advanceSandboxClock", key=tenant.key, json={"advance_seconds": 14_472})
    path, code = {"session_id": session["id"]}, {"session_code": session["session_code"]}
    assert client.call("endSession", key=tenant.key, path=path, json=code).is_success
    return path


def once() -> dict[str, str]:
    """Write a key of its own for a request that is sent again."""
    return {"Idempotency-Key": f"refund-{next(_numbers)}"}


@pytest.mark.parametrize("reason", REASONS)
def test_a_refund_is_answered_and_listed_with_its_reason(client: Client, tenant: Tenant, reason: str) -> None:
    path = {"session_id": tenant.paid_sessions[1]}
    wanted = {"amount": 0.01, "reason": reason, "end_user_id": "driver-7f3a"}
    named = {"idempotency_key": f"refund-{next(_numbers)}"}
    made = client.call("createRefund", key=tenant.key, path=path, json=wanted | named).json()["refund"]
    assert (made["amount"], made["reason"], made["status"]) == (0.01, reason, "succeeded")
    action = wanted | named | path | {"idempotency_key": f"refund-{next(_numbers)}"}
    acted = client.act("request_refund", key=tenant.key, platform="gemini", **action).json()["refund"]
    assert (acted["reason"], acted["session_id"]) == (reason, path["session_id"])
    listed = client.call("listRefunds", key=tenant.key, path=path, query={"limit": 1}).json()
    assert listed["data"] == [acted]
    onward = {"limit": 1, "cursor": listed["next_cursor"]}
    assert client.call("listRefunds", key=tenant.key, path=path, query=onward).json()["data"] == [made]


def test_without_an_amount_the_rest_goes_back(client: Client, world: World) -> None:
    tenant = world.tenants["undriven"]
    path = paid(client, tenant)
    client.call("createRefund", key=tenant.key, path=path, json={"amount": 6.0})
    rest = client.act("request_refund", key=tenant.key, platform="copilot", **path).json()["refund"]
    shown = client.call("getSession", key=tenant.key, path=path).json()["session"]
    assert shown["payment"]["refunded"] == pytest.approx(6.0 + rest["amount"])
    assert shown["payment"]["refunded"] == shown["payment"]["captured"]
    assert (shown["payment"]["status"], shown["owner_payout"]) == ("refunded", 0.0)
    refused(client.call("createRefund", key=tenant.key, path=path, json={}), 409, "session_id")
    events = client.call("listEvents", key=tenant.key, query={"limit": 100}).json()["data"]
    told = [event["data"]["session"] for event in events if event["type"] == "refund.created"]
    assert [each["payment"]["status"] for each in told if each["id"] == path["session_id"]] == [
        "refunded",
        "partially_refunded",
    ]


def test_a_session_without_refunds_lists_none(client: Client, world: World) -> None:
    tenant = world.tenants["undriven"]
    page = client.call("listRefunds", key=tenant.key, path=paid(client, tenant)).json()
    assert page == {"data": []}


def test_what_cannot_go_back_is_named(client: Client, tenant: Tenant) -> None:
    path = {"session_id": tenant.paid_sessions[2]}

    def asked(**body: Any) -> Any:
        return client.call("createRefund", key=tenant.key, path=path, json=body)

    refused(asked(amount=0.125), 400, "amount")
    refused(asked(amount=0), 400, "amount")
    refused(asked(amount=1_000_000), 409, "amount")
    answer = client.act("request_refund", key=tenant.key, platform="xai", **path, amount=1_000_000)
    refused(answer, 409, "parameters.amount")
    refused(client.call("createRefund", key=tenant.key, path=NOBODYS, json={}), 404)


def test_a_refund_that_the_processor_did_not_answer_is_listed_as_pending(
    strict: StrictInstallation, failing_client_of: ClientOf
) -> None:
    client, tenant = failing_client_of(strict.running, X_Forwarded_Proto="https"), strict.running.world.fuzzed
    path = {"session_id": tenant.paid_sessions[0]}
    strict.inject(lost=True, status=None)
    answer = client.call("createRefund", key=tenant.key, path=path, json={"amount": 0.01})
    refused(answer, 502, code="BAD_GATEWAY")
    [listed] = client.call("listRefunds", key=tenant.key, path=path, query={"limit": 1}).json()["data"]
    assert (listed["amount"], listed["status"]) == (0.01, "pending")


def test_a_refund_that_the_bank_sends_back_is_listed_as_failed(client: Client, world: World) -> None:
    tenant = world.tenants["undriven"]
    path = paid(client, tenant, card="pm_card_refundFail")
    asked: dict[str, Any] = {"path": path, "json": {"amount": 6.0}, "headers": once()}
    acted = {"action": "request_refund", "parameters": path | {"amount": 1.0}}
    asked_by_action: dict[str, Any] = {"path": {"platform": "xai"}, "json": acted, "headers": once()}
    assert client.call("createRefund", key=tenant.key, **asked).is_success
    assert client.call("dispatchPlatformAction", key=tenant.key, **asked_by_action).is_success
    client.call("advanceSandboxClock", key=tenant.key, json={"advance_seconds": 3600})
    shown = client.call("getSession", key=tenant.key, path=path).json()["session"]
    told = processor.tell(client, "refund.failed", intent=shown["payment_intent_id"], subject="refund")
    assert told.json() == {"received": True}
    listed = client.call("listRefunds", key=tenant.key, path=path).json()["data"]
    assert [(each["amount"], each["status"]) for each in listed] == [(1.0, "failed"), (6.0, "failed")]
    again = client.call("createRefund", key=tenant.key, **asked).json()["refund"]
    acted_again = client.call("dispatchPlatformAction", key=tenant.key, **asked_by_action).json()["refund"]
    assert [acted_again, again] == listed
    shown = client.call("getSession", key=tenant.key, path=path).json()["session"]
    assert (shown["payment"]["status"], shown["owner_payout"]) == ("captured", 21.71)
