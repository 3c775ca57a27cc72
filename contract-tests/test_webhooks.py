"""Webhooks over the wire: every type of event arrives signed, and every way to fail is told as it was."""

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from standardwebhooks import Webhook

from gate import processor, webhooks
from gate.client import Client
from gate.installations import Installation
from gate.lists import CSV, new_lot, table_of
from gate.refusals import refused
from gate.world import Tenant, World
from tests.gateways.hostile_receivers import URLS
from tests.gateways.receivers import Receiver, Serve, listening, says, status
from tests.services.hooks import ALL_EVENTS

_numbers = itertools.count(1)

SECONDS_OF_SILENCE = 12


@pytest.fixture
def tenant(world: World) -> Tenant:
    """Work in the sandbox whose drivers do nothing by themselves."""
    return world.tenants["undriven"]


@pytest.fixture
def fresh(client: Client) -> str:
    """Make a sandbox that nothing happened in, and return its operator's key."""
    made = client.call("createSandbox", json={"simulated_driver": "absent"}).json()["sandbox"]
    return str(made["operator_key"])


def address_of(receiver: Receiver) -> str:
    """Return where a receiver of this machine listens."""
    return f"http://127.0.0.1:{receiver.port}/hook"


DISPUTED = (
    ("pm_card_createDispute", "winning_evidence"),
    ("pm_card_createDispute", "losing_evidence"),
    ("pm_card_createDisputeInquiry", "winning_evidence"),
)
"""Cards whose holders dispute what was taken, and what decides that."""


def happen(client: Client, tenant: Tenant, installation: Installation) -> None:
    """Let everything happen that there is an event for."""
    key = tenant.key
    stay = {"pm": "pm_card_visa", "hours": 3, "seconds": 14_472, "ends": True}
    for changes in (
        {"refunds": ({"amount": 6.0, "reason": "duplicate"}, {"reason": "fraudulent"})},
        {"seconds": 0},
        {"pm": None, "seconds": 500},
        {"pm": None, "seconds": 660, "ends": False},
        {"hours": 300, "seconds": 8 * 86_400, "ends": False},
    ):
        _park(client, tenant, **stay | changes)
    refunded = _park(client, tenant, **stay | {"pm": "pm_card_refundFail", "refunds": ({"amount": 1.0},)})
    client.call("advanceSandboxClock", key=key, json={"advance_seconds": 3600})
    assert processor.tell(client, "refund.failed", intent=refunded, subject="refund").is_success
    for card, text in DISPUTED:
        intent = _park(client, tenant, **stay | {"pm": card})
        assert processor.tell(client, "charge.dispute.created", intent=intent, subject="dispute").is_success
        processor.end_dispute(client, installation, tenant.project_id, intent=intent, text=text)
    lot = client.call("createLot", key=key, json=new_lot(f"hook-{next(_numbers)}")).json()["lot"]
    path = {"lot_id": lot["id"]}
    client.call("updateLot", key=key, path=path, json={"max_height_cm": 210})
    client.call("setRates", key=key, path=path, json={"rate": 6})
    client.call("setAgentAccess", key=key, path=path, json={"agent_access": "blocked"})
    client.call("reportOccupancy", key=key, path=path, json={"occupied": 3})
    client.call("deleteLot", key=key, path=path)
    client.call("importLots", key=key, content=table_of(f"hook-{next(_numbers)}"), headers=CSV)
    made = client.call("createApiKey", key=key, json={"name": "Hook", "scopes": ["lots:read"]}).json()
    client.call("rotateApiKey", key=key, path={"key_id": made["api_key"]["id"]})


