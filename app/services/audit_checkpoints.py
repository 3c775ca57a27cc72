"""Sign how far each operator's chain goes, so that not even who owns the database can write it anew.

A checkpoint is worth most where the database's owner cannot reach it: export it, and keep it elsewhere.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app import database
from app.domain import clock, seals
from app.domain.seals import Stored
from app.models import AuditCheckpoint, AuditSeal, Operator
from app.models.base import microseconds
from app.services import audit_keys, audit_seals, rows
from app.services.audit_keys import SigningKey

AT_MOST_EVERY = timedelta(hours=1)

_PAGE = 500
_START = UUID(int=0)
_log = logging.getLogger("parkgraph.audit")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed word: at this time the seal of this number had this hash."""

    operator_id: UUID
    number: int
    hash: str
    signed_at: datetime
    key_id: str
    signature: str = ""

    def stored(self) -> Stored:
        """Return the row as a database would hold it."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        values["signed_at"] = microseconds(self.signed_at)
        return {name: seals.stored(values[name]) for name in sorted(values)}


def sign_due() -> int:
    """Sign every chain that grew and has no checkpoint of the last hour; return how many."""
    return sign(before=clock.now() - AT_MOST_EVERY)


def sign(*, before: datetime | None = None, operator_id: UUID | None = None) -> int:
    """Sign the chains that grew, if their last checkpoint is older than `before`; return how many.

    Raise AuditKeyError where the key cannot be used.
    """
    made = 0
    for operators in _operators(operator_id):
        due = [each for each in _grown(operators) if _may_sign(each, before)]
        if due:
            key = audit_keys.signing_key()
            made += sum(_sign(key, each) for each in due)
    return made


def latest(operator_id: UUID | None = None) -> Iterator[Checkpoint]:
    """Give the last checkpoint of one operator, or of every one."""
    for operators in _operators(operator_id):
        for each in operators:
            with database.reading() as db:
                found = _last(db, each)
            if found is not None:
                yield found


def every(operator_id: UUID | None = None) -> Iterator[Checkpoint]:
    """Give every checkpoint of one operator, or of every one, oldest first."""
    for operators in _operators(operator_id):
        for each in operators:
            number = 0
            while page := _page(each, after=number):
                yield from page
                number = page[-1].number


def _operators(only: UUID | None) -> Iterator[Sequence[UUID]]:
    if only is not None:
        yield [only]
        return
    last = _START
    while True:
        wanted = select(Operator.id).where(Operator.id > last).order_by(Operator.id).limit(_PAGE)
        with database.reading() as db:
            page = db.scalars(wanted).all()
        if not page:
            return
        yield page
        last = page[-1]


def _grown(operators: Sequence[UUID]) -> Sequence[UUID]:
    """Choose the operators whose chain is longer than their last checkpoint says."""
    head = _newest(AuditSeal.number, AuditSeal.operator_id == Operator.id)
    signed = _newest(AuditCheckpoint.number, AuditCheckpoint.operator_id == Operator.id)
    is_longer = head > func.coalesce(signed, 0)
    with database.reading() as db:
        return db.scalars(select(Operator.id).where(Operator.id.in_(operators), is_longer)).all()


def _newest(number: InstrumentedAttribute[int], of_operator: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(number).where(of_operator).order_by(number.desc()).limit(1).scalar_subquery()


def _may_sign(operator_id: UUID, before: datetime | None) -> bool:
    with database.reading() as db:
        last = _last(db, operator_id)
        if last is None:
            return True
        is_fresh = before is not None and last.signed_at > before
        return not is_fresh and _still_holds(db, last)


def _still_holds(db: Session, checkpoint: Checkpoint) -> bool:
    """Refuse to sign a chain that contradicts what was signed before."""
    seal = AuditSeal.operator_id == checkpoint.operator_id, AuditSeal.number == checkpoint.number
    if db.scalar(select(AuditSeal.hash).where(*seal)) == checkpoint.hash:
        return True
    _log.error(
        "The audit log of operator %s is not what was signed: seal %d differs. Run parkgraph audit verify.",
        checkpoint.operator_id,
        checkpoint.number,
    )
    return False


def _sign(key: SigningKey, operator_id: UUID) -> bool:
    with database.reading() as db:
        number, hash_ = audit_seals.head_of(db, operator_id)
    unsigned = Checkpoint(operator_id, number, hash_, clock.now(), key.id)
    row = {name: getattr(unsigned, name) for name in unsigned.__slots__}
    row["signature"] = key.sign(seals.words(unsigned.stored()))
    with database.transaction() as db:
        made = rows.add_unless_there(db, AuditCheckpoint, row)
    if made:  # the log is one more place that the database's owner may not reach
        _log.info("audit checkpoint: operator %s, seal %d, hash %s", operator_id, number, hash_)
    return made


def _last(db: Session, operator_id: UUID) -> Checkpoint | None:
    newest = _of(operator_id).order_by(AuditCheckpoint.number.desc()).limit(1)
    found = db.scalar(newest)
    return None if found is None else _checkpoint(found)


def _page(operator_id: UUID, *, after: int) -> Sequence[Checkpoint]:
    later = _of(operator_id).where(AuditCheckpoint.number > after)
    with database.reading() as db:
        rows = db.scalars(later.order_by(AuditCheckpoint.number).limit(_PAGE)).all()
    return [_checkpoint(row) for row in rows]


def _of(operator_id: UUID) -> Select[AuditCheckpoint]:
    return select(AuditCheckpoint).where(AuditCheckpoint.operator_id == operator_id)


def _checkpoint(row: AuditCheckpoint) -> Checkpoint:
    return Checkpoint(**{name: getattr(row, name) for name in Checkpoint.__slots__})
