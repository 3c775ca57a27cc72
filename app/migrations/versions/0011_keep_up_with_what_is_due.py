"""Keep up with what is due: find it by its instant, and tell once of payment operations that stay open."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

SIMULATED = "status = 'active' AND simulated_at IS NOT NULL"
HELD = "status = 'requires_capture'"
TO_RENEW = "status = 'requires_capture' AND renew_at IS NOT NULL"
IS_AHEAD = "clock_offset > 0"


def upgrade() -> None:
    op.add_column("payment_operations", sa.Column("reported_at", sa.BigInteger(), nullable=True))
    _partial_index("ix_sessions_simulated", "sessions", ["simulated_at"], where=SIMULATED)
    _partial_index("ix_holds_renew", "holds", ["renew_at"], where=TO_RENEW)
    _partial_index("ix_holds_capture_before", "holds", ["capture_before"], where=HELD)
    _partial_index("ix_projects_ahead", "projects", ["id"], where=IS_AHEAD)
    op.create_index("ix_stripe_events_received_at", "stripe_events", ["received_at"])


def _partial_index(name: str, table: str, columns: list[str], *, where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
