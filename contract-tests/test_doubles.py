"""Doubles (product decision 10): the same key and request is answered once, and again, the same."""

import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from gate import webhooks
from gate.client import Client
from gate.lists import CSV, new_lot, table_of
from gate.matrix import Call
from gate.world import Tenant, World

_numbers = itertools.count(1)
_SHOWN_ONCE = frozenset({"key", "api_key", "operator_key", "secret"})


@dataclass(frozen=True, slots=True)
class Write:
    """A write, its answer, and another request that must not pass under its idempotency key."""

    operation: str
    call: Call
    other: Call
    status: int
    key: str | None


def _session(client: Client, tenant: Tenant) -> dict[str, Any]:
    order = {"lot_id": tenant.lots[0], "plate": f"DOUBLE {next(_numbers)}", "payment_method": "pm_card_visa"}
    made: dict[str, Any] = client.call("createSession", key=tenant.key, json=order).json()["session"]
    return made


def _key_id(client: Client, tenant: Tenant) -> str:
    wanted = {"name": "Double", "scopes": ["lots:read"]}
    return str(client.call("createApiKey", key=tenant.key, json=wanted).json()["api_key"]["id"])


def _with(body: dict[str, Any], **changes: Any) -> tuple[Call, Call]:
    return Call(json=body), Call(json=body | changes)


def _action(name: str, parameters: dict[str, Any], **changes: Any) -> tuple[Call, Call]:
    return (
        Call(json={"action": name, "parameters": parameters}),
        Call(json={"action": name, "parameters": parameters | changes}),
    )


def _at(path: Mapping[str, str], calls: tuple[Call, Call]) -> tuple[Call, Call]:
    first, other = calls
    return replace(first, path=path), replace(other, path=path)


def _order(tenant: Tenant) -> dict[str, Any]:
    return {"lot_id": tenant.lots[0], "plate": f"DOUBLE {next(_numbers)}"}


def _write(client: Client, tenant: Tenant, name: str) -> Write:
    """Write down a fresh write by name: an operation, or `dispatcher action`."""
    call, other = _WRITES[name](client, tenant)
    operation = name.partition(" ")[0]
    key = None if operation == "createSandbox" else tenant.key
    return Write(operation, call, other, status=_STATUS.get(name, 200), key=key)


def _ending(client: Client, tenant: Tenant) -> tuple[dict[str, str], dict[str, Any]]:
    session = _session(client, tenant)
    return {"session_id": session["id"]}, {"session_code": session["session_code"]}


def _extension(client: Client, tenant: Tenant) -> tuple[Call, Call]:
    path, code = _ending(client, tenant)
    return _at(path, _with(code | {"extend_hours": 1}, extend_hours=2))


def _end(client: Client, tenant: Tenant) -> tuple[Call, Call]:
    path, code = _ending(client, tenant)
    return _at(path, _with(code, end_user_id="somebody"))


def _of_a_key(client: Client, tenant: Tenant) -> tuple[Call, Call]:
    return Call(path={"key_id": _key_id(client, tenant)}), Call(path={"key_id": _key_id(client, tenant)})


def _managed_lot(tenant: Tenant) -> dict[str, str]:
    return {"lot_id": tenant.special_lots["managed"]}


def _new_lot(client: Client, tenant: Tenant) -> dict[str, str]:
    made = client.call("createLot", key=tenant.key, json=new_lot(f"double-{next(_numbers)}"))
    return {"lot_id": made.json()["lot"]["id"]}


def _webhook(client: Client, tenant: Tenant) -> dict[str, str]:
    return {"webhook_id": webhooks.new(client, tenant.key)["id"]}


def _of_webhooks(client: Client, tenant: Tenant) -> tuple[Call, Call]:
    return Call(path=_webhook(client, tenant)), Call(path=_webhook(client, tenant))


def _delivery(client: Client, tenant: Tenant) -> dict[str, str]:
    path = _webhook(client, tenant)
    return path | {"delivery_id": webhooks.ping(client, tenant.key, path["webhook_id"])["id"]}


