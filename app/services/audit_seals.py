"""Seal the audit log: link every entry into its operator's chain, soon after it was written.

Entries may come late, since agents' calls wait on disk while the database is away, and transactions commit in
any order. So the last minutes are looked at often, and everything else again and again, a part at a time.
Several workers may do it: the primary key of a seal decides who has a number, and who lost tries again.
"""

import logging
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import database
from app.domain import clock, ids, seals
from app.domain.seals import Stored
from app.models import AuditEntry, AuditSeal
from app.models.base import microseconds
from app.services.audit_rows import Columns, Raw, raw, raw_id

RECENT_SECONDS = 600.0
STRETCH = 10_000
"""Entries that are looked at in one statement."""
BATCH = 250
"""Entries that are sealed in one transaction, which on SQLite keeps other writers waiting."""
MOST_AT_ONCE = 20_000
"""Entries that are sealed in one round of the worker, which has other things to do."""

_log = logging.getLogger(__name__)
_TRIES = 5
_entry_id = raw(AuditEntry.__table__.c.id)
_sealed_id = raw(AuditSeal.__table__.c.entry_id)

Stretch = tuple[Raw | None, Raw | None]
"""Entries whose id lies after the first and not after the second; None is the log's beginning or end."""


def seal_recent() -> int:
    """Seal what was written in the last ten minutes; return how many entries that were."""
    return _seal_from(raw_id(ids.first_of(seconds_ago=RECENT_SECONDS)))


def seal_all() -> int:
    """Seal every entry that has no seal, however many they are; return how many that were."""
    return sum(_seal_stretch(stretch) for stretch in _stretches())


class Patrol:
    """Walk through the whole log, a part in each round, and seal what came late."""

    def __init__(self) -> None:
        self._reached: Raw | None = None

    def go_on(self, *, stretches: int = 10) -> int:
        """Look at the next part, and return how many entries were sealed; after the end, begin again."""
        sealed = 0
        for _, stretch in zip(range(stretches), _stretches(self._reached), strict=False):
            sealed += _seal_stretch(stretch)
            self._reached = stretch[1]
        return sealed


def _seal_from(start: Raw) -> int:
    sealed = 0
    for stretch in _stretches(start):
        sealed += _seal_stretch(stretch)
        if sealed >= MOST_AT_ONCE:
            break  # the next round goes on
    return sealed


def unsealed(operator_id: UUID | None = None) -> int:
    """Count the entries that have no seal yet, of one operator or of all."""
    waiting = 0
    for stretch in _stretches():
        wanted = _unsealed(stretch, func.count())
        if operator_id is not None:
            wanted = wanted.where(AuditEntry.operator_id == operator_id)
        with database.reading() as db:
            waiting += db.scalars(wanted).one()
    return waiting


def _stretches(start: Raw | None = None) -> Iterator[Stretch]:
    """Divide the log from an id on, in the order of its ids; the last part is open to what comes."""
    while True:
        end = _end_of_stretch(start)
        yield start, end
        if end is None:
            return
        start = end


def _end_of_stretch(start: Raw | None) -> Raw | None:
    later = select(_entry_id).where(*_within(_entry_id, (start, None))).order_by(_entry_id)
    with database.reading() as db:
        return db.scalar(later.offset(STRETCH - 1).limit(1))


def _within(column: ColumnElement[Raw], stretch: Stretch) -> list[ColumnElement[bool]]:
    start, end = stretch
    bounds = [] if start is None else [column > start]
    return bounds if end is None else [*bounds, column <= end]


def _seal_stretch(stretch: Stretch) -> int:
    start, end = stretch
    sealed = lost = 0
    while lost < _TRIES and (entries := _waiting((start, end))):
        try:
            sealed += _link(entries)
        except IntegrityError:
            lost += 1  # another worker was faster; what it left is looked up anew
        else:
            start = raw_id(_id(entries[-1]["id"]))
    return sealed


def _waiting(stretch: Stretch) -> Sequence[Stored]:
    """Read the oldest entries that have no seal."""
    with database.reading() as db:
        columns = Columns.of(AuditEntry, db)
        oldest = _unsealed(stretch, *columns.selected).order_by(_entry_id).limit(BATCH)
        entries = [columns.read(row) for row in db.execute(oldest)]
    return [entry for entry in entries if _is_sealable(entry)]


def _is_sealable(entry: Stored) -> bool:
    """Tell whether an entry's ids are ids; only SQLite takes others, and only from somebody else's hand."""
    if all(seals.is_id(entry[name]) for name in ("id", "operator_id")):
        return True
    _log.error("An entry of the audit log cannot be sealed; its id is %s.", seals.shown(entry["id"]))
    return False


def _unsealed(stretch: Stretch, *columns: Any) -> Select[Any]:
    # Said of both tables, so that both are read over this stretch of their indexes only.
    sealed = select(_sealed_id).where(_sealed_id == _entry_id, *_within(_sealed_id, stretch))
    entries = select(*columns).select_from(AuditEntry).where(*_within(_entry_id, stretch))
    return entries.where(~sealed.exists())


@database.retried
def _link(entries: Sequence[Stored]) -> int:
    """Append entries to the chains of their operators; raise IntegrityError where another worker did."""
    at = clock.now()
    rows: list[dict[str, Any]] = []
    heads: dict[UUID, tuple[int, str]] = {}
    with database.transaction() as db:
        for entry in entries:
            operator_id = _id(entry["operator_id"])
            head = heads.get(operator_id) or head_of(db, operator_id)
            row = _seal(entry, after=head) | {"sealed_at": at}
            row["hash"] = seals.seal_hash(head[1], _as_stored(row))
            heads[operator_id] = row["number"], row["hash"]
            rows.append(row)
        db.execute(insert(AuditSeal), rows)
    return len(rows)


def head_of(db: Session, operator_id: UUID) -> tuple[int, str]:
    """Return the number and the hash of an operator's last seal; number 0 before the first."""
    last = select(AuditSeal.number, AuditSeal.hash).where(AuditSeal.operator_id == operator_id)
    found = db.execute(last.order_by(AuditSeal.number.desc()).limit(1)).first()
    return (0, seals.FIRST) if found is None else (found.number, found.hash)


def _seal(entry: Stored, *, after: tuple[int, str]) -> dict[str, Any]:
    return {
        "operator_id": _id(entry["operator_id"]),
        "number": after[0] + 1,
        "entry_id": _id(entry["id"]),
        "entry_hash": seals.entry_hash(entry),
    }


def _as_stored(row: dict[str, Any]) -> Stored:
    values = row | {"sealed_at": microseconds(row["sealed_at"])}
    return {name: seals.stored(values[name]) for name in sorted(values)}


def _id(value: bytes | None) -> UUID:
    return UUID(seals.shown(value))
