"""What an API key stands for: remembered for a moment, else read from the database."""

from datetime import datetime

from sqlalchemy import bindparam, select

from app import queries
from app.domain import api_keys, clock
from app.domain.callers import KeyIdentity, ProjectRef
from app.models import ApiKey, Operator, Project
from app.queries import Row
from app.services import key_memory, key_uses, project_budgets
from app.services import scopes as rights
from app.services.key_memory import KeyReading

_STANDING = (
    select(
        ApiKey.id,
        ApiKey.scopes,
        ApiKey.budgets,
        ApiKey.expires_at,
        ApiKey.last_used_at,
        Project.id.label("project_id"),
        Project.operator_id,
        Project.kind,
        Project.budgets.label("project_budgets"),
        Project.granted_budgets,
        Project.end_user_budget,
        Operator.plan,
    )
    .join(Project, Project.id == ApiKey.project_id)
    .join(Operator, Operator.id == Project.operator_id)
    .where(ApiKey.key_hash == bindparam("key_hash"), ApiKey.revoked_at.is_(None))
)
"""What a key stands for, as long as it was not revoked."""


def remembered(token: str) -> KeyReading | None:
    """Return what a key stood for a moment ago, if that is known without asking anybody."""
    reading = key_memory.recall(token)
    return None if reading is None or is_over(reading.identity.expires_at) else reading


def resolve(token: str) -> KeyIdentity | None:
    """Return what a key stands for; None for one that is malformed, unknown, revoked or expired."""
    reading = read(token)
    return None if reading is None else reading.identity


def read(token: str) -> KeyReading | None:
    """Ask the database what a key stands for, and remember it; None as `resolve` has it."""
    if not api_keys.is_well_formed(token):
        return None
    asked = key_memory.now()
    with queries.reading() as look_up:
        found = look_up(_STANDING, {"key_hash": api_keys.hash_of(token)})
    if not found or is_over(found[0].expires_at):
        return None
    key_uses.note(found[0].id, last_used_at=found[0].last_used_at)
    reading = KeyReading(_identity(found[0]), asked)
    key_memory.remember(token, reading)
    return reading


def _identity(found: Row) -> KeyIdentity:
    return KeyIdentity(
        key_id=found.id,
        project=ProjectRef(
            id=found.project_id, operator_id=found.operator_id, kind=found.kind, plan=found.plan
        ),
        # A plan that was lowered takes its scopes from keys that were made before.
        scopes=rights.allowed(found.plan).intersection(found.scopes),
        expires_at=found.expires_at,
        budgets={
            **project_budgets.standing(found.project_budgets, found.granted_budgets),
            **found.budgets,
        },
        end_user_budget=found.end_user_budget,
    )


def is_over(expires_at: datetime | None) -> bool:
    """Tell whether a key with this expiry has ended."""
    return expires_at is not None and expires_at <= clock.now()
