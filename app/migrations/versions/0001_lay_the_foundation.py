"""Lay the foundation: operators, lots, sessions, payments, and an audit log that can only grow."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

REFUSAL = "the audit log can only grow"
SQLITE_GUARDS = [
    f"CREATE TRIGGER audit_log_no_{verb.lower()} BEFORE {verb} ON audit_log "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    for verb in ("UPDATE", "DELETE")
]
POSTGRESQL_GUARDS = [
    "CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$",
    "CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log "
    "FOR EACH ROW EXECUTE FUNCTION audit_log_refuse()",
    "CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse()",
    # A counter that is written often finds room for its next version on the same page.
    "ALTER TABLE lot_availability SET (fillfactor = 70)",
]


def only_where(condition: str) -> dict[str, Any]:
    """Make an index partial on both databases."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("other_operator_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("actor_type", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("agent_platform", sa.String(length=20), nullable=True),
        sa.Column("subject_type", sa.String(length=30), nullable=True),
        sa.Column("subject_id", sa.String(length=64), nullable=True),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("diff", sa.JSON(), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_lot_id_at_id", "audit_log", ["lot_id", "at", "id"])
    op.create_index("ix_audit_log_operator_id_at_id", "audit_log", ["operator_id", "at", "id"])
    op.create_index("ix_audit_log_other_operator_id_at_id", "audit_log", ["other_operator_id", "at", "id"])

    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=True),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("locked_until", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])

    op.create_table(
        "operators",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("plan", sa.String(length=20), nullable=False),
        sa.Column("connected_account", sa.String(length=100), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("plan IN ('starter', 'growth', 'enterprise')", name="ck_operators_plan"),
        sa.PrimaryKeyConstraint("id", name="pk_operators"),
    )
    op.create_table(
        "stripe_events",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stripe_events"),
    )
    op.create_table(
        "traces",
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("path", sa.String(length=300), nullable=False),
        sa.Column("operation_id", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=True),
        sa.Column("agent_platform", sa.String(length=20), nullable=True),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("error_code", sa.String(length=40), nullable=True),
        sa.Column("duration_ms", sa.Double(), nullable=False),
        sa.Column("actor_type", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("operator_id", sa.Uuid(), nullable=True),
        sa.Column("end_user_id", sa.String(length=255), nullable=True),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lng", sa.Double(), nullable=True),
        sa.Column("upstream", sa.JSON(), nullable=False),
        sa.Column("stack", sa.Text(), nullable=True),
        sa.Column("forget_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("request_id", name="pk_traces"),
    )
    op.create_index("ix_traces_at", "traces", ["at"])
    op.create_index("ix_traces_forget_at", "traces", ["forget_at"], **only_where("forget_at IS NOT NULL"))
    op.create_index("ix_traces_operator_id_at", "traces", ["operator_id", "at"])

    op.create_table(
        "persons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("normalised", sa.String(length=320), nullable=True),
        sa.Column("shown", sa.String(length=320), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name="fk_persons_operator_id"),
        sa.PrimaryKeyConstraint("id", name="pk_persons"),
        sa.UniqueConstraint(
            "operator_id", "kind", "normalised", name="uq_persons_operator_id_kind_normalised"
        ),
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("clock_offset", sa.BigInteger(), nullable=False),
        sa.Column("clock_goal_seconds", sa.BigInteger(), nullable=False),
        sa.Column("simulated_driver", sa.String(length=20), nullable=True),
        sa.Column("end_user_budget", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('live', 'sandbox')", name="ck_projects_kind"),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name="fk_projects_operator_id"),
        sa.PrimaryKeyConstraint("id", name="pk_projects"),
    )
    op.create_index("ix_projects_operator_id", "projects", ["operator_id"])

    op.create_table(
        "tariffs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name="fk_tariffs_operator_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tariffs"),
    )
    op.create_index("ix_tariffs_operator_id", "tariffs", ["operator_id"])

    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("last_four", sa.String(length=4), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("budgets", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_api_keys_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
    )
    op.create_index("ix_api_keys_project_id_id", "api_keys", ["project_id", "id"])

    op.create_table(
        "lots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("world_id", sa.Uuid(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("slug", sa.String(length=220), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=True),
        sa.Column("city", sa.String(length=100), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("search_text", sa.String(length=600), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lng", sa.Double(), nullable=False),
        sa.Column("band", sa.BigInteger(), nullable=False),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
        sa.Column("z", sa.Double(), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("capacity", sa.BigInteger(), nullable=False),
        sa.Column("accessible_spaces", sa.BigInteger(), nullable=False),
        sa.Column("ev_charging_spaces", sa.BigInteger(), nullable=False),
        sa.Column("max_height_cm", sa.BigInteger(), nullable=True),
        sa.Column("amenities", sa.JSON(), nullable=False),
        sa.Column("opening_hours", sa.String(length=500), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("max_stay_hours", sa.BigInteger(), nullable=False),
        sa.Column("tax_rate", sa.String(length=10), nullable=True),
        sa.Column("tariff_id", sa.Uuid(), nullable=True),
        sa.Column("agent_access", sa.String(length=10), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("agent_access IN ('allowed', 'blocked')", name="ck_lots_agent_access"),
        sa.CheckConstraint("capacity >= 0", name="ck_lots_capacity"),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name="fk_lots_operator_id"),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariffs.id"], name="fk_lots_tariff_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lots"),
    )
    op.create_index("ix_lots_operator_id", "lots", ["operator_id"])
    op.create_index(
        "ix_lots_position",
        "lots",
        ["world_id", "band", "lng", "x", "y", "z", "id", "deleted_at"],
        **only_where("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_lots_words",
        "lots",
        ["world_id", "search_text", "id", "deleted_at"],
        **only_where("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_lots_external_id",
        "lots",
        ["world_id", "operator_id", "external_id"],
        unique=True,
        **only_where("deleted_at IS NULL AND external_id IS NOT NULL"),
    )

    op.create_table(
        "lot_availability",
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("free", sa.BigInteger(), nullable=False),
        sa.Column("occupied_elsewhere", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name="fk_lot_availability_lot_id"),
        sa.PrimaryKeyConstraint("lot_id", name="pk_lot_availability"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_code", sa.String(length=20), nullable=False),
        sa.Column("receipt_token", sa.String(length=64), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("plate_id", sa.Uuid(), nullable=False),
        sa.Column("email_id", sa.Uuid(), nullable=True),
        sa.Column("tariff_id", sa.Uuid(), nullable=False),
        sa.Column("agent_platform", sa.String(length=20), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("payment_status", sa.String(length=30), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("planned_end_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("grace_until", sa.BigInteger(), nullable=True),
        sa.Column("simulated_at", sa.BigInteger(), nullable=True),
        sa.Column("subtotal_minor", sa.BigInteger(), nullable=True),
        sa.Column("owner_payout_minor", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "status IN ('starting', 'active', 'ending', 'completed', 'expired', 'failed')",
            name="ck_sessions_status",
        ),
        sa.ForeignKeyConstraint(["email_id"], ["persons.id"], name="fk_sessions_email_id"),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name="fk_sessions_lot_id"),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name="fk_sessions_operator_id"),
        sa.ForeignKeyConstraint(["plate_id"], ["persons.id"], name="fk_sessions_plate_id"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_sessions_project_id"),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariffs.id"], name="fk_sessions_tariff_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("receipt_token", name="uq_sessions_receipt_token"),
    )
    op.create_index("ix_sessions_grace", "sessions", ["grace_until"], **only_where("grace_until IS NOT NULL"))
    op.create_index("ix_sessions_operator_id", "sessions", ["operator_id"])
    op.create_index("ix_sessions_project_id_started_at_id", "sessions", ["project_id", "started_at", "id"])
    op.create_index(
        "uq_sessions_running_plate",
        "sessions",
        ["lot_id", "plate_id"],
        unique=True,
        **only_where("status IN ('starting', 'active', 'ending')"),
    )

    op.create_table(
        "holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("payment_intent_id", sa.String(length=100), nullable=True),
        sa.Column("client_secret", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("authorized_minor", sa.BigInteger(), nullable=False),
        sa.Column("captured_minor", sa.BigInteger(), nullable=False),
        sa.Column("capture_before", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_holds_session_id"),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
        sa.UniqueConstraint("payment_intent_id", name="uq_holds_payment_intent_id"),
    )
    op.create_index("ix_holds_session_id", "holds", ["session_id"])

    op.create_table(
        "payment_operations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'done', 'failed')", name="ck_payment_operations_state"),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name="fk_payment_operations_hold_id"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_payment_operations_session_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payment_operations"),
    )
    op.create_index(
        "ix_payment_operations_due", "payment_operations", ["due_at"], **only_where("state = 'pending'")
    )
    op.create_index("ix_payment_operations_session_id", "payment_operations", ["session_id"])
    op.create_index(
        "uq_payment_operations_once",
        "payment_operations",
        ["hold_id", "kind"],
        unique=True,
        **only_where("state <> 'failed' AND kind IN ('create_hold', 'capture', 'release')"),
    )

    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_GUARDS if on_sqlite else POSTGRESQL_GUARDS:
        op.execute(statement)