def _park(
    client: Client,
    tenant: Tenant,
    *,
    pm: str | None,
    hours: int,
    seconds: int,
    ends: bool,
    refunds: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Park, and return the payment intent."""
    order: dict[str, Any] = {"lot_id": tenant.lots[0], "plate": f"HOOK {next(_numbers)}"}
    order |= {"duration_hours": hours} | ({} if pm is None else {"payment_method": pm})
    session = client.call("createSession", key=tenant.key, json=order).json()["session"]
    path, code = {"session_id": session["id"]}, {"session_code": session["session_code"]}
    client.call("extendSession", key=tenant.key, path=path, json=code | {"extend_hours": 1})
    client.call("advanceSandboxClock", key=tenant.key, json={"advance_seconds": seconds})
    if ends:
        client.call("endSession", key=tenant.key, path=path, json=code)
    for refund in refunds:
        assert client.call("createRefund", key=tenant.key, path=path, json=refund).is_success
    return str(session["payment_intent_id"])


def listed(client: Client, key: str, **query: Any) -> list[dict[str, Any]]:
    """Return the newest events."""
    answer = client.call("listEvents", key=key, query={"limit": 100} | query)
    assert answer.status_code == 200, answer.text
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


def types_of(deliveries: Sequence[dict[str, Any]]) -> set[str]:
    """Name the types of events that are on their way or arrived; those of other tests may be among them."""
    return {delivery["event_type"] for delivery in deliveries}


def test_everything_that_happens_arrives_signed_and_as_it_is_listed(
    client: Client, tenant: Tenant, installation: Installation
) -> None:
    with listening(status(204)) as receiver:
        webhook = webhooks.new(client, tenant.key, url=address_of(receiver), events=list(ALL_EVENTS))
        happen(client, tenant, installation)
        wanted = {event["id"]: event for event in listed(client, tenant.key)}
        sent = webhooks.await_deliveries(
            client,
            tenant.key,
            webhook["id"],
            until=lambda seen: webhooks.are_over(seen) and types_of(seen) == set(ALL_EVENTS),
        )
        client.call("deleteWebhook", key=tenant.key, path={"webhook_id": webhook["id"]})
    assert {delivery["state"] for delivery in sent} == {"delivered"}
    arrived = [_verified(request, webhook["secret"]) for request in receiver.requests]
    for event_id, said in arrived:
        assert wanted[event_id] == {"id": event_id, **said}


def _verified(request: bytes, secret: str) -> tuple[str, dict[str, Any]]:
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    headers = {name.lower(): value for name, _, value in lines}
    said: dict[str, Any] = Webhook(secret).verify(body, headers)
    return headers["webhook-id"], said


def test_events_are_listed_by_type(client: Client, tenant: Tenant, installation: Installation) -> None:
    happen(client, tenant, installation)
    for event_type in ALL_EVENTS:
        found = listed(client, tenant.key, type=event_type)
        assert {event["type"] for event in found} == {event_type}
    names = {name for event in listed(client, tenant.key) for name in event["data"]}
    assert names == {"session", "refund", "dispute", "lot", "availability", "api_key"}


def test_where_nothing_happened_nothing_is_listed(client: Client, fresh: str) -> None:
    assert listed(client, fresh) == []
    assert client.call("listWebhooks", key=fresh).json() == {"data": []}
    webhook = webhooks.new(client, fresh)
    assert webhooks.deliveries(client, fresh, webhook["id"]) == []


def test_a_page_of_deliveries_leads_to_the_next(client: Client, fresh: str) -> None:
    webhook = webhooks.new(client, fresh)
    path = {"webhook_id": webhook["id"]}
    made = [webhooks.ping(client, fresh, webhook["id"])["id"] for _ in range(3)]
    first = client.call("listDeliveries", key=fresh, path=path, query={"limit": 2}).json()
    query = {"cursor": first["next_cursor"]}
    last = client.call("listDeliveries", key=fresh, path=path, query=query).json()
    assert [each["id"] for each in first["data"] + last["data"]] == made[::-1]


def silent(_: object) -> None:
    """Take a request, and say nothing."""
    time.sleep(SECONDS_OF_SILENCE)


ANSWERS: dict[str, Serve] = {
    "thanks": status(200, body=b"thanks"),
    "busy": status(503, "Retry-After: 1"),
    "gone": status(410),
    "not_http": says(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "timed_out": silent,
}
"""What receivers of this machine do, by what is told of it."""


@pytest.fixture
def receivers() -> Iterator[dict[str, str]]:
    """Let one receiver of each kind listen; return their addresses, and some that nobody listens at."""
    with ExitStack() as stack:
        found = {name: stack.enter_context(listening(serve)) for name, serve in ANSWERS.items()}
        with listening(status(204)) as closed:
            unused = closed.port
        elsewhere = {
            "connection_failed": f"http://127.0.0.1:{unused}/",
            "tls_failed": f"https://127.0.0.1:{found['not_http'].port}/",
            "name_not_found": "https://hooks.gate.example/",
        }
        yield {name: address_of(receiver) for name, receiver in found.items()} | elsewhere


def test_what_came_of_an_attempt_is_told_as_it_was(
    client: Client, fresh: str, receivers: dict[str, str]
) -> None:
    made = {name: webhooks.new(client, fresh, url=url)["id"] for name, url in receivers.items()}
    for webhook_id in made.values():
        webhooks.ping(client, fresh, webhook_id)
    seen = {
        name: webhooks.await_deliveries(client, fresh, webhook_id, until=webhooks.are_over)[0]
        for name, webhook_id in made.items()
    }
    told = {name: delivery["attempts"][0] for name, delivery in seen.items()}
    assert (told["thanks"]["status"], told["thanks"]["excerpt"]) == (200, "thanks")
    assert {name: delivery["state"] for name, delivery in seen.items() if name != "thanks"} == dict.fromkeys(
        made.keys() - {"thanks"}, "failed"
    )
    for name in made.keys() - ANSWERS.keys() | {"not_http", "timed_out"}:
        assert told[name].get("failure") == name
    _require_gone(client, fresh, made["gone"], seen["gone"]["id"])


def _require_gone(client: Client, key: str, webhook_id: str, delivery_id: str) -> None:
    path = {"webhook_id": webhook_id}
    standing = client.call("listWebhooks", key=key, query={"limit": 100}).json()["data"]
    assert [each["status"] for each in standing if each["id"] == webhook_id] == ["gone"]
    assert client.call("updateWebhook", key=key, path=path, json={}).json()["webhook"]["status"] == "gone"
    refused(client.call("pingWebhook", key=key, path=path), 409, "webhook_id")
    again = path | {"delivery_id": delivery_id}
    refused(client.call("redeliver", key=key, path=again), 409, "webhook_id")


def test_an_event_that_did_not_arrive_is_tried_again(client: Client, tenant: Tenant) -> None:
    with listening(status(503)) as receiver:
        webhook = webhooks.new(client, tenant.key, url=address_of(receiver), events=["session.created"])
        _park(client, tenant, pm="pm_card_visa", hours=4, seconds=0, ends=True)
        seen = webhooks.await_deliveries(
            client, tenant.key, webhook["id"], until=lambda seen: bool(seen and seen[0]["attempts"])
        )
        client.call("deleteWebhook", key=tenant.key, path={"webhook_id": webhook["id"]})
    assert (seen[0]["state"], seen[0]["attempts"][0]["status"]) == ("pending", 503)
    assert seen[0]["next_attempt_at"] > seen[0]["attempts"][0]["at"]


def test_after_five_failures_a_webhook_is_left_alone_until_it_is_enabled(client: Client, fresh: str) -> None:
    with listening(status(204)) as closed:
        url = address_of(closed)
    webhook_id = webhooks.new(client, fresh, url=url)["id"]
    for _ in range(5):
        delivery = webhooks.ping(client, fresh, webhook_id)
        webhooks.await_deliveries(client, fresh, webhook_id, until=webhooks.are_over)
    path = {"webhook_id": webhook_id}
    [standing] = client.call("listWebhooks", key=fresh).json()["data"]
    changed = client.call("updateWebhook", key=fresh, path=path, json={"rotate_secret": False})
    assert standing["paused_until"] == changed.json()["webhook"]["paused_until"]
    again = client.call("redeliver", key=fresh, path=path | {"delivery_id": delivery["id"]})
    newest = webhooks.deliveries(client, fresh, webhook_id)[0]
    assert (newest["id"], newest["state"], newest["attempts"]) == (
        again.json()["delivery"]["id"],
        "pending",
        [],
    )
    enabled = client.call("updateWebhook", key=fresh, path=path, json={"enabled": True})
    assert "paused_until" not in enabled.json()["webhook"]


def test_an_event_that_is_sent_once_more_is_the_same_byte_by_byte(client: Client, fresh: str) -> None:
    with listening(status(204)) as receiver:
        webhook = webhooks.new(client, fresh, url=address_of(receiver))
        delivery = webhooks.ping(client, fresh, webhook["id"])
        path = {"webhook_id": webhook["id"], "delivery_id": delivery["id"]}
        assert client.call("redeliver", key=fresh, path=path).status_code == 201
        webhooks.await_deliveries(client, fresh, webhook["id"], until=webhooks.are_over)
    first, again = receiver.requests
    assert _verified(first, webhook["secret"]) == _verified(again, webhook["secret"])
    assert first.partition(b"\r\n\r\n")[2] == again.partition(b"\r\n\r\n")[2]


def test_a_webhook_hears_of_any_type_and_is_turned_off_and_rotated(client: Client, fresh: str) -> None:
    webhook = webhooks.new(client, fresh, events=list(ALL_EVENTS))
    path = {"webhook_id": webhook["id"]}
    changes: tuple[dict[str, Any], ...] = (
        {"events": list(ALL_EVENTS)},
        {"enabled": False},
        {"enabled": True, "url": "https://other.gate.example/hook"},
        {"rotate_secret": True},
    )
    for change in changes:
        answer = client.call("updateWebhook", key=fresh, path=path, json=change)
        assert answer.status_code == 200, answer.text
        [standing] = client.call("listWebhooks", key=fresh).json()["data"]
        changed = answer.json()["webhook"]
        assert standing == {name: value for name, value in changed.items() if name != "secret"}
    assert changed["secret"] != webhook["secret"]


def test_a_project_has_at_most_twenty_webhooks(client: Client, fresh: str) -> None:
    for _ in range(20):
        assert client.call("createWebhook", key=fresh, json=webhooks.wanted()).status_code == 201
    refused(client.call("createWebhook", key=fresh, json=webhooks.wanted()), 409)


def test_no_hostile_address_is_taken(client: Client, tenant: Tenant, world: World) -> None:
    live = world.tenants["live maker"].key
    webhook = webhooks.new(client, live)
    path = {"webhook_id": webhook["id"]}
    for url in URLS:
        refused(client.call("createWebhook", key=live, json=webhooks.wanted(url=url)), 400, "url")
        refused(client.call("updateWebhook", key=live, path=path, json={"url": url}), 400, "url")
