"""Traces: what one request was and did, found by its request id alone."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Double, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base

_NAMED = text("forget_at IS NOT NULL")


class TraceRecord(Base):
    """One request, without secrets, cards, plates and whole keys."""

    __tablename__ = "traces"
    __table_args__ = (
        Index(None, "operator_id", "at"),
        Index(None, "at"),
        Index("ix_traces_forget_at", "forget_at", sqlite_where=_NAMED, postgresql_where=_NAMED),
    )

    request_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    at: Mapped[datetime]
    method: Mapped[str] = mapped_column(String(10))
    path: Mapped[str] = mapped_column(String(300))
    """The contract's template, or the path where no operation answered."""
    operation_id: Mapped[str | None] = mapped_column(String(64))
    action: Mapped[str | None] = mapped_column(String(40))
    agent_platform: Mapped[str | None] = mapped_column(String(20))
    status: Mapped[int]
    error_code: Mapped[str | None] = mapped_column(String(40))
    duration_ms: Mapped[float] = mapped_column(Double)
    actor_type: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[str | None] = mapped_column(String(64))
    project_id: Mapped[UUID | None]
    operator_id: Mapped[UUID | None]
    end_user_id: Mapped[str | None] = mapped_column(String(255))
    conversation_id: Mapped[str | None] = mapped_column(String(128))
    ip: Mapped[str | None] = mapped_column(String(45))
    lat: Mapped[float | None] = mapped_column(Double)
    lng: Mapped[float | None] = mapped_column(Double)
    upstream: Mapped[list[dict[str, Any]]]
    stack: Mapped[str | None] = mapped_column(Text)
    forget_at: Mapped[datetime | None]
    """When address, names and position must go; None once they are gone, or where they stay."""
