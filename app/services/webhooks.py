"""Webhooks: where a project's events are sent, with which secret, and whether they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from app import database
from app.domain import clock, webhook_targets, webhooks
from app.domain.callers import Caller, ProjectRef
from app.domain.errors import BadRequest, Conflict, NotFound
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from app.domain.webhook_targets import Target
from app.gateways import webhook_delivery
from app.models import Delivery, Webhook
from app.presenters.pages import Page
from app.services import audit, idempotency, installation, projects, webhook_secrets
from app.services.idempotency import Answer, Claim

MOST_PER_PROJECT = 20
"""Each of them multiplies what is sent for one event."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A webhook, with the secret that only the answer that made it shows."""

    webhook: Webhook
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What to change; None leaves it as it is."""

    url: str | None = None
    events: Sequence[str] | None = None
    enabled: bool | None = None
    rotate_secret: bool = False


def create(caller: Caller, *, url: str, events: Sequence[str], once: Once | None = None) -> Answer[Shown]:
    """Let events of these types be sent to an address.

    Raise BadRequest for an address that none are sent to, Conflict where a project has twenty already.
    """
    project = projects.of(caller)

    def work(claim: Claim) -> Shown:
        target = _reachable(project, url)
        secret, webhook_id = webhooks.new_secret(), uuid7()
        with database.transaction() as db:
            claim.settle(db, webhook_id)
            _require_room(db, project)
            webhook = _add(db, project, id=webhook_id, url=url, events=list(events), secret=secret)
            _note(db, caller, "webhook.create", webhook, {"host": target.host, "events": list(events)})
            return Shown(webhook, secret)

    return idempotency.perform(caller, once, work=work, again=_shown_again)


def page(caller: Caller, *, limit: int, cursor: UUID | None = None) -> Page[Webhook]:
    """Return the webhooks of the caller's project, newest first."""
    wanted = select(Webhook).where(Webhook.project_id == projects.of(caller).id, Webhook.deleted_at.is_(None))
    if cursor is not None:
        wanted = wanted.where(Webhook.id < cursor)
    with database.reading() as db:
        found = list(db.scalars(wanted.order_by(Webhook.id.desc()).limit(limit + 1)))
    shown = found[:limit]
    return Page(shown, next_cursor=str(shown[-1].id) if len(found) > limit else None)


def change(caller: Caller, webhook_id: UUID, wishes: Wishes, *, once: Once | None = None) -> Answer[Shown]:
    """Change what is wished of a webhook and leave the rest.

    Raise NotFound for one that is not the project's, BadRequest for an address that nothing is sent to.
    """
    project = projects.of(caller)

    def work(claim: Claim) -> Shown:
        if wishes.url is not None:
            _reachable(project, wishes.url)
        with database.transaction() as db:
            claim.settle(db, webhook_id)
            webhook = standing(db, caller, webhook_id)
            diff = _apply(webhook, wishes)
            secret = _rotate(webhook) if wishes.rotate_secret else None
            if diff or secret:
                _note(db, caller, "webhook.change", webhook, diff | {"secret_rotated": secret is not None})
            return Shown(webhook, secret)

    return idempotency.perform(caller, once, work=work, again=_shown_again)


def delete(caller: Caller, webhook_id: UUID, *, once: Once | None = None) -> Answer[None]:
    """Send nothing more to an address, for good; raise NotFound for one that is not the project's."""

    def work(claim: Claim) -> None:
        with database.transaction() as db:
            claim.settle(db, webhook_id)
            webhook = standing(db, caller, webhook_id)
            webhook.deleted_at = clock.now()
            pending = Delivery.webhook_id == webhook_id, Delivery.state == "pending"
            given_up = {"state": "failed", "finished_at": clock.now()}
            db.execute(update(Delivery).where(*pending).values(**given_up))
            _note(db, caller, "webhook.delete", webhook, {})

    return idempotency.perform(caller, once, work=work, again=lambda _: None)


