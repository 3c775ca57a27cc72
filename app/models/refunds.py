"""Refunds: each is one payment operation for every hold that gives some back; the first has its id."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Refund(Base):
    """Captured money of a session that goes back to the driver."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'succeeded', 'failed')", name="status"),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index(None, "session_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("payment_operations.id"), primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    hold_id: Mapped[UUID] = mapped_column(ForeignKey("holds.id"))
    amount_minor: Mapped[int]
    reason: Mapped[str] = mapped_column(String(30))
    status: Mapped[str] = mapped_column(String(10), default="pending")
    created_at: Mapped[datetime]
    """In the time of the session's project."""
