"""Keep a ledger that can only grow, of every movement of money; disputes; and where operators are paid."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

REFUSAL = "the ledger can only grow"
OPERATOR = sa.text("account = 'operator'")
SQLITE_GUARDS = [
    f"CREATE TRIGGER ledger_entries_no_{verb.lower()} BEFORE {verb} ON ledger_entries "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    for verb in ("UPDATE", "DELETE")
]
POSTGRESQL_GUARDS = [
    "CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$",
    "CREATE TRIGGER ledger_entries_no_change BEFORE UPDATE OR DELETE ON ledger_entries "
    "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    "CREATE TRIGGER ledger_entries_no_truncate BEFORE TRUNCATE ON ledger_entries "
    "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
]


def upgrade() -> None:
    _entries()
    _disputes()
    _payout_accounts()
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_GUARDS if on_sqlite else POSTGRESQL_GUARDS:
        op.execute(statement)


def _entries() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("world_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("dispute_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("account", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('charge', 'refund', 'dispute', 'fee', 'payout')", name="ck_ledger_entries_kind"
        ),
        sa.CheckConstraint(
            "account IN ('driver', 'operator', 'platform', 'paid_out')", name="ck_ledger_entries_account"
        ),
        sa.CheckConstraint("amount_minor <> 0", name="ck_ledger_entries_amount"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_ledger_entries_session_id"),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name="fk_ledger_entries_hold_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entries"),
    )
    op.create_index("uq_ledger_entries_posting", "ledger_entries", ["posting_id", "account"], unique=True)
    op.create_index("ix_ledger_entries_session_id", "ledger_entries", ["session_id"])
    op.create_index(
        "ix_ledger_entries_statement",
        "ledger_entries",
        ["operator_id", "world_id", "created_at", "id"],
        sqlite_where=OPERATOR,
        postgresql_where=OPERATOR,
    )


def _disputes() -> None:
    op.add_column("holds", sa.Column("disputed_minor", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table(
        "disputes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("processor_id", sa.String(length=100), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("world_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "status IN ('inquiry', 'open', 'won', 'lost', 'closed')", name="ck_disputes_status"
        ),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_disputes_session_id"),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name="fk_disputes_hold_id"),
        sa.PrimaryKeyConstraint("id", name="pk_disputes"),
        sa.UniqueConstraint("processor_id", name="uq_disputes_processor_id"),
    )
    op.create_index("ix_disputes_session_id", "disputes", ["session_id"])
    op.create_index(
        "ix_disputes_operator_id_world_id_opened_at_id",
        "disputes",
        ["operator_id", "world_id", "opened_at", "id"],
    )


def _payout_accounts() -> None:
    op.create_table(
        "payout_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("world_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.String(length=100), nullable=True),
        sa.Column("charges_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name="fk_payout_accounts_operator_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payout_accounts"),
    )
    op.create_index("uq_payout_accounts_world", "payout_accounts", ["operator_id", "world_id"], unique=True)
    op.create_index("ix_payout_accounts_account_id", "payout_accounts", ["account_id"])
