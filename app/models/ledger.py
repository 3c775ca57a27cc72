"""The ledger: the database itself refuses to change or delete a row."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base

_OPERATOR = text("account = 'operator'")


class LedgerEntry(Base):
    """What one account gained by one posting; the entries of a posting add up to nothing."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        CheckConstraint("kind IN ('charge', 'refund', 'dispute', 'fee', 'payout')", name="kind"),
        CheckConstraint("account IN ('driver', 'operator', 'platform', 'paid_out')", name="account"),
        CheckConstraint("amount_minor <> 0", name="amount"),
        Index("uq_ledger_entries_posting", "posting_id", "account", unique=True),
        Index(None, "session_id"),
        # What operators read is their own account, newest first.
        Index(
            "ix_ledger_entries_statement",
            "operator_id",
            "world_id",
            "created_at",
            "id",
            sqlite_where=_OPERATOR,
            postgresql_where=_OPERATOR,
        ),
        # What they are owed is added up from this alone; SQLite asks for `account` once more.
        Index(
            "ix_ledger_entries_balance",
            "operator_id",
            "world_id",
            "account",
            "currency",
            "created_at",
            "amount_minor",
            sqlite_where=_OPERATOR,
            postgresql_where=_OPERATOR,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    posting_id: Mapped[UUID]
    operator_id: Mapped[UUID]
    """The lot's operator, whose money it is."""
    world_id: Mapped[UUID]
    project_id: Mapped[UUID]
    """The project that made the session."""
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    hold_id: Mapped[UUID] = mapped_column(ForeignKey("holds.id"))
    refund_id: Mapped[UUID | None]
    """The refund by which it was learned of, if it was asked for here."""
    dispute_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(String(10))
    account: Mapped[str] = mapped_column(String(10))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    created_at: Mapped[datetime]
    """In the time of the session's project."""
