"""Keep up with what is due: payment operations that stay open for too long are reported once."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("payment_operations", sa.Column("reported_at", sa.BigInteger(), nullable=True))
