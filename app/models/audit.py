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


class AuditSeal(Base):
    """One link of an operator's chain: a hash over the link before it and one entry of the log."""

    __tablename__ = "audit_seals"

    operator_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1, 2, 3 … without a gap."""
    entry_id: Mapped[UUID] = mapped_column(unique=True)
    entry_hash: Mapped[str] = mapped_column(String(64))
    """Of every column of the entry, so that a changed entry is told from a changed seal."""
    hash: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime]


class AuditCheckpoint(Base):
    """A signed word on how far an operator's chain went at a time, and what its last hash was."""

    __tablename__ = "audit_checkpoints"

    operator_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The number of the last seal that this speaks for."""
    hash: Mapped[str] = mapped_column(String(64))
    signed_at: Mapped[datetime]
    key_id: Mapped[str] = mapped_column(String(64))
    """Which key signed: the fingerprint of its public half."""
    signature: Mapped[str] = mapped_column(String(200))
