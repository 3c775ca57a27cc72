"""Name the agent's conversation in the trace of a call."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("traces", sa.Column("conversation_id", sa.String(length=128), nullable=True))
