"""Deliveries: which are due, whose attempt it is, and what comes of it.

The rows are the truth. An attempt is taken by a conditional update, so of several workers one makes it; no
transaction is open while a receiver is waited for. What is told of one thing is told in its order: a delivery
waits for those before it to arrive or to be given up.
"""

import random
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, delete, exists, or_, select
from sqlalchemy.orm import Session, aliased

from app import database
from app.domain import clock, webhook_targets, webhooks
from app.domain.callers import ProjectKind
from app.domain.errors import BadRequest
from app.domain.ids import first_of
from app.domain.webhooks import Outcome
from app.gateways import webhook_delivery
from app.gateways.webhook_delivery import Message
from app.models import Delivery, DeliveryAttempt, Event, Project, Webhook
from app.services import installation, rows, webhook_secrets

LEASE = timedelta(seconds=60)
"""How long one attempt has a delivery to itself; the gateway's deadlines are 15 s together."""
TURN_SECONDS = 2.0
"""How long one receiver is sent to before the others have their turn."""
_AT_ONCE = 500

Candidate = Row[UUID, datetime, int]
"""A delivery, when it was due and how often it had been tried, as it was seen."""


@dataclass(frozen=True, slots=True)
class Task:
    """An attempt that was taken, with all that it needs, so that no transaction is open during it."""

    delivery_id: UUID
    webhook_id: UUID
    event_id: UUID
    event_type: str
    attempts: int
    """This one counted."""
    body: bytes
    url: str
    project_kind: ProjectKind
    secrets: Sequence[str]
    """Encrypted, the newest first."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """A receiver for which something is due."""

    webhook_id: UUID
    project_id: UUID
    failed_last: bool
    """Whether the last attempt at it came to nothing."""


def due_receivers(
    kind: ProjectKind,
    *,
    limit: int,
    besides: Collection[UUID] = (),
    not_of: Collection[UUID] = (),
    most_failures: int | None = None,
    after: UUID | None = None,
) -> Sequence[Receiver]:
    """List receivers of live or of sandbox projects for which something is due, and which may be sent to.

    Those that come after one by id, so that whoever asks on goes round; `besides` leaves some out, `not_of`
    those of some projects, and `most_failures` those of which more attempts in a row have failed.
    """
    due = exists().where(
        Delivery.webhook_id == Webhook.id, Delivery.state == "pending", Delivery.due_at <= clock.now()
    )
    wanted = (
        select(Webhook.id, Webhook.project_id, Webhook.failures)
        .join(Project, Project.id == Webhook.project_id)
        .where(Project.kind == kind, Webhook.id.not_in(besides), *_awake(), due)
        .where(Webhook.project_id.not_in(not_of))
    )
    if most_failures is not None:
        wanted = wanted.where(Webhook.failures <= most_failures)
    if after is not None:
        wanted = wanted.where(Webhook.id > after)
    with database.reading() as db:
        found = db.execute(wanted.order_by(Webhook.id).limit(limit)).all()
    return [Receiver(webhook_id, project_id, failures > 0) for webhook_id, project_id, failures in found]


def _awake() -> Sequence[ColumnElement[bool]]:
    """Say which receivers may be sent to now."""
    rested = or_(Webhook.paused_until.is_(None), Webhook.paused_until <= clock.now())
    return Webhook.status == "enabled", Webhook.deleted_at.is_(None), rested


def serve(webhook_id: UUID, *, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Give a receiver its turn: until something fails, all is told or time is up; return how much arrived."""
    ends_at, arrived = time.monotonic() + TURN_SECONDS, 0
    while goes_on() and time.monotonic() < ends_at and (task := _take(webhook_id)) is not None:
        if not _carry_out(task):
            break
        arrived += 1
    return arrived


def forget() -> int:
    """Delete what was told long ago, some at a time; return how many deliveries and events."""
    forgotten = 0
    while some := _forget_some():
        forgotten += some
    return forgotten


def _take(webhook_id: UUID) -> Task | None:
    """Take the attempt that is due longest; None where nothing is due."""
    while (candidate := _next(webhook_id)) is not None:
        task = _claim(candidate)
        if task is not None:
            return task
    return None


def _next(webhook_id: UUID) -> Candidate | None:
    earlier = aliased(Delivery)
    # It compares ids, which grow within a process; a change of one thing waits for the one before it.
    waits = exists().where(
        earlier.webhook_id == Delivery.webhook_id,
        earlier.in_order_of == Delivery.in_order_of,
        earlier.event_id < Delivery.event_id,
        earlier.state == "pending",
    )
    wanted = (
        select(Delivery.id, Delivery.due_at, Delivery.attempts)
        .join(Webhook, Webhook.id == Delivery.webhook_id)
        .where(Delivery.webhook_id == webhook_id, Delivery.state == "pending", *_awake())
        .where(Delivery.due_at <= clock.now(), ~waits)
        .order_by(Delivery.due_at, Delivery.event_id)
        .limit(1)
    )
    with database.reading() as db:
        return db.execute(wanted).first()


@database.retried
def _claim(candidate: Candidate) -> Task | None:
    """Take an attempt as it was seen, and read what it needs; None where another worker was faster."""
    seen = {**candidate._mapping, "state": "pending"}
    attempts = candidate.attempts + 1
    with database.transaction() as db:
        if not rows.change(db, Delivery, by=seen, to={"due_at": clock.now() + LEASE, "attempts": attempts}):
            return None
        return _task(db, candidate.id, attempts)


