"""Events that are told to others: what happened, who wants to hear of it, and how the telling went."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base

_WAITING = text("spread_at IS NULL")
_PENDING = text("state = 'pending'")
_IN_ORDER = text("in_order_of IS NOT NULL")


class Event(Base):
    """Something that happened, with the bytes that tell of it; it never changes, and names no person."""

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "project_id", "id"),
        Index(None, "operator_id", "world_id", "id"),
        Index("ix_events_waiting", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(String(40))
    world_id: Mapped[UUID]
    operator_id: Mapped[UUID | None]
    """Whose lot it is about; all of that operator's projects of the world hear of it."""
    project_id: Mapped[UUID | None]
    """Whose session or key it is about."""
    subject_id: Mapped[UUID]
    """What it is about; events about one thing are told in their order."""
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    spread_at: Mapped[datetime | None]
    """When the deliveries of it were written down; None until then."""


class Webhook(Base):
    """A receiver of a project's events."""

    __tablename__ = "webhooks"
    __table_args__ = (
        CheckConstraint("status IN ('enabled', 'disabled', 'gone')", name="status"),
        Index(None, "project_id", "id"),
        Index(None, "operator_id", "world_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    operator_id: Mapped[UUID]
    world_id: Mapped[UUID]
    url: Mapped[str] = mapped_column(String(1000))
    events: Mapped[list[str]]
    status: Mapped[str] = mapped_column(String(10), default="enabled")
    secret: Mapped[str] = mapped_column(String(300))
    """Encrypted, as the one below is."""
    previous_secret: Mapped[str | None] = mapped_column(String(300))
    previous_until: Mapped[datetime | None]
    """Until when events are signed with the previous secret, too."""
    failures: Mapped[int] = mapped_column(default=0)
    """How many attempts failed since the last one that did not."""
    paused_until: Mapped[datetime | None]
    """Until when nothing is tried, after too many failures."""
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class Delivery(Base):
    """One event on its way to one receiver."""

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'delivered', 'failed')", name="state"),
        Index(None, "webhook_id", "id"),
        Index(
            "uq_deliveries_once",
            "webhook_id",
            "event_id",
            unique=True,
            sqlite_where=_IN_ORDER,
            postgresql_where=_IN_ORDER,
        ),
        Index("ix_deliveries_due", "webhook_id", "due_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
        Index(
            "ix_deliveries_order",
            "webhook_id",
            "in_order_of",
            "event_id",
            sqlite_where=_PENDING,
            postgresql_where=_PENDING,
        ),
        Index(None, "event_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhooks.id"))
    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id"))
    event_type: Mapped[str] = mapped_column(String(40))
    in_order_of: Mapped[UUID | None]
    """What the event is about; None for what was asked for by hand and waits for nothing before it."""
    state: Mapped[str] = mapped_column(String(10), default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    """When to try next, in real time."""
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class DeliveryAttempt(Base):
    """One try of a delivery, and what came of it."""

    __tablename__ = "delivery_attempts"

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    duration_ms: Mapped[int]
    status: Mapped[int | None]
    failure: Mapped[str | None] = mapped_column(String(30))
    excerpt: Mapped[str] = mapped_column(String(200))
