"""What the operations of webhooks answer, by the contract, on both databases."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.domain.idempotency import Once
from app.domain.webhooks import Outcome
from handlers import events, webhooks
from tests.conftest import SetClock
from tests.handlers.contract import require_documented
from tests.services import hooks
from tests.services.hooks import ALL_EVENTS, Network, tell
from tests.services.parking import end, start
from tests.services.world import World, make_world

WISHES = {"url": "https://hooks.example.com/park", "events": list(ALL_EVENTS)}


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


@pytest.fixture(autouse=True)
def network() -> Iterator[Network]:
    with hooks.network() as made:
        yield made


def made(world: World) -> dict[str, Any]:
    answer = webhooks.create_webhook(world.caller, WISHES)
    webhook: dict[str, Any] = require_documented("createWebhook", answer)["webhook"]
    return webhook


def listed(world: World) -> dict[str, Any]:
    [webhook] = require_documented("listWebhooks", webhooks.list_webhooks(world.caller))["data"]
    return dict(webhook)


def test_a_new_webhook_is_shown_with_its_secret_once(world: World) -> None:
    once = Once("hooks", "f" * 64)
    first, again = (webhooks.create_webhook(world.caller, WISHES, once) for _ in range(2))
    webhook = require_documented("createWebhook", first)["webhook"]
    assert webhook.items() >= WISHES.items()
    assert webhook["secret"].startswith("whsec_")
    assert (first[1:], again[1:]) == ((201, {}), (201, {"Idempotent-Replayed": "true"}))
    shown = {name: value for name, value in webhook.items() if name != "secret"}
    assert require_documented("createWebhook", again)["webhook"] == shown
    assert listed(world) == shown | {"status": "enabled"}


def test_a_change_shows_what_it_made(world: World) -> None:
    webhook = made(world)
    answer = webhooks.update_webhook(world.caller, webhook["id"], {"rotate_secret": True, "enabled": False})
    changed = require_documented("updateWebhook", answer)["webhook"]
    assert changed["secret"] != webhook["secret"]
    assert changed["status"] == "disabled"
    assert changed["previous_secret_until"] == "2026-11-23T18:30:00Z"
    assert {**listed(world), "secret": changed["secret"]} == changed


def test_a_webhook_that_is_left_alone_says_until_when(world: World, network: Network) -> None:
    webhook = made(world)
    network.answers["hooks.example.com"] = Outcome(duration_ms=1, status=500)
    for number in range(5):
        start(world, f"CO-{number}")
    for _ in range(5):
        tell()
    assert listed(world)["paused_until"] == "2026-11-22T18:31:00Z"
    answer = webhooks.update_webhook(world.caller, webhook["id"], {"enabled": True})
    assert "paused_until" not in require_documented("updateWebhook", answer)["webhook"]


def test_a_deleted_webhook_is_answered_with_nothing(world: World) -> None:
    answer = webhooks.delete_webhook(world.caller, made(world)["id"].upper())
    assert require_documented("deleteWebhook", answer) is None
    assert answer[1] == 204


def test_a_ping_and_what_came_of_it(world: World, network: Network) -> None:
    webhook = made(world)
    network.answers["hooks.example.com"] = Outcome(duration_ms=84, status=200, excerpt="thanks")
    answer = webhooks.ping_webhook(world.caller, webhook["id"])
    ping = require_documented("pingWebhook", answer)["delivery"]
    assert (answer[1], ping["webhook_id"]) == (201, webhook["id"])
    waiting = require_documented("listDeliveries", webhooks.list_deliveries(world.caller, webhook["id"]))
    assert (waiting["data"][0]["state"], waiting["data"][0]["attempts"]) == ("pending", [])
    assert "next_attempt_at" in waiting["data"][0]
    tell()
    [told] = require_documented("listDeliveries", webhooks.list_deliveries(world.caller, webhook["id"]))[
        "data"
    ]
    attempt = {
        "number": 1,
        "at": "2026-11-22T18:30:00Z",
        "duration_ms": 84,
        "status": 200,
        "excerpt": "thanks",
    }
    assert told == {
        "id": ping["id"],
        "event_id": ping["event_id"],
        "event_type": "webhook.ping",
        "state": "delivered",
        "created_at": "2026-11-22T18:30:00Z",
        "attempts": [attempt],
    }


def test_an_event_is_sent_once_more(world: World, network: Network) -> None:
    webhook = made(world)
    network.answers["hooks.example.com"] = Outcome(duration_ms=5, failure="timed_out")
    delivery = require_documented("pingWebhook", webhooks.ping_webhook(world.caller, webhook["id"]))[
        "delivery"
    ]
    tell()
    answer = webhooks.redeliver(world.caller, webhook["id"], delivery["id"])
    again = require_documented("redeliver", answer)["delivery"]
    assert (answer[1], again["event_id"]) == (201, delivery["event_id"])
    first = require_documented(
        "listDeliveries", webhooks.list_deliveries(world.caller, webhook["id"], limit=1)
    )
    last = require_documented(
        "listDeliveries",
        webhooks.list_deliveries(world.caller, webhook["id"], cursor=first["next_cursor"]),
    )
    assert [each["id"] for each in first["data"] + last["data"]] == [again["id"], delivery["id"]]
    assert last["data"][0]["attempts"][0]["failure"] == "timed_out"


def test_events_say_what_receivers_are_told(world: World, network: Network, time: SetClock) -> None:
    made(world)
    facts = start(world, payment_method="pm_card_visa")
    end(world, facts)
    tell()
    page = require_documented("listEvents", events.list_events(world.caller))
    assert [event["type"] for event in page["data"]] == network.arrived_types()[::-1]
    assert [event["id"] for event in page["data"]] == [message.id for message in network.arrived][::-1]
    [ended] = require_documented("listEvents", events.list_events(world.caller, type="session.ended"))["data"]
    assert ended["data"]["session"]["id"] == str(facts.session.id)
    first = require_documented("listEvents", events.list_events(world.caller, limit=1))
    rest = require_documented("listEvents", events.list_events(world.caller, cursor=first["next_cursor"]))
    assert first["data"] + rest["data"] == page["data"]
