"""Operators: the companies that run lots."""

from uuid import UUID

from sqlalchemy.orm import Session

from app import database
from app.domain import clock
from app.domain.callers import Caller, Plan
from app.domain.errors import NotFound
from app.domain.ids import uuid7
from app.domain.names import require_name
from app.models import Operator
from app.services import audit


def create(caller: Caller, *, name: str, plan: Plan) -> Operator:
    """Take on an operator; raise BadRequest for a name that is none."""
    require_name(name)
    with database.transaction() as db:
        return add(db, caller, name=name, plan=plan)


def add(
    db: Session, caller: Caller, *, name: str, plan: Plan, connected_account: str | None = None
) -> Operator:
    """Take on an operator in an open transaction."""
    operator = Operator(
        id=uuid7(), name=name, plan=plan, connected_account=connected_account, created_at=clock.now()
    )
    db.add(operator)
    db.flush()
    audit.append(
        db,
        caller,
        "operator.create",
        operator_id=operator.id,
        subject=("operator", operator.id),
        diff={"name": name, "plan": plan},
    )
    return operator


def require(operator_id: UUID) -> None:
    """Raise NotFound where there is no such operator."""
    with database.reading() as db:
        get(db, operator_id)


def get(db: Session, operator_id: UUID) -> Operator:
    """Return an operator; raise NotFound."""
    operator = db.get(Operator, operator_id)
    if operator is None:
        raise NotFound("There is no operator with this id.")
    return operator
