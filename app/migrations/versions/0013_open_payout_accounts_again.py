"""Open payout accounts again: with what was asked first, or under another key for another wish."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("payout_accounts", sa.Column("country", sa.String(length=2)))
    op.add_column("payout_accounts", sa.Column("name", sa.String(length=200)))
    op.add_column(
        "payout_accounts", sa.Column("attempt", sa.BigInteger(), nullable=False, server_default="0")
    )
    # What was asked for those that were never opened is not known; whoever asks for another country gets it.
    op.execute(
        "UPDATE payout_accounts SET country = 'US',"
        " name = (SELECT name FROM operators WHERE operators.id = payout_accounts.operator_id)"
        " WHERE account_id IS NULL"
    )
