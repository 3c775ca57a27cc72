"""Operators run lots; their projects hold keys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.callers import Plan, ProjectKind
from app.models.base import Base

IS_AHEAD = text("clock_offset > 0")
"""In words that a query repeats: by a value that is bound SQLite would not know the index again."""


class Operator(Base):
    """A company that runs lots."""

    __tablename__ = "operators"
    __table_args__ = (CheckConstraint("plan IN ('starter', 'growth', 'enterprise')", name="plan"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    plan: Mapped[Plan] = mapped_column(String(20))
    connected_account: Mapped[str | None] = mapped_column(String(100))
    """The operator's account at the payment processor; payouts go there."""
    created_at: Mapped[datetime]


class Project(Base):
    """What keys belong to; a sandbox project is a world of its own."""

    __tablename__ = "projects"
    __table_args__ = (
        CheckConstraint("kind IN ('live', 'sandbox')", name="kind"),
        Index("ix_projects_ahead", "id", sqlite_where=IS_AHEAD, postgresql_where=IS_AHEAD),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operators.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[ProjectKind] = mapped_column(String(20))
    clock_offset: Mapped[int] = mapped_column(default=0)
    """Microseconds that a sandbox's clock runs ahead of real time."""
    clock_goal_seconds: Mapped[int] = mapped_column(default=0)
    """How far ahead a sandbox's clock was asked to run; it is there once all that falls due is done."""
    simulated_driver: Mapped[str | None] = mapped_column(String(20))
    end_user_budget: Mapped[int | None]
    """Requests per end user and minute; None while the operator has not opted in."""
    budgets: Mapped[dict[str, int]] = mapped_column(default=dict, server_default="{}")
    """What the operator chose for each of its keys, by budget, in requests per minute."""
    granted_budgets: Mapped[dict[str, int]] = mapped_column(default=dict, server_default="{}")
    """How far the operator may raise budgets; the contract's figure where none is named."""
    created_at: Mapped[datetime]