def standing(db: Session, caller: Caller, webhook_id: UUID) -> Webhook:
    """Lock a webhook of the caller's project; raise NotFound for any other."""
    webhook = db.scalars(_theirs(caller, webhook_id).with_for_update()).first()
    if webhook is None:
        raise _no_such_webhook()
    return webhook


def require(db: Session, caller: Caller, webhook_id: UUID) -> None:
    """Raise NotFound for a webhook that is not the caller's project's."""
    if db.scalars(_theirs(caller, webhook_id)).first() is None:
        raise _no_such_webhook()


def require_enabled(webhook: Webhook) -> None:
    """Raise Conflict for a webhook that nothing is sent to."""
    if webhook.status != "enabled":
        raise Conflict.of("webhook_id", "This webhook is not enabled. Enable it with updateWebhook.")


def _theirs(caller: Caller, webhook_id: UUID) -> Select[Webhook]:
    mine = Webhook.project_id == projects.of(caller).id, Webhook.deleted_at.is_(None)
    return select(Webhook).where(Webhook.id == webhook_id, *mine)


def _no_such_webhook() -> NotFound:
    return NotFound("There is no webhook with this id.")


def _reachable(project: ProjectRef, url: str) -> Target:
    to_loopback = installation.settings().webhooks_to_loopback
    target = webhook_targets.parse(url, webhook_targets.reach_of(project.kind, own_machine=to_loopback))
    if not webhook_delivery.delivery().may_be_reached(target):
        raise BadRequest.of(webhook_targets.FIELD, "This name leads to an address that is not public.")
    return target


def _require_room(db: Session, project: ProjectRef) -> None:
    projects.locked(db, project.id)
    theirs = Webhook.project_id == project.id, Webhook.deleted_at.is_(None)
    if (db.scalar(select(func.count()).select_from(Webhook).where(*theirs)) or 0) >= MOST_PER_PROJECT:
        raise Conflict(f"A project has at most {MOST_PER_PROJECT} webhooks. Delete one that is not needed.")


def _add(db: Session, project: ProjectRef, *, secret: str, **facts: Any) -> Webhook:
    webhook = Webhook(
        project_id=project.id,
        operator_id=project.operator_id,
        world_id=project.world_id,
        secret=webhook_secrets.seal(secret),
        created_at=clock.now(),
        **facts,
    )
    db.add(webhook)
    db.flush()
    return webhook


def _apply(webhook: Webhook, wishes: Wishes) -> dict[str, Any]:
    """Set what is wished, and return what differs; an address may hold a secret, so no log shows it."""
    status = webhook.status if wishes.enabled is None else ("enabled" if wishes.enabled else "disabled")
    new: Mapping[str, Any] = {
        "url": webhook.url if wishes.url is None else wishes.url,
        "events": webhook.events if wishes.events is None else list(wishes.events),
        "status": status,
    }
    diff = {name: [getattr(webhook, name), value] for name, value in new.items()}
    for name, value in new.items():
        setattr(webhook, name, value)
    if wishes.enabled or wishes.url is not None:
        webhook.failures, webhook.paused_until = 0, None
    changed = {name: values for name, values in diff.items() if values[0] != values[1]}
    return {name: "changed" if name == "url" else values for name, values in changed.items()}


def _rotate(webhook: Webhook) -> str:
    """Let a new secret take the place of the present one, which goes on to sign beside it for a day."""
    secret = webhooks.new_secret()
    webhook.previous_secret = webhook.secret
    webhook.previous_until = clock.now() + webhooks.BOTH_SECRETS_FOR
    webhook.secret = webhook_secrets.seal(secret)
    return secret


def _shown_again(webhook_id: str) -> Shown:
    with database.reading() as db:
        return Shown(db.get_one(Webhook, UUID(webhook_id)))


def _note(db: Session, caller: Caller, action: str, webhook: Webhook, diff: Mapping[str, Any]) -> None:
    audit.append(
        db,
        caller,
        action,
        operator_id=webhook.operator_id,
        subject=("webhook", webhook.id),
        diff=diff,
    )
