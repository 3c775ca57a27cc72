"""What the audit log holds of a session: in both operators' logs, where its project is not the lot's."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.domain.callers import Caller
from app.services import audit
from app.services.settlement_subjects import Subject


def append(db: Session, caller: Caller, subject: Subject, action: str, diff: Mapping[str, Any]) -> None:
    """Write down what was done to a session, in the transaction that did it."""
    session = subject.session
    audit.append(
        db,
        caller,
        action,
        operator_id=session.operator_id,
        other_operator_id=subject.project.operator_id,
        subject=("session", session.id),
        lot_id=session.lot_id,
        diff=diff,
    )
