"""What an application may do in a PostgreSQL database that belongs to somebody else.

Two roles: one owns the tables and migrates, one is granted what serving takes. The second can neither change
nor delete a row of the audit log or the ledger, nor lift the triggers that refuse it, because the tables are
not its own.
"""

from sqlalchemy import Connection, Engine, text

from app.models import Base

GROW_ONLY = ("audit_log", "audit_seals", "audit_checkpoints", "ledger_entries")


class GrantRefused(RuntimeError):
    """A role cannot be held to its grants; the message says why."""


def grant(engine: Engine, role: str) -> None:
    """Let a role serve from this database and no more; raise GrantRefused for one that could help itself."""
    if engine.dialect.name != "postgresql":
        raise GrantRefused("SQLite has no roles; whoever may write its file may do anything.")
    with engine.begin() as connection:
        _require_harmless(connection, role)
        for statement in _statements(engine.dialect.identifier_preparer.quote(role)):
            connection.execute(text(statement))


def owns_audit_log(connection: Connection) -> bool:
    """Tell whether whoever is connected could lift the guards of the audit log."""
    return _could_lift_guards(connection, str(connection.scalar(text("SELECT current_user"))))


def _require_harmless(connection: Connection, role: str) -> None:
    if connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}) is None:
        raise GrantRefused(f"There is no role {role}. Make it with: CREATE ROLE {role} LOGIN PASSWORD '…'")
    if _could_lift_guards(connection, role):
        raise GrantRefused(f"The role {role} owns the tables, or is a superuser; grants hold it to nothing.")


def _could_lift_guards(connection: Connection, role: str) -> bool:
    could = (
        "SELECT rolsuper OR EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema() "
        "AND tablename = 'audit_log' AND pg_has_role(rolname, tableowner, 'MEMBER')) "
        "FROM pg_roles WHERE rolname = :role"
    )
    return bool(connection.scalar(text(could), {"role": role}))


def _statements(role: str) -> list[str]:
    tables = [table.name for table in Base.metadata.sorted_tables]
    changing = ", ".join(name for name in tables if name not in GROW_ONLY)
    growing = ", ".join(GROW_ONLY)
    return [
        f"REVOKE ALL ON {changing}, {growing}, alembic_version FROM {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {changing} TO {role}",
        f"GRANT SELECT, INSERT ON {growing} TO {role}",
        f"GRANT SELECT ON alembic_version TO {role}",
    ]
