"""Accounts of operators at the payment processor."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class PayoutAccount(Base):
    """An operator's own account in one world, written down with what the processor is asked for."""

    __tablename__ = "payout_accounts"
    __table_args__ = (Index("uq_payout_accounts_world", "operator_id", "world_id", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operators.id"))
    world_id: Mapped[UUID]
    account_id: Mapped[str | None] = mapped_column(String(100), index=True)
    """The processor's id; None until it has opened the account."""
    country: Mapped[str | None] = mapped_column(String(2))
    name: Mapped[str | None] = mapped_column(String(200))
    """What the account is opened with, and asked for again in the same words; None where it was there."""
    attempt: Mapped[int] = mapped_column(default=0)
    """How many wishes, each with a key of its own at the processor, came to nothing before this one."""
    charges_enabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]

    @property
    def key(self) -> str:
        """Return the idempotency key by which the account is opened, which is also its mark there."""
        return f"{self.id}-{self.attempt}" if self.attempt else str(self.id)
