"""Add up what operators are owed from an index alone."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

OPERATOR = sa.text("account = 'operator'")


def upgrade() -> None:
    op.create_index(
        "ix_ledger_entries_balance",
        "ledger_entries",
        ["operator_id", "world_id", "account", "currency", "created_at", "amount_minor"],
        sqlite_where=OPERATOR,
        postgresql_where=OPERATOR,
    )
