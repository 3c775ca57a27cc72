"""Accounts of operators at the payment processor."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class PayoutAccount(Base):
    """An operator's own account in one world; its id is the idempotency key by which it is opened."""

    __tablename__ = "payout_accounts"
    __table_args__ = (Index("uq_payout_accounts_world", "operator_id", "world_id", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operators.id"))
    world_id: Mapped[UUID]
    account_id: Mapped[str | None] = mapped_column(String(100), index=True)
    """The processor's id; None until it has opened the account."""
    charges_enabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
