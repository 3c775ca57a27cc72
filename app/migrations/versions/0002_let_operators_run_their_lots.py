"""Let operators run their lots: agents, a project's budgets, seals on the audit log, hourly occupancy."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

SEALED = ("audit_seals", "audit_checkpoints")
"""What can only grow, as the audit log itself."""

HOUR = 3_600_000_000
"""Microseconds; instants are counted in them."""
# The first change after an hour writes down what that hour ended with, since nobody can know it later.
# Two triggers, because a capacity that is changed by hand reaches the lot before it reaches the counter.
NEXT_HOUR = f"OLD.updated_at / {HOUR} < NEW.updated_at / {HOUR}"
CAPACITY = "OLD.capacity <> NEW.capacity"
ENDED_BY_COUNTER = (
    "INSERT INTO occupancy_hours (lot_id, hour_at, capacity, occupied, source) "
    f"SELECT id, OLD.updated_at / {HOUR} * {HOUR}, capacity, capacity - OLD.free, OLD.source "
    "FROM lots WHERE id = OLD.lot_id ON CONFLICT DO NOTHING;"
)
ENDED_BY_CAPACITY = (
    "INSERT INTO occupancy_hours (lot_id, hour_at, capacity, occupied, source) "
    f"SELECT lot_id, updated_at / {HOUR} * {HOUR}, OLD.capacity, OLD.capacity - free, source "
    "FROM lot_availability "
    f"WHERE lot_id = OLD.id AND updated_at / {HOUR} < NEW.updated_at / {HOUR} ON CONFLICT DO NOTHING;"
)
HOURS_ON_SQLITE = [
    "CREATE TRIGGER lot_availability_end_hour AFTER UPDATE ON lot_availability "
    f"WHEN {NEXT_HOUR} BEGIN {ENDED_BY_COUNTER} END",
    "CREATE TRIGGER lots_end_hour AFTER UPDATE OF capacity ON lots "
    f"WHEN {CAPACITY} BEGIN {ENDED_BY_CAPACITY} END",
]
HOURS_ON_POSTGRESQL = [
    "CREATE FUNCTION lot_availability_end_hour() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN {ENDED_BY_COUNTER} RETURN NULL; END $$",
    "CREATE FUNCTION lots_end_hour() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN {ENDED_BY_CAPACITY} RETURN NULL; END $$",
    "CREATE TRIGGER lot_availability_end_hour AFTER UPDATE ON lot_availability "
    f"FOR EACH ROW WHEN ({NEXT_HOUR}) EXECUTE FUNCTION lot_availability_end_hour()",
    "CREATE TRIGGER lots_end_hour AFTER UPDATE OF capacity ON lots "
    f"FOR EACH ROW WHEN ({CAPACITY}) EXECUTE FUNCTION lots_end_hour()",
]


def upgrade() -> None:
    _agents()
    _budgets()
    _seals()
    _occupancy()
    _session_lists()
    _imports()
    _guard()


def _agents() -> None:
    op.create_table(
        "agents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("api_key_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_keys.id"], name="fk_agents_api_key_id"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_agents_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_agents"),
    )
    op.create_index("ix_agents_project_id_id", "agents", ["project_id", "id"])


def _budgets() -> None:
    for name in ("budgets", "granted_budgets"):
        op.add_column("projects", sa.Column(name, sa.JSON(), nullable=False, server_default="{}"))


def _seals() -> None:
    op.create_table(
        "audit_seals",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("entry_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "number", name="pk_audit_seals"),
        sa.UniqueConstraint("entry_id", name="uq_audit_seals_entry_id"),
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "number", name="pk_audit_checkpoints"),
    )


def _occupancy() -> None:
    op.create_table(
        "occupancy_hours",
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("hour_at", sa.BigInteger(), nullable=False),
        sa.Column("capacity", sa.BigInteger(), nullable=False),
        sa.Column("occupied", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("lot_id", "hour_at", name="pk_occupancy_hours"),
    )
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in HOURS_ON_SQLITE if on_sqlite else HOURS_ON_POSTGRESQL:
        op.execute(statement)


def _session_lists() -> None:
    op.drop_index("ix_sessions_operator_id", "sessions")
    op.create_index("ix_sessions_operator_id_started_at_id", "sessions", ["operator_id", "started_at", "id"])
    op.create_index("ix_sessions_lot_id_started_at_id", "sessions", ["lot_id", "started_at", "id"])
    op.create_index("ix_persons_normalised", "persons", ["normalised"])
    op.create_index("ix_sessions_plate_id_started_at", "sessions", ["plate_id", "started_at"])
    running = sa.text("status IN ('starting', 'active', 'ending')")
    for whose in ("project_id", "operator_id"):
        op.create_index(
            f"ix_sessions_running_{whose}",
            "sessions",
            [whose, "started_at", "id"],
            sqlite_where=running,
            postgresql_where=running,
        )


def _imports() -> None:
    op.add_column("idempotency_keys", sa.Column("progress", sa.JSON(), nullable=True))


def _guard() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in SEALED:
        for statement in _on_sqlite(table) if on_sqlite else _on_postgresql(table):
            op.execute(statement)


def _on_sqlite(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'the audit log can only grow'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def _on_postgresql(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION audit_log_refuse()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse()",
    ]
