"""What the contract says of events."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from parkgraph.model import Model
from parkgraph.models.disputes import Dispute
from parkgraph.models.refunds import Refund
from parkgraph.models.sessions import SessionStatus

EventType = Literal[
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
]
"""What happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPayment(Model):
    """What became of the money by then."""

    status: (
        Literal[
            "requires_authorization",
            "authorized",
            "captured",
            "partially_refunded",
            "refunded",
            "released",
            "failed",
            "past_due",
        ]
        | str
    )
    """The state of the payment."""
    authorized: Decimal
    """What was held."""
    captured: Decimal | None = None
    """What was taken, once the session is over."""
    underauthorised: bool | None = None
    """Always true, and absent unless the driver has to authorise more."""
    disputed: Decimal | None = None
    """What the driver's bank has of it in disputes, if it has some."""
    refunded: Decimal | None = None
    """What went back of it, once some did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSession(Model):
    """A session as it was then, without plate, email and code."""

    id: str
    """The session's id."""
    lot_id: str
    """The lot's id."""
    status: SessionStatus | str
    """`active` until it is ended, or `expired` when nobody authorised the hold in time."""
    currency: str
    """The currency of all amounts beside it (ISO 4217)."""
    started_at: datetime
    """When the stay began."""
    planned_end_at: datetime
    """When the stay is planned to end; if nobody ends it, it runs on."""
    latest_end_at: datetime
    """When the session ends by itself, after the longest stay that the lot allowed when it began. Until
    then it runs on after its planned end, and its price with it.
    """
    payment: EventPayment
    """What became of the money by then."""
    ended_at: datetime | None = None
    """When the stay ended; absent until then."""
    duration_hours: float | None = None
    """How long the stay was, in hours."""
    subtotal: Decimal | None = None
    """What the stay cost."""
    owner_payout: Decimal | None = None
    """The operator's part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLot(Model):
    """A lot that was changed."""

    id: str
    """The lot's id."""
    action: (
        Literal["lot.create", "lot.update", "lot.import", "lot.delete", "rates.set", "agent_access.set"] | str
    )
    """What was done to it, in the words of the audit log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAvailability(Model):
    """What a report of the operator's changed."""

    lot_id: str
    """The lot's id."""
    available: int
    """How many spaces are free now."""
    capacity: int
    """How many spaces there are."""
    occupied_elsewhere: int
    """Cars that are not ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventApiKey(Model):
    """A key that took the place of another."""

    id: str
    """The key's id, which is not the key."""
    replaces: str
    """The key's id, which is not the key."""
    last_four: str
    """The last four characters of the key, to tell keys apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventData(Model):
    """What it is about; the property is named by the beginning of the type, or is the session of a
    payment.
    """

    session: EventSession | None = None
    """A session as it was then, without plate, email and code."""
    refund: Refund | None = None
    """Captured money that goes back to the driver."""
    dispute: Dispute | None = None
    """Captured money that a driver's bank took back, or asks about."""
    lot: EventLot | None = None
    """A lot that was changed."""
    availability: EventAvailability | None = None
    """What a report of the operator's changed."""
    api_key: EventApiKey | None = None
    """A key that took the place of another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Model):
    """Something that happened. `type`, `timestamp` and `data` are what a webhook is sent."""

    id: str
    """The event's id, which is the `webhook-id` of every attempt to send it."""
    type: EventType | str
    """What happened."""
    timestamp: datetime
    """When it happened."""
    data: EventData
    """What it is about; the property is named by the beginning of the type, or is the session of a
    payment.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage(Model):
    """One page of events."""

    data: list[Event]
    """The events of this page."""
    next_cursor: str | None = None
    """Where a page ends. Pass it back as it is."""
