"""Receivers of events, and what was sent to them."""

from collections.abc import Sequence

from parkgraph.answers import Answer
from parkgraph.calls import call
from parkgraph.model import UNCHANGED, Unchanged
from parkgraph.models import (
    ChangedWebhook,
    Delivery,
    DeliveryPage,
    EventType,
    NewDelivery,
    NewWebhook,
    Webhook,
    WebhookPage,
)
from parkgraph.operations import (
    CREATE_WEBHOOK,
    DELETE_WEBHOOK,
    LIST_DELIVERIES,
    LIST_WEBHOOKS,
    PING_WEBHOOK,
    REDELIVER,
    UPDATE_WEBHOOK,
)
from parkgraph.pages import Pages
from parkgraph.readings import inside, nothing, whole
from parkgraph.resource import Resource


class WebhooksResource(Resource):
    """Receivers of events, and what was sent to them."""

    def list_webhooks(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Pages[WebhookPage, Webhook]:
        """List the project's webhooks.

        Answers the webhooks of the caller's project, newest first, never their secrets. Pass `next_cursor` as
        `cursor` for the next page; the last page has none.

        Args:
            limit: How many entries a page has at most. Iterating reads on, page after page.
            cursor: Where to begin: the `next_cursor` of a page. Left out, at the start; iterating needs
                none.
        """
        asked = call(LIST_WEBHOOKS, whole(WebhookPage), query={"limit": limit, "cursor": cursor})
        return Pages(self._send, asked, entries=lambda page: page.data)

    def create_webhook(
        self, *, url: str, events: Sequence[EventType | str], idempotency_key: str | None = None
    ) -> NewWebhook:
        """Create a webhook.

        Lets events of the types named be sent to an address, signed by Standard Webhooks. The secret is in
        this answer only. An address that is not a public https one is a 400 (a sandbox may use http), a 21st
        webhook of a project a 409.

        Args:
            url: Where events are posted to; a public https address, at port 443 or 8443, without user
                name or fragment.
            events: The types of events to send.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return self._send(
            call(
                CREATE_WEBHOOK,
                inside("webhook", NewWebhook),
                body={"url": url, "events": events},
                idempotency_key=idempotency_key,
            )
        )

    def delete_webhook(self, webhook_id: str, *, idempotency_key: str | None = None) -> Answer:
        """Delete a webhook.

        Sends nothing more to an address, at once and for good. What was on its way is given up.

        Args:
            webhook_id: The webhook's id, as given by create_webhook.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return self._send(
            call(DELETE_WEBHOOK, nothing, path={"webhook_id": webhook_id}, idempotency_key=idempotency_key)
        )

    def update_webhook(
        self,
        webhook_id: str,
        *,
        url: str | Unchanged = UNCHANGED,
        events: Sequence[EventType | str] | Unchanged = UNCHANGED,
        enabled: bool | Unchanged = UNCHANGED,
        rotate_secret: bool | Unchanged = UNCHANGED,
        idempotency_key: str | None = None,
    ) -> ChangedWebhook:
        """Change a webhook.

        Changes what is given. `rotate_secret` makes a new secret, shown in this answer only; for 24 hours
        events are signed with the old one too. `enabled` true also ends a pause after failures.

        Args:
            webhook_id: The webhook's id, as given by create_webhook.
            url: Where events are posted to; a public https address, at port 443 or 8443, without user
                name or fragment.
            events: The types of events to send.
            enabled: Whether events are sent. What happens while they are not is not sent later, but stays
                in list_events.
            rotate_secret: Whether to make a new secret, beside which the present one signs for 24 hours
                more.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return self._send(
            call(
                UPDATE_WEBHOOK,
                inside("webhook", ChangedWebhook),
                path={"webhook_id": webhook_id},
                body={"url": url, "events": events, "enabled": enabled, "rotate_secret": rotate_secret},
                idempotency_key=idempotency_key,
            )
        )

    def ping_webhook(self, webhook_id: str, *, idempotency_key: str | None = None) -> NewDelivery:
        """Try out a webhook.

        Sends an event `webhook.ping` within seconds, once, also during a pause after failures. What came of
        it is in list_deliveries. A webhook that is not enabled is a 409.

        Args:
            webhook_id: The webhook's id, as given by create_webhook.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return self._send(
            call(
                PING_WEBHOOK,
                inside("delivery", NewDelivery),
                path={"webhook_id": webhook_id},
                idempotency_key=idempotency_key,
            )
        )

    def list_deliveries(
        self, webhook_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Pages[DeliveryPage, Delivery]:
        """List a webhook's deliveries.

        Answers what was sent to a webhook in the last 30 days, newest first, with every attempt: status, time
        taken, and the beginning of the receiver's answer. Pass `next_cursor` as `cursor` for the next page;
        the last page has none.

        Args:
            webhook_id: The webhook's id, as given by create_webhook.
            limit: How many entries a page has at most. Iterating reads on, page after page.
            cursor: Where to begin: the `next_cursor` of a page. Left out, at the start; iterating needs
                none.
        """
        asked = call(
            LIST_DELIVERIES,
            whole(DeliveryPage),
            path={"webhook_id": webhook_id},
            query={"limit": limit, "cursor": cursor},
        )
        return Pages(self._send, asked, entries=lambda page: page.data)

    def redeliver(
        self, webhook_id: str, *, delivery_id: str, idempotency_key: str | None = None
    ) -> NewDelivery:
        """Send an event once more.

        Sends the event of a delivery again, with the same id and the same bytes, at once and beside the order
        of the others. A webhook that is not enabled is a 409.

        Args:
            webhook_id: The webhook's id, as given by create_webhook.
            delivery_id: The delivery's id, as given by list_deliveries.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return self._send(
            call(
                REDELIVER,
                inside("delivery", NewDelivery),
                path={"webhook_id": webhook_id, "delivery_id": delivery_id},
                idempotency_key=idempotency_key,
            )
        )
