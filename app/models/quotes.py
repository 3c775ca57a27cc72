"""Quotes: what a stay will cost, said before it begins."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Quote(Base):
    """The price of a window in a lot, under one version of its tariff; a row never changes."""

    __tablename__ = "quotes"
    __table_args__ = (Index(None, "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("projects.id"))
    """Whose it is; None is for everybody who sees the lot."""
    tariff_id: Mapped[UUID] = mapped_column(ForeignKey("tariffs.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    currency: Mapped[str] = mapped_column(String(3))
    total_minor: Mapped[int]
    tax_rate: Mapped[str | None] = mapped_column(String(10))
    """A percentage as decimal text, as the lot had it."""
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
