"""What happened, told to whoever listens: events, and the outbox of their deliveries.

An event and its deliveries are written in the transaction of the change that they tell. Nothing is sent from
here: a worker asks for what is pending, sends it, and says how that went.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import stripe

from stripe_sandbox import ids, lists
from stripe_sandbox.contract import API_VERSION, Asked
from stripe_sandbox.refusals import Thing, public
from stripe_sandbox.worlds import World

EVERYTHING = "*"
_BACKOFF = {"first": 5.0, "longest": 3600.0, "give_up": 3 * 24 * 3600.0}
"""Seconds; Stripe tries for up to three days."""


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """A signed request that still has to reach an endpoint."""

    delivery: int
    world: str
    event_id: str
    type: str
    url: str
    payload: bytes
    signature: str
    """The value of the `Stripe-Signature` header, good for five minutes of real time."""
    attempts: int


def record(world: World, kind: str, subject: Thing) -> None:
    """Tell every endpoint that listens what happened to an object: `payment_intent.canceled`, …"""
    listeners = [
        endpoint
        for endpoint in world.select("webhook_endpoint", having={"status": "enabled"})
        if not {EVERYTHING, kind}.isdisjoint(endpoint["enabled_events"])
    ]
    event = _event(world, kind, subject, pending=len(listeners))
    world.save(event)
    for endpoint in listeners:
        world.db.execute(
            "INSERT INTO deliveries (world, event, endpoint) VALUES (?, ?, ?)",
            (world.name, event["id"], endpoint["id"]),
        )


def retrieve(world: World, _asked: Asked, identifier: str) -> Thing:
    """Return an event."""
    return world.get("event", identifier)


def page(world: World, asked: Asked) -> Thing:
    """Return a page of events, all or those of a `type`."""
    having = {"type": asked["type"]} if "type" in asked else {}
    return lists.page(world, "event", asked, url="/v1/events", having=having)


def pending(
    db: sqlite3.Connection, *, at: float, world: str | None = None, limit: int = 100
) -> list[PendingEvent]:
    """Return deliveries that are due at an instant of real time, oldest first, freshly signed."""
    rows = db.execute(
        "SELECT deliveries.id, deliveries.world, attempts, event.body, endpoint.body FROM deliveries"
        " JOIN objects AS event ON event.world = deliveries.world"
        " AND event.kind = 'event' AND event.id = deliveries.event"
        " JOIN objects AS endpoint ON endpoint.world = deliveries.world"
        " AND endpoint.kind = 'webhook_endpoint' AND endpoint.id = deliveries.endpoint"
        " WHERE due_at <= ? AND (? IS NULL OR deliveries.world = ?) ORDER BY deliveries.id LIMIT ?",
        (at, world, world, limit),
    )
    return [_signed(*row) for row in rows]


def mark_delivered(db: sqlite3.Connection, deliveries: Sequence[int], *, at: float) -> None:
    """Remember that endpoints took these; they are not sent again."""
    for delivery in deliveries:
        db.execute(
            "UPDATE deliveries SET due_at = NULL, delivered_at = ?, attempts = attempts + 1 WHERE id = ?",
            (at, delivery),
        )


def mark_failed(db: sqlite3.Connection, deliveries: Sequence[int], *, at: float) -> None:
    """Put these off: 5 s, 10 s, 20 s … up to an hour, and for good after three days."""
    for delivery in deliveries:
        db.execute(
            "UPDATE deliveries SET attempts = attempts + 1, failing_since = coalesce(failing_since, :at),"
            " due_at = CASE WHEN :at - coalesce(failing_since, :at) > :give_up THEN NULL"
            " ELSE :at + min(:longest, :first * (1 << min(attempts, 20))) END WHERE id = :delivery",
            {"at": at, "delivery": delivery} | _BACKOFF,
        )


def _event(world: World, kind: str, subject: Thing, *, pending: int) -> Thing:
    return {
        "id": ids.new("evt"),
        "object": "event",
        **({"account": subject["id"]} if subject["object"] == "account" else {}),
        "api_version": API_VERSION,
        "context": world.name,
        "created": world.now,
        "data": {"object": public(subject)},
        "livemode": False,
        "pending_webhooks": pending,
        "request": {"id": world.cause.request_id, "idempotency_key": world.cause.idempotency_key},
        "type": kind,
    }


def _signed(delivery: int, world: str, attempts: int, event_body: str, endpoint_body: str) -> PendingEvent:
    event, endpoint = json.loads(event_body), json.loads(endpoint_body)
    payload = json.dumps(event)
    return PendingEvent(
        delivery=delivery,
        world=world,
        event_id=event["id"],
        type=event["type"],
        url=endpoint["url"],
        payload=payload.encode(),
        signature=stripe.WebhookSignature.generate_signature_header(payload, endpoint["_secret"]),
        attempts=attempts,
    )
