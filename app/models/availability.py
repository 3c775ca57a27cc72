"""Free spaces, in a narrow table that is written often and never indexed by what changes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class LotAvailability(Base):
    """How many spaces of a lot are free."""

    __tablename__ = "lot_availability"

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    free: Mapped[int]
    """capacity - active sessions - allocations - occupied elsewhere; may be negative."""
    occupied_elsewhere: Mapped[int] = mapped_column(default=0)
    source: Mapped[str] = mapped_column(String(10))
    """counted (by our own sessions) or reported (by the operator)."""
    updated_at: Mapped[datetime]