def _task(db: Session, delivery_id: UUID, attempts: int) -> Task:
    wanted = (
        select(Delivery, Event.body, Webhook, Project.kind)
        .join(Event, Event.id == Delivery.event_id)
        .join(Webhook, Webhook.id == Delivery.webhook_id)
        .join(Project, Project.id == Webhook.project_id)
        .where(Delivery.id == delivery_id)
    )
    delivery, body, webhook, kind = db.execute(wanted).one()
    return Task(
        delivery_id=delivery_id,
        webhook_id=webhook.id,
        event_id=delivery.event_id,
        event_type=delivery.event_type,
        attempts=attempts,
        body=body,
        url=webhook.url,
        project_kind=kind,
        secrets=_active(webhook),
    )


def _active(webhook: Webhook) -> list[str]:
    """Return the secrets that sign now: while one takes the place of the other, both."""
    previous, until = webhook.previous_secret, webhook.previous_until
    still = previous is not None and until is not None and until > clock.now()
    return [webhook.secret, previous] if still and previous else [webhook.secret]


def _carry_out(task: Task) -> bool:
    at = clock.now()
    try:
        outcome = _attempt(task, at)
    except webhook_secrets.WebhookKeyError:
        _give_back(task)
        raise
    _settle(task, outcome, at)
    return outcome.is_delivered


def _attempt(task: Task, at: datetime) -> Outcome:
    to_loopback = installation.settings().webhooks_to_loopback
    reach = webhook_targets.reach_of(task.project_kind, own_machine=to_loopback)
    try:
        target = webhook_targets.parse(task.url, reach)
    except BadRequest:  # it was taken under other settings
        return Outcome(duration_ms=0, failure="address_refused")
    secrets = [webhook_secrets.unseal(sealed) for sealed in task.secrets]
    message = Message(target, id=str(task.event_id), body=task.body, secrets=secrets, at=at)
    return webhook_delivery.delivery().deliver(message)


def _give_back(task: Task) -> None:
    """Let an attempt that could not be signed count as none; it is made again when its lease is over."""
    mine = {"id": task.delivery_id, "state": "pending", "attempts": task.attempts}
    with database.transaction() as db:
        rows.change(db, Delivery, by=mine, to={"attempts": task.attempts - 1})


@database.retried
def _settle(task: Task, outcome: Outcome, at: datetime) -> None:
    """Write down what came of an attempt; nothing, where it took so long that another one was taken."""
    mine = {"id": task.delivery_id, "state": "pending", "attempts": task.attempts}
    with database.transaction() as db:
        # The receiver before its deliveries, as whoever deletes one does, so that nobody waits in a circle.
        webhook = db.get_one(Webhook, task.webhook_id, with_for_update={"key_share": True})
        if not rows.change(db, Delivery, by=mine, to=_consequence(task, outcome)):
            return
        rows.add(db, DeliveryAttempt, _report(task, outcome, at))
        if webhook.url == task.url:  # else it says nothing of the one that took its place
            _note_health(webhook, outcome)


def _consequence(task: Task, outcome: Outcome) -> dict[str, Any]:
    now = clock.now()
    # What is tried out by hand is tried once: whoever did it waits for the answer.
    given_up = task.event_type == webhooks.PING and not outcome.is_delivered
    verdict = "failed" if given_up else webhooks.verdict(outcome, attempts=task.attempts)
    if verdict == "again":
        chance = random.random()  # noqa: S311 -- it spreads load, it guards nothing
        due_at = webhooks.next_attempt_at(now, outcome, attempts=task.attempts, chance=chance)
        return {"due_at": due_at}
    return {"state": verdict, "finished_at": now}


def _report(task: Task, outcome: Outcome, at: datetime) -> dict[str, Any]:
    return {
        "delivery_id": task.delivery_id,
        "number": task.attempts,
        "at": at,
        "duration_ms": outcome.duration_ms,
        "status": outcome.status,
        "failure": outcome.failure,
        "excerpt": outcome.excerpt,
    }


def _note_health(webhook: Webhook, outcome: Outcome) -> None:
    """Leave a receiver alone that fails again and again, and for good one that is gone."""
    webhook.failures = 0 if outcome.is_delivered else webhook.failures + 1
    pause = webhooks.pause_after(webhook.failures)
    webhook.paused_until = None if pause is None else clock.now() + pause
    if outcome.is_gone:
        webhook.status = "gone"


def _forget_some() -> int:
    old = first_of(webhooks.KEPT_FOR.total_seconds())
    with database.transaction() as db:
        deliveries = db.scalars(select(Delivery.id).where(Delivery.id < old).limit(_AT_ONCE)).all()
        db.execute(delete(DeliveryAttempt).where(DeliveryAttempt.delivery_id.in_(deliveries)))
        db.execute(delete(Delivery).where(Delivery.id.in_(deliveries)))
        told = exists().where(Delivery.event_id == Event.id)
        events = db.scalars(select(Event.id).where(Event.id < old, ~told).limit(_AT_ONCE)).all()
        db.execute(delete(Event).where(Event.id.in_(events)))
        return len(deliveries) + len(events)
