"""Worlds: the live lots that all live projects share, and one of its own for each sandbox."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain import clock
from app.domain.callers import LIVE_WORLD, Caller
from app.services import installation, projects


def of(caller: Caller) -> UUID:
    """Return the world that a caller sees; a stranger sees the public sandbox, where there is one."""
    if caller.project is not None:
        return caller.project.world_id
    return installation.settings().public_project or LIVE_WORLD


def now(db: Session, world_id: UUID) -> datetime:
    """Return what time it is in a world: only a sandbox's clock can be moved."""
    return clock.now() if world_id == LIVE_WORLD else projects.now(db, world_id)
