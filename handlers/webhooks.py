"""Webhooks: create, list, change, delete, try out, and what was sent to them."""

from typing import Any
from uuid import UUID

from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.presenters import answers, deliveries, pages
from app.presenters.webhooks import present, present_changed, present_new
from app.services import delivery_lists, webhooks
from app.services.webhooks import Wishes


def create_webhook(user: Caller, body: dict[str, Any], once: Once | None = None) -> answers.Response:
    """Let events be sent to an address and show its secret this once."""
    answer = webhooks.create(user, url=body["url"], events=body["events"], once=once)
    webhook = present_new(answer.value.webhook, answer.value.secret)
    return {"webhook": webhook}, 201, answers.headers(answer.replayed)


def list_webhooks(user: Caller, limit: int = 20, cursor: str | None = None) -> dict[str, Any]:
    """List the webhooks of the caller's project, newest first."""
    page = webhooks.page(user, limit=limit, cursor=None if cursor is None else UUID(cursor))
    return pages.present(page, present)


def update_webhook(
    user: Caller, webhook_id: str, body: dict[str, Any], once: Once | None = None
) -> answers.Response:
    """Change what is given of a webhook; a new secret is shown this once."""
    answer = webhooks.change(user, UUID(webhook_id), Wishes(**body), once=once)
    webhook = present_changed(answer.value.webhook, answer.value.secret)
    return {"webhook": webhook}, 200, answers.headers(answer.replayed)


def delete_webhook(
    user: Caller, webhook_id: str, once: Once | None = None
) -> tuple[None, int, dict[str, str]]:
    """Send nothing more to an address."""
    answer = webhooks.delete(user, UUID(webhook_id), once=once)
    return None, 204, answers.headers(answer.replayed)


def ping_webhook(user: Caller, webhook_id: str, once: Once | None = None) -> answers.Response:
    """Send a webhook an event that says nothing."""
    answer = delivery_lists.ping(user, UUID(webhook_id), once=once)
    return {"delivery": deliveries.present_new(answer.value)}, 201, answers.headers(answer.replayed)


def list_deliveries(
    user: Caller, webhook_id: str, limit: int = 20, cursor: str | None = None
) -> dict[str, Any]:
    """List what was sent to a webhook, newest first."""
    after = None if cursor is None else UUID(cursor)
    page = delivery_lists.page(user, UUID(webhook_id), limit=limit, cursor=after)
    return pages.present(page, deliveries.present)


def redeliver(user: Caller, webhook_id: str, delivery_id: str, once: Once | None = None) -> answers.Response:
    """Send the event of a delivery once more."""
    answer = delivery_lists.redeliver(user, UUID(webhook_id), UUID(delivery_id), once=once)
    return {"delivery": deliveries.present_new(answer.value)}, 201, answers.headers(answer.replayed)
