"""The lots that an operator runs: its projects change these, each in its own world, and no others.

A lot is locked before its counter is touched, everywhere, so that no two changes wait for each other.
"""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.domain.callers import Caller
from app.models import Lot
from app.services import lot_search, projects


def for_change(db: Session, caller: Caller, lot_id: UUID) -> Lot:
    """Return one of the operator's lots and let nobody change it, or start a session in it, till the commit.

    Raise NotFound for a lot of another operator or another world, and for one that was deleted.
    """
    return _found(db, _theirs(caller, lot_id).with_for_update())


def for_report(db: Session, caller: Caller, lot_id: UUID) -> Lot:
    """Return one of the operator's lots, which stays as it is till the commit; sessions may go on starting.

    Raise NotFound for a lot of another operator or another world, and for one that was deleted.
    """
    # FOR SHARE: under FOR KEY SHARE, which a new session asks for, an import may change the capacity.
    return _found(db, _theirs(caller, lot_id).with_for_update(read=True))


def get(db: Session, caller: Caller, lot_id: UUID) -> Lot:
    """Return one of the operator's lots as it stands; raise NotFound as `for_change` does."""
    return _found(db, _theirs(caller, lot_id))


def _theirs(caller: Caller, lot_id: UUID) -> Select[Lot]:
    project = projects.of(caller)
    theirs = Lot.operator_id == project.operator_id, Lot.world_id == project.world_id
    return select(Lot).where(Lot.id == lot_id, Lot.deleted_at.is_(None), *theirs)


def _found(db: Session, wanted: Select[Lot]) -> Lot:
    lot = db.scalars(wanted).one_or_none()
    if lot is None:
        raise lot_search.no_such_lot()
    return lot
