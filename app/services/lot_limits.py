"""How many lots a sandbox may hold: anyone makes one, and nobody may fill the database so."""

from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.callers import ProjectRef
from app.domain.errors import Conflict
from app.models import Lot

MOST_IN_A_SANDBOX: Final = 1_000
"""Standing lots: one that was deleted makes room."""


def most_of(project: ProjectRef) -> int | None:
    """Return how many lots may stand in a project's world; None where as many as there are."""
    return MOST_IN_A_SANDBOX if project.kind == "sandbox" else None


def require_room(db: Session, world_id: UUID, *, most: int | None, more: int) -> None:
    """Let a world take so many lots more; raise Conflict where it would hold more than `most`.

    Ask in the transaction that adds them, and as the only writer of the operator's lots until it commits.
    """
    if most is None or not more:
        return
    standing = select(Lot.id).where(Lot.world_id == world_id, Lot.deleted_at.is_(None)).limit(most)
    held = db.scalars(select(func.count()).select_from(standing.subquery())).one()
    if held + more > most:
        raise _no_room(most)


def require_fitting(*, most: int | None, named: int) -> None:
    """Let a list be looked at; raise Conflict where it names more lots, new or known, than may stand."""
    if most is not None and named > most:
        raise _no_room(most)


def _no_room(most: int) -> Conflict:
    return Conflict(f"A sandbox holds at most {most:,} lots. This would make it hold more.")
