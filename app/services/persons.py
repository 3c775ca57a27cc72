"""Plates and emails, each in the one erasable row that everything else refers to."""

from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import database
from app.domain import clock, emails, plates
from app.domain.ids import uuid7
from app.models import Person

Kind = Literal["plate", "email"]
_NORMALISE = {"plate": plates.normalise, "email": emails.normalise}


def remember(db: Session, *, operator_id: UUID, kind: Kind, shown: str) -> UUID:
    """Return the person behind a plate or an email, known to this operator or new."""
    normalised = _NORMALISE[kind](shown)
    row = {
        "id": uuid7(),
        "operator_id": operator_id,
        "kind": kind,
        "normalised": normalised,
        "shown": shown,
        "created_at": clock.now(),
    }
    db.execute(database.insert(db, Person).values(row).on_conflict_do_nothing())
    same = Person.operator_id == operator_id, Person.kind == kind, Person.normalised == normalised
    return db.scalars(select(Person.id).where(*same)).one()
