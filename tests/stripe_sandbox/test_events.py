"""Events: written with the change, signed, kept until somebody took them."""

import json
from pathlib import Path
from typing import Any

import pytest
import stripe

from stripe_sandbox import Sandbox
from tests.stripe_sandbox.conftest import UnixClock
from tests.stripe_sandbox.drivers import DAY, Account, open_account


def deliveries(sandbox: Sandbox) -> list[int]:
    return [event.delivery for event in sandbox.pending_events()]


def test_a_life_is_told_in_its_order(vail: Account, sandbox: Sandbox) -> None:
    intent = vail.ask()
    vail.intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    vail.intents.capture(intent.id, {"amount_to_capture": 2412})
    assert [event.type for event in sandbox.pending_events()] == [
        "payment_intent.created",
        "payment_intent.amount_capturable_updated",
        "charge.succeeded",
        "transfer.created",
        "application_fee.created",
        "charge.captured",
        "payment_intent.succeeded",
    ]


def test_the_sdk_verifies_an_event(vail: Account, sandbox: Sandbox) -> None:
    intent = vail.ask("op_1")
    pending = sandbox.pending_events()[0]
    event = vail.client.construct_event(pending.payload, pending.signature, sandbox.webhook_secret)
    assert event.id == pending.event_id
    assert event.type == "payment_intent.created"
    assert event.livemode is False
    assert event.api_version == stripe.api_version
    assert event.context == "vail"
    assert event.request is not None
    assert event.request.idempotency_key == "op_1"
    told: Any = event.data.object
    assert told.id == intent.id


def test_an_event_never_tells_what_only_the_sandbox_knows(vail: Account, sandbox: Sandbox) -> None:
    vail.hold()
    assert all(b'"_' not in event.payload for event in sandbox.pending_events())


@pytest.mark.parametrize(
    ("change", "secret"),
    [(b"usd", None), (None, "whsec_of_somebody_else")],
    ids=["tampered payload", "other secret"],
)
def test_a_forged_event_is_not_verified(
    vail: Account, sandbox: Sandbox, change: bytes | None, secret: str | None
) -> None:
    vail.ask()
    pending = sandbox.pending_events()[0]
    payload = pending.payload.replace(change, b"eur") if change else pending.payload
    with pytest.raises(stripe.SignatureVerificationError):
        vail.client.construct_event(payload, pending.signature, secret or sandbox.webhook_secret)


def test_what_arrived_is_not_sent_again(vail: Account, sandbox: Sandbox) -> None:
    vail.ask()
    vail.ask()
    first, second = deliveries(sandbox)
    sandbox.mark_delivered([first])
    assert deliveries(sandbox) == [second]


def test_what_failed_is_put_off_longer_each_time(vail: Account, sandbox: Sandbox, unix: UnixClock) -> None:
    vail.ask()
    (delivery,) = deliveries(sandbox)
    for wait in (5, 10, 20, 40):
        sandbox.mark_failed([delivery])
        unix.move(wait - 1)
        assert deliveries(sandbox) == []
        unix.move(1)
        assert deliveries(sandbox) == [delivery]
    assert sandbox.pending_events()[0].attempts == 4


def test_after_three_days_of_failures_an_event_is_given_up(
    vail: Account, sandbox: Sandbox, unix: UnixClock
) -> None:
    vail.ask()
    (delivery,) = deliveries(sandbox)
    sandbox.mark_failed([delivery])
    unix.move(3 * DAY)
    assert deliveries(sandbox) == [delivery]
    sandbox.mark_failed([delivery])
    unix.move(1)
    sandbox.mark_failed([delivery])
    unix.move(DAY)
    assert deliveries(sandbox) == []


def test_the_outbox_outlives_the_process(vail: Account, path: Path, unix: UnixClock) -> None:
    vail.ask()
    before = vail.sandbox.pending_events()
    vail.sandbox.close()
    reopened = Sandbox(path, clock=unix)
    after = reopened.pending_events()
    assert [event.event_id for event in after] == [event.event_id for event in before]
    assert reopened.webhook_secret == vail.sandbox.webhook_secret
    assert vail.client.construct_event(after[0].payload, after[0].signature, reopened.webhook_secret)
    reopened.close()


def test_a_refused_request_tells_nothing(vail: Account, sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        vail.ask(payment_method="pm_of_nobody")
    assert deliveries(sandbox) == []


def test_one_world_can_be_asked_alone(vail: Account, sandbox: Sandbox) -> None:
    denver = open_account(sandbox, "denver")
    vail.ask()
    denver.ask()
    assert [event.world for event in sandbox.pending_events(world="denver")] == ["denver"]
    assert len(sandbox.pending_events()) == 2
    assert len(sandbox.pending_events(limit=1)) == 1


def test_an_endpoint_hears_only_what_it_asked_for_with_a_secret_of_its_own(
    vail: Account, sandbox: Sandbox
) -> None:
    endpoint = vail.client.v1.webhook_endpoints.create(
        {"url": "https://other.example/events", "enabled_events": ["payment_intent.canceled"]}
    )
    assert "secret" not in vail.client.v1.webhook_endpoints.retrieve(endpoint.id)
    vail.intents.cancel(vail.ask().id)
    theirs = [event for event in sandbox.pending_events() if event.url == endpoint.url]
    assert [event.type for event in theirs] == ["payment_intent.canceled"]
    assert vail.client.construct_event(theirs[0].payload, theirs[0].signature, endpoint.secret)


def test_events_can_be_looked_up(vail: Account, sandbox: Sandbox) -> None:
    vail.intents.cancel(vail.ask().id)
    canceled = vail.client.v1.events.list({"type": "payment_intent.canceled"}).data
    assert len(canceled) == 1
    assert vail.client.v1.events.retrieve(canceled[0].id).type == "payment_intent.canceled"
    pending = sandbox.pending_events()[-1]
    assert json.loads(pending.payload)["id"] == canceled[0].id
