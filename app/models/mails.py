"""Mails to drivers on their way; whose address it is stands with the person alone."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base

_PENDING = text("state = 'pending'")
_SETTLED = text("finished_at IS NOT NULL")


class Mail(Base):
    """One mail about a session, to the person behind its email."""

    __tablename__ = "mails"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'sent', 'failed', 'dropped')", name="state"),
        UniqueConstraint("session_id", "kind", "about_at"),
        Index("ix_mails_due", "due_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
        Index(None, "finished_at", sqlite_where=_SETTLED, postgresql_where=_SETTLED),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"))
    about_at: Mapped[datetime]
    """The end that it tells of, or until when the payment has time; in the project's own time."""
    state: Mapped[str] = mapped_column(String(10), default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    """When to try next, in real time."""
    failure: Mapped[str | None] = mapped_column(String(30))
    """What the last attempt met, in a word that names nobody."""
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