def _list(**query: str) -> Call:
    return Call(content=table_of(f"double-{next(_numbers)}"), query=query, headers=CSV)


def _end_by_action(client: Client, tenant: Tenant) -> tuple[Call, Call]:
    path, code = _ending(client, tenant)
    return _action("end_session", {**path, **code}, end_user_id="somebody")


def _extend_by_action(client: Client, tenant: Tenant) -> tuple[Call, Call]:
    path, code = _ending(client, tenant)
    calls = _action("extend_session", {**path, **code, "extend_hours": 1}, extend_hours=2)
    return _at({"platform": "xai"}, calls)


def _paid(tenant: Tenant) -> dict[str, str]:
    return {"session_id": tenant.paid_sessions[0]}


def _refund_by_action(_: Client, tenant: Tenant) -> tuple[Call, Call]:
    return _at({"platform": "xai"}, _action("request_refund", {**_paid(tenant), "amount": 0.01}, amount=0.02))


_WRITES: Mapping[str, Callable[[Client, Tenant], tuple[Call, Call]]] = {
    "createSession": lambda _, tenant: _with(_order(tenant), duration_hours=2),
    "extendSession": _extension,
    "endSession": _end,
    "createRefund": lambda _, tenant: _at(_paid(tenant), _with({"amount": 0.01}, amount=0.02)),
    "createQuote": lambda _, tenant: _at(
        {"lot_id": tenant.lots[0]}, _with({"duration_hours": 2}, duration_hours=3)
    ),
    "createApiKey": lambda _, __: _with({"name": "Double", "scopes": ["lots:read"]}, name="Other"),
    "rotateApiKey": _of_a_key,
    "deleteApiKey": _of_a_key,
    "registerAgent": lambda _, __: _with({"name": "Double", "platform": "openai"}, platform="xai"),
    "updateProject": lambda _, __: _with({"name": "Double"}, name="Other"),
    "createLot": lambda _, __: _with(new_lot(f"double-{next(_numbers)}"), name="Other"),
    "updateLot": lambda _, tenant: _at(_managed_lot(tenant), _with({"capacity": 50}, capacity=51)),
    "deleteLot": lambda client, tenant: (
        Call(path=_new_lot(client, tenant)),
        Call(path=_new_lot(client, tenant)),
    ),
    "importLots": lambda _, __: (_list(dry_run="false"), _list(dry_run="true")),
    "setRates": lambda _, tenant: _at(_managed_lot(tenant), _with({"rate": 6.5}, rate=7)),
    "reportOccupancy": lambda _, tenant: _at(_managed_lot(tenant), _with({"occupied": 7}, occupied=8)),
    "setAgentAccess": lambda _, tenant: _at(
        _managed_lot(tenant), _with({"agent_access": "allowed"}, agent_access="unset")
    ),
    "createPayoutAccountLink": lambda _, __: _with({}, country="NL"),
    "createWebhook": lambda _, __: _with(webhooks.wanted(), events=["session.ended"]),
    "updateWebhook": lambda client, tenant: _at(
        _webhook(client, tenant), _with({"rotate_secret": True}, enabled=True)
    ),
    "deleteWebhook": _of_webhooks,
    "pingWebhook": _of_webhooks,
    "redeliver": lambda client, tenant: (
        Call(path=_delivery(client, tenant)),
        Call(path=_delivery(client, tenant)),
    ),
    "createSandbox": lambda _, __: _with({"plan": "growth"}, plan="starter"),
    "advanceSandboxClock": lambda _, __: _with({"advance_seconds": 1}, advance_seconds=2),
    "dispatchAction create_session": lambda _, tenant: _action(
        "create_session", _order(tenant), duration_hours=2
    ),
    "dispatchAction end_session": _end_by_action,
    "dispatchPlatformAction extend_session": _extend_by_action,
    "dispatchPlatformAction request_refund": _refund_by_action,
}
_STATUS = {
    "createQuote": 201,
    "createSession": 201,
    "createRefund": 201,
    "createApiKey": 201,
    "rotateApiKey": 201,
    "registerAgent": 201,
    "createLot": 201,
    "createSandbox": 201,
    "createPayoutAccountLink": 201,
    "createWebhook": 201,
    "pingWebhook": 201,
    "redeliver": 201,
    "deleteWebhook": 204,
    "deleteApiKey": 204,
    "deleteLot": 204,
}


