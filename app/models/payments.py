"""Holds, the operations on them that are rows before they are calls, and the processor's events."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base

IS_HELD = text("status = 'requires_capture'")
_TO_RENEW = text("status = 'requires_capture' AND renew_at IS NOT NULL")
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_OPEN = text(
    "status IN ('requires_payment_method', 'requires_confirmation', 'requires_action', 'requires_capture')"
)
OPEN_AT_THE_PROCESSOR = text(f"holds.{_OPEN.text}")
"""Holds of which something may still become; written out, so that a database sees which index has them."""
_CAPTURED = "status = 'succeeded'"
CAPTURED = text(f"holds.{_CAPTURED}")
"""Holds of which money was taken; written out for the same reason."""
_MAY_GO_BACK = text(f"{_CAPTURED} AND compare_at IS NOT NULL")

_PENDING = text("state = 'pending'")
_ONCE = text("state <> 'failed' AND kind IN ('create_hold', 'add_hold', 'capture', 'release')")


class Hold(Base):
    """Money authorised for a session: a Stripe PaymentIntent with manual capture."""

    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint("purpose IN ('stay', 'extension', 'renewal', 'remainder')", name="purpose"),
        # What is held now is a handful, and must not be looked for among all that ever was.
        Index("ix_holds_held", "session_id", sqlite_where=IS_HELD, postgresql_where=IS_HELD),
        Index("ix_holds_renew", "renew_at", sqlite_where=_TO_RENEW, postgresql_where=_TO_RENEW),
        Index("ix_holds_capture_before", "capture_before", sqlite_where=IS_HELD, postgresql_where=IS_HELD),
        Index("ix_holds_open", "compare_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_holds_captured", "compare_at", sqlite_where=_MAY_GO_BACK, postgresql_where=_MAY_GO_BACK),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(10), default="stay")
    """Why there is a hold beside others: see `app.domain.holds`."""
    destination: Mapped[str | None] = mapped_column(String(100))
    """The connected account that its money goes to; the operator may open another one meanwhile."""
    payment_intent_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    client_secret: Mapped[str | None] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(30))
    amount_minor: Mapped[int]
    authorized_minor: Mapped[int] = mapped_column(default=0)
    captured_minor: Mapped[int] = mapped_column(default=0)
    refunded_minor: Mapped[int] = mapped_column(default=0)
    disputed_minor: Mapped[int] = mapped_column(default=0)
    """What the driver's bank took back in disputes and has not returned."""
    capture_before: Mapped[datetime | None]
    renew_at: Mapped[datetime | None]
    """When to see to it that a stay does not outlast this hold; None once that is under way."""
    extends_to: Mapped[datetime | None]
    """Until when the stay is planned once the driver has authorised this hold."""
    compare_at: Mapped[datetime | None] = mapped_column(default=LONG_AGO)
    """When to compare it next with what the processor says, in real time; None once that is over."""
    created_at: Mapped[datetime]


class PaymentOperation(Base):
    """Something that the processor is to do once; its id is the idempotency key there."""

    __tablename__ = "payment_operations"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'done', 'failed')", name="state"),
        Index(
            "uq_payment_operations_once",
            "hold_id",
            "kind",
            unique=True,
            sqlite_where=_ONCE,
            postgresql_where=_ONCE,
        ),
        Index("ix_payment_operations_due", "due_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), index=True)
    hold_id: Mapped[UUID] = mapped_column(ForeignKey("holds.id"))
    kind: Mapped[str] = mapped_column(String(20))
    params: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10), default="pending")
    error: Mapped[dict[str, Any] | None]
    attempts: Mapped[int] = mapped_column(default=0)
    """How often the worker has tried; the more, the longer it waits."""
    due_at: Mapped[datetime]
    """Until when an attempt has it, or when the last one failed, in real time."""
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    reported_at: Mapped[datetime | None]
    """When the log was told that it is open for too long."""


class StripeEvent(Base):
    """An event of the processor that was applied; its id keeps a second delivery from counting."""

    __tablename__ = "stripe_events"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    type: Mapped[str] = mapped_column(String(100))
    received_at: Mapped[datetime] = mapped_column(index=True)
