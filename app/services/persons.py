"""Plates and emails, each in the one erasable row that everything else refers to."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain import clock, emails, plates
from app.domain.ids import uuid7
from app.models import Person
from app.services import rows

Kind = Literal["plate", "email"]
_NORMALISE = {"plate": plates.normalise, "email": emails.normalise}


@dataclass(frozen=True, slots=True)
class Remembered:
    """A person, and how the plate or email was first written."""

    id: UUID
    shown: str


def remember(db: Session, *, operator_id: UUID, kind: Kind, shown: str) -> Remembered:
    """Return the person behind a plate or an email, known to this operator or new."""
    same = {"operator_id": operator_id, "kind": kind, "normalised": _NORMALISE[kind](shown)}
    person_id = uuid7()
    new = {**same, "id": person_id, "shown": shown, "created_at": clock.now()}
    if rows.add_unless_there(db, Person, new):
        return Remembered(person_id, shown)
    known = rows.find(db, Person, by=same)
    if known is None:
        raise LookupError("A person is neither new nor known.")
    return Remembered(known.id, known.shown or "")
