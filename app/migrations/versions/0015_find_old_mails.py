"""Find the mails that were settled long ago without reading all the others."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

SETTLED = sa.text("finished_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_mails_finished_at", "mails", ["finished_at"], sqlite_where=SETTLED, postgresql_where=SETTLED
    )
