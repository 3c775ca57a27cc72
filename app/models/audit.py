"""The audit log: the database itself refuses to change or delete a row (see the first migration)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class AuditEntry(Base):
    """Who did what to which thing, and what it changed; holds no plate and no email."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index(None, "operator_id", "at", "id"),
        Index(None, "other_operator_id", "at", "id"),
        Index(None, "lot_id", "at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    operator_id: Mapped[UUID]
    other_operator_id: Mapped[UUID | None]
    """A row about two operators shows in both logs."""
    project_id: Mapped[UUID | None]
    actor_type: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[str | None] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(60))
    agent_platform: Mapped[str | None] = mapped_column(String(20))
    subject_type: Mapped[str | None] = mapped_column(String(30))
    subject_id: Mapped[str | None] = mapped_column(String(64))
    lot_id: Mapped[UUID | None]
    diff: Mapped[dict[str, Any]]
    request_id: Mapped[str | None] = mapped_column(String(36))
