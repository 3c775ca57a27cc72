"""Compare what was captured, too, and tell our payments from another installation's.

When each hold's turn is stands in its row, for as long as its money may go back. An installation's id is made
when it is first needed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

OPEN = sa.text(
    "status IN ('requires_payment_method', 'requires_confirmation', 'requires_action', 'requires_capture')"
)
MAY_GO_BACK = sa.text("status = 'succeeded' AND compare_at IS NOT NULL")


def upgrade() -> None:
    # Whatever was captured before is due at once; the worker takes a few of them at a time.
    op.add_column("holds", sa.Column("compare_at", sa.BigInteger(), nullable=True, server_default="0"))
    op.drop_index("ix_holds_open", "holds")
    op.drop_column("holds", "compared_at")
    op.create_index("ix_holds_open", "holds", ["compare_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index(
        "ix_holds_captured",
        "holds",
        ["compare_at"],
        sqlite_where=MAY_GO_BACK,
        postgresql_where=MAY_GO_BACK,
    )
    op.create_table(
        "installations",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("number = 1", name="ck_installations_number"),
        sa.PrimaryKeyConstraint("number", name="pk_installations"),
    )
