"""Who hears of an event: a delivery is written down for each receiver, once, however many workers do it."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, or_, select, update
from sqlalchemy.orm import Session

from app import database
from app.domain import clock, webhooks
from app.domain.ids import uuid7
from app.models import Delivery, Event, Webhook
from app.services import rows
from app.services.rows import Values

BATCH = 200

_FACTS = (
    Event.id,
    Event.type,
    Event.world_id,
    Event.operator_id,
    Event.project_id,
    Event.subject_id,
    Event.created_at,
)
Told = Row[*tuple[Any, ...]]
"""What counts of an event that waits to be spread."""


def spread() -> int:
    """Write down the deliveries of events that wait for that; return how many events it were."""
    done = 0
    while waiting := _waiting():
        _spread(waiting)
        done += len(waiting)
    return done


def of_lots(operator_id: UUID, world_id: UUID) -> ColumnElement[bool]:
    """Say which events are about an operator's lots in a world."""
    return and_(Event.operator_id == operator_id, Event.world_id == world_id)


def _waiting() -> Sequence[Told]:
    # An event is seen here once it is committed; those about one thing are committed in their order.
    wanted = select(*_FACTS).where(Event.spread_at.is_(None)).order_by(Event.id).limit(BATCH)
    with database.reading() as db:
        return db.execute(wanted).all()


@database.retried
def _spread(events: Sequence[Told]) -> None:
    now = clock.now()
    with database.transaction() as db:
        webhooks_ = _listening(db, events)
        deliveries = [delivery for event in events for delivery in _deliveries(event, webhooks_)]
        if deliveries:
            rows.add_all_unless_there(db, Delivery, deliveries)
        waiting = Event.id.in_([event.id for event in events]), Event.spread_at.is_(None)
        db.execute(update(Event).where(*waiting).values(spread_at=now))


def _listening(db: Session, events: Sequence[Told]) -> Sequence[Webhook]:
    projects = {event.project_id for event in events if event.project_id is not None}
    operators = {event.operator_id for event in events if event.operator_id is not None}
    whose = or_(Webhook.project_id.in_(projects), Webhook.operator_id.in_(operators))
    enabled = Webhook.status == "enabled", Webhook.deleted_at.is_(None)
    return db.scalars(select(Webhook).where(whose, *enabled)).all()


def _deliveries(event: Told, webhooks_: Sequence[Webhook]) -> Iterator[Values]:
    for webhook in webhooks_:
        if _hears(webhook, event) and webhooks.wants(webhook.events, event.type):
            yield delivery_of(webhook.id, event.id, event.type, in_order_of=event.subject_id)


def _hears(webhook: Webhook, event: Told) -> bool:
    if event.created_at < webhook.created_at:
        return False
    of_own_lots = (event.operator_id, event.world_id) == (webhook.operator_id, webhook.world_id)
    return of_own_lots or event.project_id == webhook.project_id


def delivery_of(webhook_id: UUID, event_id: UUID, event_type: str, *, in_order_of: UUID | None) -> Values:
    """Write down a delivery that is due at once."""
    now = clock.now()
    return {
        "id": uuid7(),
        "webhook_id": webhook_id,
        "event_id": event_id,
        "event_type": event_type,
        "in_order_of": in_order_of,
        "state": "pending",
        "attempts": 0,
        "due_at": now,
        "created_at": now,
    }
