"""Disputes, as the payment processor tells of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.disputes import DisputeStatus
from app.models.base import Base


class Dispute(Base):
    """Captured money that a driver's bank took back, or asks about."""

    __tablename__ = "disputes"
    __table_args__ = (
        CheckConstraint("status IN ('inquiry', 'open', 'won', 'lost', 'closed')", name="status"),
        Index(None, "operator_id", "world_id", "opened_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    processor_id: Mapped[str] = mapped_column(String(100), unique=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), index=True)
    hold_id: Mapped[UUID] = mapped_column(ForeignKey("holds.id"))
    operator_id: Mapped[UUID]
    """The lot's operator."""
    world_id: Mapped[UUID]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(60))
    status: Mapped[DisputeStatus] = mapped_column(String(10))
    opened_at: Mapped[datetime]
    """By the processor's clock."""
    closed_at: Mapped[datetime | None]
    """When we learned that it was over, in the time of the session's project."""
