"""Agents: which programs an operator lets act for it, and with which key."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Agent(Base):
    """A program on an agent platform that acts with a project's key."""

    __tablename__ = "agents"
    __table_args__ = (Index(None, "project_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    name: Mapped[str] = mapped_column(String(200))
    platform: Mapped[str] = mapped_column(String(20))
    api_key_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_keys.id"))
    created_at: Mapped[datetime]
