"""A trace for every refusal: what a request was, found by its id alone, by the operator whose key called."""

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from app.contract.document import Contract, Operation
from gate import examples
from gate.client import Client, ClientOf
from gate.strictness import StrictInstallation
from gate.world import Tenant, World

_numbers = itertools.count(1)

Ask = Callable[[Client, Tenant], httpx.Response]


def order(tenant: Tenant, **changes: Any) -> dict[str, Any]:
    """Order a session for a plate of its own."""
    return {"lot_id": tenant.lots[0], "plate": f"TRACE {next(_numbers)}"} | changes


def _created(
    client: Client, tenant: Tenant, headers: Mapping[str, str] | None = None, **changes: Any
) -> httpx.Response:
    return client.call("createSession", key=tenant.key, json=order(tenant, **changes), headers=headers)


def _reused(client: Client, tenant: Tenant) -> httpx.Response:
    once = {"Idempotency-Key": f"trace-{next(_numbers)}"}
    _created(client, tenant, headers=once)
    return _created(client, tenant, headers=once)


def _raw(client: Client, tenant: Tenant, method: str, path: str, **options: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {tenant.key}"} | options.pop("headers", {})
    return httpx.request(method, client.url + path, headers=headers, trust_env=False, **options)


REFUSALS: Mapping[str, Ask] = {
    "BAD_REQUEST": lambda client, tenant: _created(client, tenant, plate=""),
    "PAYMENT_REQUIRED": lambda client, tenant: _created(client, tenant, payment_method="pm_nobody_knows"),
    "FORBIDDEN": lambda client, tenant: client.call("listApiKeys", key=tenant.keys["without operator"]),
    "AGENT_OPT_IN_REQUIRED": lambda client, tenant: _created(
        client, tenant, lot_id=tenant.special_lots["blocked"]
    ),
    "NOT_FOUND": lambda client, tenant: _created(client, tenant, lot_id=tenant.special_lots["deleted"]),
    "CONFLICT": lambda client, tenant: _created(client, tenant, lot_id=tenant.special_lots["full"]),
    "METHOD_NOT_ALLOWED": lambda client, tenant: _raw(client, tenant, "PUT", "/api/v1/sessions"),
    "NOT_ACCEPTABLE": lambda client, tenant: _created(client, tenant, headers={"Accept": "text/html"}),
    "PAYLOAD_TOO_LARGE": lambda client, tenant: _raw(
        client, tenant, "POST", "/api/v1/sessions", content=b" " * 1_048_577
    ),
    "UNSUPPORTED_MEDIA_TYPE": lambda client, tenant: _raw(
        client, tenant, "POST", "/api/v1/sessions", content=b"plate"
    ),
    "IDEMPOTENCY_KEY_REUSED": _reused,
}


def trace_of(client: Client, key: str, answer: httpx.Response) -> dict[str, Any]:
    """Look up what a request was."""
    path = {"request_id": answer.headers["x-request-id"]}
    found = client.call("getTrace", key=key, path=path)
    assert found.status_code == 200, found.text
    trace: dict[str, Any] = found.json()["trace"]
    return trace


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_is_traced_under_its_code(client: Client, world: World, code: str) -> None:
    tenant = world.fuzzed
    answer = REFUSALS[code](client, tenant)
    assert answer.json()["error"]["code"] == code
    trace = trace_of(client, tenant.key, answer)
    assert (trace["status"], trace["error_code"]) == (answer.status_code, code)
    assert trace["project_id"] == tenant.project_id


def test_a_path_that_leads_nowhere_is_traced_without_an_operation(client: Client, world: World) -> None:
    answer = _raw(client, world.fuzzed, "GET", "/api/v1/nope")
    trace = trace_of(client, world.fuzzed.key, answer)
    assert "operation_id" not in trace
    assert trace["error_code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    "platform", ["gemini", "xai", "perplexity", "copilot", "anthropic", "responses", "realtime", "mcp"]
)
def test_a_platforms_action_is_traced_as_such(client: Client, world: World, platform: str) -> None:
    answer = client.act("search_parking", key=world.fuzzed.key, platform=platform, address="Vail")
    trace = trace_of(client, world.fuzzed.key, answer)
    assert (trace["action"], trace["agent_platform"]) == ("search_parking", platform)


@pytest.mark.parametrize("platform", [None, "anthropic"])
def test_the_conversation_that_an_action_belongs_to_stands_in_its_trace(
    client: Client, world: World, platform: str | None
) -> None:
    named = {"Conversation-Id": f"evening-{next(_numbers)}"}
    key = world.fuzzed.key
    answer = client.act("search_parking", key=key, platform=platform, headers=named, address="Vail")
    assert trace_of(client, key, answer).get("conversation_id") == named["Conversation-Id"]


def _with_end_user(client: Client, tenant: Tenant, operation: Operation, user: str) -> httpx.Response:
    """Call an operation for a person whom its query or its body names."""
    call = examples.call_of(client.contract, operation)
    named = {"end_user_id": user}
    if any(parameter.name == "end_user_id" for parameter in operation.parameters):
        return client.call(operation.id, key=tenant.key, path=call.path, query=(call.query or {}) | named)
    return client.call(operation.id, key=tenant.key, path=call.path, json=call.json | named)


def _takes_end_user(contract: Contract, operation: Operation) -> bool:
    pointer = operation.body_schema_pointer
    fields = {parameter.name for parameter in operation.parameters}
    fields |= contract.at(pointer).get("properties", {}).keys() if pointer else set()
    return "end_user_id" in fields


def test_the_person_whom_a_call_is_for_stands_in_its_trace(
    client: Client, contract: Contract, world: World
) -> None:
    traced = []
    for operation in contract.operations.values():
        if _takes_end_user(contract, operation):
            user = f"driver-of-{operation.id}"
            answer = _with_end_user(client, world.fuzzed, operation, user)
            assert answer.status_code not in {400, 401, 403}, answer.text
            assert trace_of(client, world.fuzzed.key, answer)["end_user_id"] == user
            traced.append(operation.id)
    assert {"searchLots", "createSession", "endSession"} <= set(traced)


@pytest.mark.parametrize("platform", [None, "perplexity"])
def test_the_person_whom_an_action_is_for_stands_in_its_trace(
    client: Client, world: World, platform: str | None
) -> None:
    tenant, user = world.fuzzed, f"driver-{next(_numbers)}"
    lot = {"lot_id": tenant.lots[0]}

    def act(action: str, **parameters: Any) -> dict[str, Any]:
        named = parameters | {"end_user_id": user}
        answer = client.act(action, key=tenant.key, platform=platform, **named)
        assert answer.status_code == 200, answer.text
        assert trace_of(client, tenant.key, answer)["end_user_id"] == user
        answered: dict[str, Any] = answer.json()
        return answered

    act("search_parking", address="Vail")
    act("check_availability", **lot)
    act("get_rates", **lot)
    order = {"plate": f"TRACE {next(_numbers)}", "email": "driver@example.com"}
    session = act("create_session", **lot, **order, payment_method="pm_card_visa")["session"]
    path, code = {"session_id": session["id"]}, {"session_code": session["session_code"]}
    act("get_session", **path)
    if platform is not None:  # ChatGPT extends through an operation of its own
        act("extend_session", **path, **code, extend_hours=1)
    act("end_session", **path, **code)


def test_the_person_whom_a_session_is_for_stands_in_the_traces_of_its_life(
    client: Client, world: World
) -> None:
    tenant, named = world.fuzzed, {"end_user_id": f"driver-{next(_numbers)}"}

    def call(operation: str, **options: Any) -> dict[str, Any]:
        answer = client.call(operation, key=tenant.key, **options)
        assert answer.status_code < 300, answer.text
        assert trace_of(client, tenant.key, answer)["end_user_id"] == named["end_user_id"]
        session: dict[str, Any] = answer.json()["session"]
        return session

    paid = order(tenant, payment_method="pm_card_visa")
    session = call("createSession", json=paid | named)
    path, code = {"session_id": session["id"]}, {"session_code": session["session_code"]}
    call("getSession", path=path, query=named)
    call("extendSession", path=path, json=code | {"extend_hours": 1} | named)
    call("endSession", path=path, json=code | named)


def test_calls_to_the_processor_stand_in_the_trace_whether_it_answered_or_not(
    strict: StrictInstallation, client_of: ClientOf, failing_client_of: ClientOf
) -> None:
    client, failing = (of(strict.running, X_Forwarded_Proto="https") for of in (client_of, failing_client_of))
    tenant = strict.running.world.tenants["owner"]
    answered = trace_of(client, tenant.key, _created(client, tenant))["upstream"]
    assert [(call["service"], call["status"]) for call in answered] == [("stripe", 200)]
    assert answered[0]["request_id"].startswith("req_")
    strict.inject(lost=True, status=None)
    lost = trace_of(failing, tenant.key, _created(failing, tenant))
    assert lost["error_code"] == "BAD_GATEWAY"
    assert lost["upstream"]
    assert not any({"status", "request_id"} & call.keys() for call in lost["upstream"])


def test_turning_plaintext_away_and_using_a_budget_up_are_traced_too(
    strict: StrictInstallation, client_of: ClientOf
) -> None:
    tenant = strict.running.world.tenants["other"]
    plain, encrypted = (client_of(strict.running, X_Forwarded_Proto=scheme) for scheme in ("http", "https"))
    upgrade = plain.call("listApiKeys", key=tenant.key)
    assert trace_of(encrypted, tenant.key, upgrade)["error_code"] == "UPGRADE_REQUIRED"
    look = {"session_id": "019d79bb-20c0-7128-a24b-e40ad23f0824"}
    answers = [encrypted.call("getSession", key=tenant.keys["plain"], path=look) for _ in range(35)]
    assert trace_of(encrypted, tenant.key, answers[-1])["error_code"] == "RATE_LIMITED"


def test_a_keys_last_use_is_shown_when_its_making_is_replayed(client: Client, world: World) -> None:
    tenant = world.tenants["owner"]
    made: dict[str, Any] = {
        "key": tenant.key,
        "json": {"name": "Used soon", "scopes": ["lots:read"]},
        "headers": {"Idempotency-Key": f"trace-{next(_numbers)}"},
    }
    new = client.call("createApiKey", **made).json()["api_key"]
    turned = {
        "key": tenant.key,
        "path": {"key_id": new["id"]},
        "headers": {"Idempotency-Key": f"trace-{next(_numbers)}"},
    }
    client.call("searchLots", key=new["key"], query={"address": "Vail"})
    _await_last_use(client, "createApiKey", made)
    turned_to = client.call("rotateApiKey", **turned).json()["api_key"]
    client.call("searchLots", key=turned_to["key"], query={"address": "Vail"})
    _await_last_use(client, "rotateApiKey", turned)


def _await_last_use(client: Client, operation: str, request: dict[str, Any]) -> None:
    """Uses are written in batches, a few seconds after."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if "last_used_at" in client.call(operation, **request).json()["api_key"]:
            return
        time.sleep(0.2)
    raise AssertionError("the use of a key was never written down")
