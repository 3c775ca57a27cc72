"""Parking sessions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base

RUNNING = text("status IN ('starting', 'active', 'ending')")
_WAITING = text("grace_until IS NOT NULL")
_SIMULATED = text("status = 'active' AND simulated_at IS NOT NULL")
_TO_REMIND = text("status = 'active' AND remind_at IS NOT NULL")
PARKED = text("status = 'active'")
"""In words that a query repeats: by a value that is bound SQLite would not know a partial index again."""


class ParkingSession(Base):
    """One paid stay of one plate in one lot."""

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint(
            "status IN ('starting', 'active', 'ending', 'completed', 'expired', 'failed')", name="status"
        ),
        # This index, not a read before it, decides that a plate has one running session in a lot.
        Index(
            "uq_sessions_running_plate",
            "lot_id",
            "plate_id",
            unique=True,
            sqlite_where=RUNNING,
            postgresql_where=RUNNING,
        ),
        Index("ix_sessions_grace", "grace_until", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_sessions_simulated", "simulated_at", sqlite_where=_SIMULATED, postgresql_where=_SIMULATED),
        Index("ix_sessions_remind", "remind_at", sqlite_where=_TO_REMIND, postgresql_where=_TO_REMIND),
        Index("ix_sessions_latest_end", "latest_end_at", sqlite_where=PARKED, postgresql_where=PARKED),
        Index(None, "project_id", "started_at", "id"),
        Index(None, "operator_id", "started_at", "id"),
        Index(None, "plate_id", "started_at"),
        Index(None, "lot_id", "started_at", "id"),
        # Who is parked now is a handful, and must not be looked for among all who ever were.
        *(
            Index(
                f"ix_sessions_running_{whose}",
                whose,
                "started_at",
                "id",
                sqlite_where=RUNNING,
                postgresql_where=RUNNING,
            )
            for whose in ("project_id", "operator_id")
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_code: Mapped[str] = mapped_column(String(20))
    receipt_token: Mapped[str] = mapped_column(String(64), unique=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operators.id"))
    """The lot's operator, who may see the session beside the project that made it."""
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    plate_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"))
    email_id: Mapped[UUID | None] = mapped_column(ForeignKey("persons.id"))
    tariff_id: Mapped[UUID] = mapped_column(ForeignKey("tariffs.id"))
    quote_id: Mapped[UUID | None]
    """The quote that it started by, which may be forgotten; the window is kept here."""
    quoted_from: Mapped[datetime | None]
    quoted_until: Mapped[datetime | None]
    agent_platform: Mapped[str | None] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(10))
    payment_status: Mapped[str] = mapped_column(String(30))
    currency: Mapped[str] = mapped_column(String(3))
    details: Mapped[dict[str, str]]
    """The caller's own `metadata`."""
    started_at: Mapped[datetime]
    planned_end_at: Mapped[datetime]
    latest_end_at: Mapped[datetime]
    """When it ends by itself: after the longest stay that the lot allowed when it began."""
    remind_at: Mapped[datetime | None]
    """When the driver is reminded of the next end; None once all is said."""
    ended_at: Mapped[datetime | None]
    grace_until: Mapped[datetime | None]
    """When the session expires unless a hold is authorised before; None once that is settled."""
    simulated_at: Mapped[datetime | None]
    """When the sandbox's simulated driver authorises an untouched hold."""
    subtotal_minor: Mapped[int | None]
    owner_payout_minor: Mapped[int | None]
