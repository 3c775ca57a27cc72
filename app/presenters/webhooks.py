"""Webhooks, as the contract shows them."""

from typing import Any

from app.domain import clock
from app.models import Webhook
from app.presenters.instants import instant


def present(webhook: Webhook) -> dict[str, Any]:
    """Return a webhook without its secrets; what does not hold any more is absent."""
    shown = {**_facts(webhook), "status": webhook.status}
    moments = {"previous_secret_until": webhook.previous_until, "paused_until": webhook.paused_until}
    now = clock.now()
    return shown | {name: instant(at) for name, at in moments.items() if at is not None and at > now}


def present_changed(webhook: Webhook, secret: str | None) -> dict[str, Any]:
    """Return a webhook after a change, with a new secret where this answer may show it."""
    return present(webhook) | _once(secret)


def present_new(webhook: Webhook, secret: str | None) -> dict[str, Any]:
    """Return a webhook just made, with its secret where this answer may show it."""
    return _facts(webhook) | _once(secret)


def _facts(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": str(webhook.id),
        "url": webhook.url,
        "events": list(webhook.events),
        "created_at": instant(webhook.created_at),
    }


def _once(secret: str | None) -> dict[str, str]:
    return {} if secret is None else {"secret": secret}
