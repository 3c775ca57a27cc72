"""Compare with the payment processor: when each hold was, and which payments nobody here asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"

OPEN = sa.text(
    "status IN ('requires_payment_method', 'requires_confirmation', 'requires_action', 'requires_capture')"
)


def upgrade() -> None:
    op.add_column("holds", sa.Column("compared_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("ix_holds_open", "holds", ["compared_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "look_backs",
        sa.Column("world_id", sa.Uuid(), nullable=False),
        sa.Column("seen_until", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("world_id", name="pk_look_backs"),
    )
    op.create_table(
        "stray_payments",
        sa.Column("payment_intent_id", sa.String(length=100), nullable=False),
        sa.Column("world_id", sa.Uuid(), nullable=False),
        sa.Column("operation", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('released', 'captured', 'refunded')", name="ck_stray_payments_state"),
        sa.PrimaryKeyConstraint("payment_intent_id", name="pk_stray_payments"),
    )
