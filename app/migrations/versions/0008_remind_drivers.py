"""Remind drivers, by mails that wait in a table, and end stays after the longest that their lot allows."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

PARKED = "status = 'active'"
TO_REMIND = "status = 'active' AND remind_at IS NOT NULL"

LATEST_END = """
    UPDATE sessions SET latest_end_at = (
        SELECT CASE
            WHEN sessions.started_at + lots.max_stay_hours * 3600000000 < sessions.planned_end_at
            THEN sessions.planned_end_at
            ELSE sessions.started_at + lots.max_stay_hours * 3600000000
        END
        FROM lots WHERE lots.id = sessions.lot_id
    )
"""
REMIND = """
    UPDATE sessions SET remind_at = planned_end_at - 900000000
    WHERE status IN ('starting', 'active') AND planned_end_at > :now
"""


def upgrade() -> None:
    _sessions()
    _mails()


def _sessions() -> None:
    op.add_column("sessions", sa.Column("latest_end_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("sessions", sa.Column("remind_at", sa.BigInteger(), nullable=True))
    op.execute(LATEST_END)
    op.execute(sa.text(REMIND).bindparams(now=time.time_ns() // 1_000))
    if op.get_bind().dialect.name == "postgresql":  # SQLite can't take a default away
        op.alter_column("sessions", "latest_end_at", server_default=None)
    _partial_index("ix_sessions_remind", "sessions", ["remind_at"], where=TO_REMIND)
    _partial_index("ix_sessions_latest_end", "sessions", ["latest_end_at"], where=PARKED)


def _mails() -> None:
    op.create_table(
        "mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("about_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("failure", sa.String(length=30), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'sent', 'failed', 'dropped')", name="ck_mails_state"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_mails_session_id"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_mails_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
        sa.UniqueConstraint("session_id", "kind", "about_at", name="uq_mails_session_id_kind_about_at"),
    )
    _partial_index("ix_mails_due", "mails", ["due_at"], where="state = 'pending'")


def _partial_index(name: str, table: str, columns: list[str], *, where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
