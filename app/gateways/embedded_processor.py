"""What only the embedded processor can do: worlds, their clocks, its outbox and its books.

Where its file is busy or broken, ServiceUnavailable is raised.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID
from wsgiref.types import WSGIApplication

from app.domain.errors import ServiceUnavailable
from app.domain.money import Money
from app.gateways import stripe_events
from app.gateways.amounts import from_stripe
from stripe_sandbox import Sandbox, StoreError

WEBHOOK_URL = "https://park-graph.invalid/api/v1/webhooks/stripe"
"""Where events are addressed; the worker carries them to our own route, whatever its address is."""


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """A signed event that waits to be delivered; `id` names the delivery, not the event."""

    id: int
    type: str
    payload: bytes
    signature: str


@dataclass(frozen=True, slots=True)
class Books:
    """What the processor holds of some payments; nothing at all has no currency, and so no sums."""

    authorized: Money
    captured: Money
    fee: Money
    released: Money
    refunded: Money
    disputed: Money


class EmbeddedProcessor(Protocol):
    """The processor that lives in this process and moves no money."""

    def open_world(self, world: UUID | str) -> str:
        """Make a world with a connected account, unless it exists; return the account's id."""
        ...

    def advance(self, world: UUID | str, *, seconds: int) -> datetime:
        """Move a world's clock ahead, let its holds run out, and return its time."""
        ...

    def set_clock(self, world: UUID | str, at: datetime) -> datetime:
        """Move a world's clock to an instant, never back, and return its time."""
        ...

    def pending_events(self, *, limit: int = 100) -> Sequence[PendingEvent]:
        """Return the events of every world that wait to be delivered, oldest first."""
        ...

    def mark_delivered(self, ids: Sequence[int]) -> None:
        """Remember that these were taken."""
        ...

    def mark_failed(self, ids: Sequence[int]) -> None:
        """Put these off, longer each time, for up to three days."""
        ...

    def books(self, world: UUID | str, payment_intent_ids: Sequence[str]) -> Books | None:
        """Return what the processor holds of these payments, or None for none; raise LookupError."""
        ...

    def for_browsers(self) -> WSGIApplication:
        """Return the application that serves pages: the card form's script, and what their key may ask."""
        ...


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except (StoreError, sqlite3.Error) as error:
        message = "The embedded payment processor does not answer. Try again shortly."
        raise ServiceUnavailable(message, headers={"Retry-After": "1"}) from error


class SandboxProcessor:
    """Implement EmbeddedProcessor with the sandbox, in our own money and instants."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    @_asking()
    def open_world(self, world: UUID | str) -> str:
        """Make a world with a connected account, unless it exists; return the account's id."""
        return self._sandbox.open_world(
            str(world), webhook_url=WEBHOOK_URL, enabled_events=stripe_events.TYPES
        )

    @_asking()
    def advance(self, world: UUID | str, *, seconds: int) -> datetime:
        """Move a world's clock ahead, let its holds run out, and return its time."""
        return _instant(self._sandbox.advance(str(world), seconds=seconds))

    @_asking()
    def set_clock(self, world: UUID | str, at: datetime) -> datetime:
        """Move a world's clock to an instant, never back, and return its time."""
        return _instant(self._sandbox.set_clock(str(world), int(at.timestamp())))

    @_asking()
    def pending_events(self, *, limit: int = 100) -> Sequence[PendingEvent]:
        """Return the events of every world that wait to be delivered, oldest first."""
        return [
            PendingEvent(event.delivery, event.type, event.payload, event.signature)
            for event in self._sandbox.pending_events(limit=limit)
        ]

    @_asking()
    def mark_delivered(self, ids: Sequence[int]) -> None:
        """Remember that these were taken."""
        self._sandbox.mark_delivered(ids)

    @_asking()
    def mark_failed(self, ids: Sequence[int]) -> None:
        """Put these off, longer each time, for up to three days."""
        self._sandbox.mark_failed(ids)

    @_asking()
    def books(self, world: UUID | str, payment_intent_ids: Sequence[str]) -> Books | None:
        """Return what the processor holds of these payments, or None for none; raise LookupError."""
        kept = self._sandbox.books(str(world), payment_intent_ids)
        if kept.currency is None:
            return None
        return Books(
            authorized=from_stripe(kept.authorized, kept.currency),
            captured=from_stripe(kept.captured, kept.currency),
            fee=from_stripe(kept.fee, kept.currency),
            released=from_stripe(kept.released, kept.currency),
            refunded=from_stripe(kept.refunded, kept.currency),
            disputed=from_stripe(kept.disputed, kept.currency),
        )

    def for_browsers(self) -> WSGIApplication:
        """Return the application that serves pages: the card form's script, and what their key may ask."""
        return self._sandbox.browser


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
