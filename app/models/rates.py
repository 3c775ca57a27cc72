"""Tariffs: a row never changes, so a session can keep the one that it started under."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Tariff(Base):
    """One version of a price list."""

    __tablename__ = "tariffs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operators.id"), index=True)
    currency: Mapped[str] = mapped_column(String(3))
    rules: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
