"""Hold more than once for a session: why there is a hold, whom it pays, and what it prolongs."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ONCE = sa.text("state <> 'failed' AND kind IN ('create_hold', 'add_hold', 'capture', 'release')")
_DESTINATIONS = sa.text(
    "UPDATE holds SET destination = (SELECT operators.connected_account FROM operators"
    " JOIN sessions ON sessions.operator_id = operators.id WHERE sessions.id = holds.session_id)"
)
_RENEWALS = sa.text(
    "UPDATE holds SET renew_at = capture_before - 43200000000"  # twelve hours
    " WHERE status = 'requires_capture' AND capture_before IS NOT NULL"
)


def upgrade() -> None:
    with op.batch_alter_table("holds") as holds:
        holds.add_column(sa.Column("purpose", sa.String(length=10), nullable=False, server_default="stay"))
        holds.add_column(sa.Column("destination", sa.String(length=100), nullable=True))
        holds.add_column(sa.Column("renew_at", sa.BigInteger(), nullable=True))
        holds.add_column(sa.Column("extends_to", sa.BigInteger(), nullable=True))
        holds.create_check_constraint(
            "ck_holds_purpose", "purpose IN ('stay', 'extension', 'renewal', 'remainder')"
        )
    held = sa.text("status = 'requires_capture'")
    op.create_index("ix_holds_held", "holds", ["session_id"], sqlite_where=held, postgresql_where=held)
    op.execute(_DESTINATIONS)
    op.execute(_RENEWALS)
    op.drop_index("uq_payment_operations_once", "payment_operations")
    op.create_index(
        "uq_payment_operations_once",
        "payment_operations",
        ["hold_id", "kind"],
        unique=True,
        sqlite_where=_ONCE,
        postgresql_where=_ONCE,
    )
