"""Quote prices before a stay, and let a session keep to its quote."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "quotes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("tariff_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_rate", sa.String(length=10), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name="fk_quotes_lot_id"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_quotes_project_id"),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariffs.id"], name="fk_quotes_tariff_id"),
        sa.PrimaryKeyConstraint("id", name="pk_quotes"),
    )
    op.create_index("ix_quotes_created_at", "quotes", ["created_at"])
    op.add_column("sessions", sa.Column("quote_id", sa.Uuid(), nullable=True))
    for instant in ("quoted_from", "quoted_until"):
        op.add_column("sessions", sa.Column(instant, sa.BigInteger(), nullable=True))