def _send(client: Client, write: Write, call: Call, name: str) -> httpx.Response:
    headers = {**call.headers, "Idempotency-Key": name}
    return client.call(
        write.operation,
        key=write.key,
        path=call.path,
        query=call.query,
        json=call.json,
        content=call.content,
        headers=headers,
    )


@pytest.mark.parametrize("name", _WRITES)
def test_the_same_request_twice_is_answered_alike_and_done_once(
    client: Client, world: World, name: str
) -> None:
    write = _write(client, world.tenants["owner"], name)
    once = f"double-{name}-{next(_numbers)}".replace(" ", "-")
    first, second = (_send(client, write, write.call, once) for _ in range(2))
    assert (first.status_code, second.status_code) == (write.status, write.status), second.text
    assert "idempotent-replayed" not in first.headers
    assert second.headers.get("idempotent-replayed") == "true"
    assert _lasting(second) == _lasting(first)
    assert not _SHOWN_ONCE & set(_inside(second))
    assert second.headers.get("location") == first.headers.get("location")


@pytest.mark.parametrize("name", _WRITES)
def test_another_request_under_the_same_key_is_a_422(client: Client, world: World, name: str) -> None:
    write = _write(client, world.tenants["owner"], name)
    once = f"reused-{name}-{next(_numbers)}".replace(" ", "-")
    assert _send(client, write, write.call, once).status_code == write.status
    refusal = _send(client, write, write.other, once)
    assert refusal.status_code == 422, refusal.text
    assert refusal.json()["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"


def _inside(answer: httpx.Response) -> dict[str, Any]:
    if not answer.content:
        return {}
    (inside,) = answer.json().values()
    return dict(inside)


def _lasting(answer: httpx.Response) -> dict[str, Any]:
    return {name: value for name, value in _inside(answer).items() if name not in _SHOWN_ONCE}


def test_a_key_in_the_body_does_what_the_header_does(client: Client, world: World) -> None:
    tenant = world.tenants["owner"]
    order = _order(tenant) | {"idempotency_key": f"in-the-body-{next(_numbers)}"}
    first = client.call("createSession", key=tenant.key, json=order)
    by_header = {name: value for name, value in order.items() if name != "idempotency_key"}
    headers = {"Idempotency-Key": order["idempotency_key"]}
    second = client.call("createSession", key=tenant.key, json=by_header, headers=headers)
    assert first.json()["session"]["id"] == second.json()["session"]["id"]
    assert second.headers.get("idempotent-replayed") == "true"


def test_another_callers_key_is_another_key(client: Client, world: World) -> None:
    once = f"shared-{next(_numbers)}"
    sessions = set()
    for name in ("owner", "other"):
        tenant = world.tenants[name]
        headers = {"Idempotency-Key": once}
        answer = client.call("createSession", key=tenant.key, json=_order(tenant), headers=headers)
        assert answer.status_code == 201
        sessions.add(answer.json()["session"]["id"])
    assert len(sessions) == 2


def test_twenty_at_once_make_one_session(client: Client, world: World) -> None:
    tenant = world.tenants["owner"]
    order, headers = _order(tenant), {"Idempotency-Key": f"crowd-{next(_numbers)}"}
    answers: list[httpx.Response] = []

    def send() -> None:
        answers.append(client.call("createSession", key=tenant.key, json=order, headers=headers))

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 20
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["session"]["id"] for answer in answers if answer.status_code == 201}) == 1
    waiting = [answer for answer in answers if answer.status_code == 409]
    assert all("retry-after" in answer.headers for answer in waiting)
