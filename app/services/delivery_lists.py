"""What was sent to a webhook and what came of it, for its owner; trying it out, and sending once more."""

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import database
from app.domain.callers import Caller
from app.domain.errors import NotFound
from app.domain.idempotency import Once
from app.domain.webhooks import PING
from app.models import Delivery, DeliveryAttempt, Webhook
from app.presenters.deliveries import DeliveryFacts
from app.presenters.pages import Page
from app.services import audit, event_spreading, events, idempotency, rows, webhooks
from app.services.idempotency import Answer, Claim

Told = tuple[UUID, str]
"""The event to send, and its type."""


def page(caller: Caller, webhook_id: UUID, *, limit: int, cursor: UUID | None = None) -> Page[DeliveryFacts]:
    """Return what was sent to a webhook, newest first; raise NotFound for one that is not the project's."""
    wanted = select(Delivery).where(Delivery.webhook_id == webhook_id)
    if cursor is not None:
        wanted = wanted.where(Delivery.id < cursor)
    with database.reading() as db:
        webhooks.require(db, caller, webhook_id)
        found = list(db.scalars(wanted.order_by(Delivery.id.desc()).limit(limit + 1)))
        shown = _with_attempts(db, found[:limit])
    return Page(shown, next_cursor=str(found[limit - 1].id) if len(found) > limit else None)


def ping(caller: Caller, webhook_id: UUID, *, once: Once | None = None) -> Answer[Delivery]:
    """Send a webhook an event that says nothing, once, also while it is left alone after failures.

    Raise NotFound for one that is not the project's, Conflict for one that is not enabled.
    """

    def told(db: Session, webhook: Webhook) -> Told:
        webhook.paused_until = None
        return events.of_ping(db, webhook), PING

    return _sent(caller, webhook_id, "webhook.ping", told, once)


def redeliver(
    caller: Caller, webhook_id: UUID, delivery_id: UUID, *, once: Once | None = None
) -> Answer[Delivery]:
    """Send the event of a delivery once more: the same id, the same bytes, beside the order of the others.

    Raise NotFound for a delivery that is not the webhook's, and as `ping` does.
    """

    def told(db: Session, webhook: Webhook) -> Told:
        delivery = db.get(Delivery, delivery_id)
        if delivery is None or delivery.webhook_id != webhook.id:
            raise NotFound("There is no delivery with this id.")
        return delivery.event_id, delivery.event_type

    return _sent(caller, webhook_id, "webhook.redeliver", told, once)


def _sent(
    caller: Caller,
    webhook_id: UUID,
    action: str,
    told: Callable[[Session, Webhook], Told],
    once: Once | None,
) -> Answer[Delivery]:
    def work(claim: Claim) -> Delivery:
        with database.transaction() as db:
            webhook = webhooks.standing(db, caller, webhook_id)
            webhooks.require_enabled(webhook)
            event_id, event_type = told(db, webhook)
            row = event_spreading.delivery_of(webhook.id, event_id, event_type, in_order_of=None)
            claim.settle(db, row["id"])
            rows.add(db, Delivery, row)
            subject = ("webhook", webhook.id)
            audit.append(
                db,
                caller,
                action,
                operator_id=webhook.operator_id,
                subject=subject,
                diff={"event_id": event_id},
            )
            return db.get_one(Delivery, row["id"])

    return idempotency.perform(caller, once, work=work, again=_get)


def _get(delivery_id: str) -> Delivery:
    with database.reading() as db:
        return db.get_one(Delivery, UUID(delivery_id))


def _with_attempts(db: Session, deliveries: Sequence[Delivery]) -> list[DeliveryFacts]:
    wanted = select(DeliveryAttempt).where(
        DeliveryAttempt.delivery_id.in_([delivery.id for delivery in deliveries])
    )
    made: dict[UUID, list[DeliveryAttempt]] = {}
    for attempt in db.scalars(wanted.order_by(DeliveryAttempt.number)):
        made.setdefault(attempt.delivery_id, []).append(attempt)
    return [DeliveryFacts(delivery, made.get(delivery.id, [])) for delivery in deliveries]
