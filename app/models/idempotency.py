"""Idempotency keys: status and subject of a first answer, from which it is presented again."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class IdempotencyKey(Base):
    """One key of one caller, claimed by inserting it."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index(None, "created_at"),)

    scope: Mapped[str] = mapped_column(String(80), primary_key=True)
    """Who sent the key: an API key's id, or the sandbox form's address."""
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    subject_id: Mapped[str | None] = mapped_column(String(64))
    """What the request made or changed, known as soon as that is committed."""
    finished: Mapped[bool] = mapped_column(default=False)
    error: Mapped[dict[str, Any] | None]
    """The definite refusal that was answered, if one was."""
    progress: Mapped[dict[str, Any] | None]
    """How far work of several transactions is, and at its end what came of it beside the subject."""
    locked_until: Mapped[datetime]
    created_at: Mapped[datetime]
