"""The sandbox that a new installation begins with."""

from sqlalchemy import select

from app import database
from app.models import AuditEntry, Operator
from app.services import sandboxes


def exist() -> bool:
    """Tell whether a sandbox was made at the command line before, as opposed to over the API."""
    seeded = (
        select(Operator.id)
        .join(AuditEntry, AuditEntry.operator_id == Operator.id)
        .where(Operator.name == sandboxes.OPERATOR_NAME)
        .where(AuditEntry.action == "operator.create", AuditEntry.actor_type == "operator_cli")
    )
    with database.reading() as db:
        return db.execute(seeded.limit(1)).first() is not None
