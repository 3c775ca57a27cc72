"""Give captured money back: refunds, and how much of a hold they are."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("holds", sa.Column("refunded_minor", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("status IN ('pending', 'succeeded', 'failed')", name="ck_refunds_status"),
        sa.CheckConstraint("amount_minor > 0", name="ck_refunds_amount"),
        sa.ForeignKeyConstraint(["id"], ["payment_operations.id"], name="fk_refunds_id"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_refunds_session_id"),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name="fk_refunds_hold_id"),
        sa.PrimaryKeyConstraint("id", name="pk_refunds"),
    )
    op.create_index("ix_refunds_session_id_id", "refunds", ["session_id", "id"])
