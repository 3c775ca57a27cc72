"""The one erasable row that carries a plate or an email; everything else refers to it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Person(Base):
    """A plate or an email, known to one operator."""

    __tablename__ = "persons"
    __table_args__ = (
        UniqueConstraint("operator_id", "kind", "normalised"),
        # A project that parks in many operators' lots looks a plate up in all of them.
        Index(None, "normalised"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operators.id"))
    kind: Mapped[str] = mapped_column(String(10))
    normalised: Mapped[str | None] = mapped_column(String(320))
    shown: Mapped[str | None] = mapped_column(String(320))
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
