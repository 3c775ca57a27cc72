"""How far we looked back at the payment processor, and the payments found there that are nobody's here."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class LookBack(Base):
    """Up to when the payments made in a processor's account were compared with ours."""

    __tablename__ = "look_backs"

    world_id: Mapped[UUID] = mapped_column(primary_key=True)
    """A sandbox project, or what stands for an account that projects share."""
    seen_until: Mapped[datetime]
    """In the account's own time, which runs ahead in a sandbox."""
    due_at: Mapped[datetime]
    """When to look again, in real time; whoever looks has the account to themselves until then."""


class StrayPayment(Base):
    """A payment under our mark that belongs to no hold of ours, and held or took money."""

    __tablename__ = "stray_payments"
    __table_args__ = (CheckConstraint("state IN ('released', 'captured', 'refunded')", name="state"),)

    payment_intent_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    world_id: Mapped[UUID]
    operation: Mapped[str] = mapped_column(String(500))
    """What its metadata names as the operation that asked for it."""
    state: Mapped[str] = mapped_column(String(10))
    amount_minor: Mapped[int]
    """What was held, or taken."""
    currency: Mapped[str] = mapped_column(String(3))
    found_at: Mapped[datetime]
