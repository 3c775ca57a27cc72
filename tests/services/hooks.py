"""Receivers of events in tests, and a network between us and them that can be down."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select

from app import database
from app.domain import clock, ids, webhooks
from app.domain.callers import LIVE_WORLD
from app.domain.webhook_targets import Target
from app.domain.webhooks import Outcome
from app.gateways import webhook_delivery
from app.gateways.webhook_delivery import Message
from app.models import Delivery, DeliveryAttempt, Event, Project, Webhook
from app.services import deliveries as service
from app.services import event_spreading, webhook_secrets
from app.worker import telling
from tests.factories import keep

ALL_EVENTS = (
    "session.created",
    "session.extended",
    "session.expiring",
    "session.expired",
    "session.ended",
    "payment.authorized",
    "payment.captured",
    "payment.failed",
    "refund.created",
    "refund.failed",
    "dispute.opened",
    "dispute.closed",
    "lot.updated",
    "occupancy.changed",
    "key.rotated",
)
TAKEN = Outcome(duration_ms=2, status=204)


class Network:
    """The way to receivers: it keeps what was sent, and answers as it is told to."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.arrived: list[Message] = []
        self.answers: dict[str, Outcome] = defaultdict(lambda: TAKEN)
        """By host."""

    def may_be_reached(self, target: Target) -> bool:
        return self.answers[target.host].failure != "address_refused"

    def deliver(self, message: Message) -> Outcome:
        self.sent.append(message)
        outcome = self.answers[message.target.host]
        if outcome.is_delivered:
            self.arrived.append(message)
        return outcome

    def arrived_types(self) -> list[str]:
        return [orjson.loads(message.body)["type"] for message in self.arrived]


@contextmanager
def network() -> Iterator[Network]:
    """Put a network of our own in the place of the real one."""
    made = Network()
    with webhook_delivery.use(made):
        yield made


def make_webhook(
    project: Project,
    *,
    url: str = "https://hooks.example.com/park",
    events: Sequence[str] = ALL_EVENTS,
    **facts: Any,
) -> Webhook:
    """Make a receiver; `facts` are columns of Webhook."""
    row: dict[str, Any] = {
        "id": ids.uuid7(),
        "project_id": project.id,
        "operator_id": project.operator_id,
        "world_id": project.id if project.kind == "sandbox" else LIVE_WORLD,
        "url": url,
        "events": list(events),
        "secret": webhook_secrets.seal(webhooks.new_secret()),
        "created_at": clock.now(),
    }
    webhook = Webhook(**row | facts)
    keep(webhook)
    return webhook


def tell() -> None:
    """Let the worker tell what there is to tell, until nothing is due."""
    event_spreading.spread()
    while sum(service.serve(webhook_id) for webhook_id in due_receivers()):
        continue


def due_receivers() -> list[UUID]:
    """Return the receivers of either kind of project for which something is due."""
    due = [service.due_receivers(kind, limit=100) for kind in telling.RECEIVERS_AT_ONCE]
    return [each.webhook_id for receivers in due for each in receivers]


def events() -> Sequence[Event]:
    """Return every event, oldest first."""
    with database.reading() as db:
        return db.scalars(select(Event).order_by(Event.id)).all()


def told() -> list[tuple[str, Mapping[str, Any]]]:
    """Return the types of all events with what they say."""
    return [(event.type, orjson.loads(event.body)["data"]) for event in events()]


def deliveries(webhook_id: UUID) -> Sequence[Delivery]:
    """Return the deliveries of a receiver in the order of their events."""
    with database.reading() as db:
        wanted = select(Delivery).where(Delivery.webhook_id == webhook_id).order_by(Delivery.event_id)
        return db.scalars(wanted).all()


def attempts(delivery_id: UUID) -> Sequence[DeliveryAttempt]:
    """Return the attempts of a delivery."""
    with database.reading() as db:
        mine = DeliveryAttempt.delivery_id == delivery_id
        return db.scalars(select(DeliveryAttempt).where(mine).order_by(DeliveryAttempt.number)).all()


def webhook(webhook_id: UUID) -> Webhook:
    """Look at a receiver as it stands."""
    with database.reading() as db:
        return db.get_one(Webhook, webhook_id)
