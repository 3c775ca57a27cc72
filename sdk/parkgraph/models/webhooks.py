"""What the contract says of webhooks."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from parkgraph.model import Model
from parkgraph.models.events import EventType

WebhookStatus = Literal["enabled", "disabled", "gone"]
"""Whether events are sent. `gone` is a receiver that answered 410; enable it to try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery(Model):
    """An event on its way to a webhook."""

    id: str
    """The delivery's id."""
    webhook_id: str
    """The webhook's id."""
    event_id: str
    """The event's id, which is the `webhook-id` of every attempt to send it."""
    created_at: datetime
    """When the event was put on its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Model):
    """One attempt. It has the receiver's `status`, or the `failure` that kept one from coming."""

    number: int
    """Which attempt it was."""
    at: datetime
    """When the attempt was made."""
    duration_ms: int
    """How long it took."""
    status: int | None = None
    """What the receiver answered; 2xx is delivered."""
    failure: (
        Literal[
            "name_not_found", "address_refused", "connection_failed", "tls_failed", "timed_out", "not_http"
        ]
        | str
        | None
    ) = None
    """Why no answer came. `address_refused` is a name that leads to an address that is not public."""
    excerpt: str | None = None
    """The beginning of what the receiver said, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Model):
    """One event on its way to one webhook, with every attempt so far."""

    id: str
    """The delivery's id."""
    event_id: str
    """The event's id, which is the `webhook-id` of every attempt to send it."""
    event_type: (
        Literal[
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
            "webhook.ping",
        ]
        | str
    )
    """The type of the event."""
    state: Literal["pending", "delivered", "failed"] | str
    """Whether it arrived (`delivered`), was given up (`failed`), or is still tried (`pending`)."""
    created_at: datetime
    """When the event was put on its way."""
    next_attempt_at: datetime | None = None
    """When it is tried next; absent once it arrived or was given up."""
    attempts: list[Attempt]
    """The attempts, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPage(Model):
    """One page of deliveries."""

    data: list[Delivery]
    """The deliveries of this page."""
    next_cursor: str | None = None
    """Where a page ends. Pass it back as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook(Model):
    """A receiver of events. `paused_until` is there while it is left alone after failures."""

    id: str
    """The webhook's id."""
    url: str
    """Where events are posted to; a public https address, at port 443 or 8443, without user name or
    fragment.
    """
    events: list[EventType | str]
    """The types of events to send."""
    status: WebhookStatus | str
    """Whether events are sent. `gone` is a receiver that answered 410; enable it to try again."""
    created_at: datetime
    """When the webhook was made."""
    previous_secret_until: datetime | None = None
    """Until when the previous secret signs as well; absent where none does."""
    paused_until: datetime | None = None
    """Until when the receiver is left alone after failures; absent where it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPage(Model):
    """One page of webhooks."""

    data: list[Webhook]
    """The webhooks of this page."""
    next_cursor: str | None = None
    """Where a page ends. Pass it back as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhook(Model):
    """A webhook just made. A replayed answer leaves `secret` out."""

    id: str
    """The webhook's id."""
    url: str
    """Where events are posted to; a public https address, at port 443 or 8443, without user name or
    fragment.
    """
    events: list[EventType | str]
    """The types of events to send."""
    created_at: datetime
    """When the webhook was made."""
    secret: str | None = field(default=None, repr=False)
    """The secret that verifies signatures, shown once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedWebhook(Model):
    """A webhook after a change, with its secret where a new one was made and is shown."""

    id: str
    """The webhook's id."""
    url: str
    """Where events are posted to; a public https address, at port 443 or 8443, without user name or
    fragment.
    """
    events: list[EventType | str]
    """The types of events to send."""
    status: WebhookStatus | str
    """Whether events are sent. `gone` is a receiver that answered 410; enable it to try again."""
    created_at: datetime
    """When the webhook was made."""
    previous_secret_until: datetime | None = None
    """Until when the previous secret signs as well; absent where none does."""
    paused_until: datetime | None = None
    """Until when the receiver is left alone after failures; absent where it is not."""
    secret: str | None = field(default=None, repr=False)
    """The secret that verifies signatures, shown once."""
