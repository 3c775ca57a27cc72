"""Walk along the chains of seals, page by page, and compare every entry with its seal."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import FromClause, Row, Select, select, tuple_

from app import database
from app.domain.seals import Chain, Finding, Link
from app.models import AuditEntry, AuditSeal
from app.services.audit_rows import Columns, Raw, raw, raw_id

Note = Callable[[Finding], None]

PAGE = 1_000

_entries: FromClause = AuditEntry.__table__
_seals: FromClause = AuditSeal.__table__
_number, _entry_id = raw(_seals.c.number), raw(_seals.c.entry_id)


def operators(only: UUID | None = None) -> Iterator[Raw]:
    """Give one operator, or all that have seals, whatever their ids look like by now."""
    if only is not None:
        yield raw_id(only)
        return
    ids = raw(_seals.c.operator_id)
    wanted = select(ids).order_by(ids).limit(1)
    found = _first(wanted)
    while found is not None:
        yield found
        found = _first(wanted.where(ids > found))


def walk(operator_id: Raw, note: Note) -> int:
    """Follow the chain of one operator to its end; return how many entries are sealed in it."""
    chain = Chain()
    last: Row[Any] | None = None
    while page := _page(operator_id, last):
        for _, link in page:
            for finding in chain.follow(link):
                note(finding)
        last = page[-1][0]
    return chain.entries


def _first(wanted: Select[Any]) -> Raw:
    with database.reading() as db:
        return db.scalar(wanted)


def _page(operator_id: Raw, last: Row[Any] | None) -> Sequence[tuple[Row[Any], Link]]:
    with database.reading() as db:
        seal, entry = Columns.of(AuditSeal, db), Columns.of(AuditEntry, db)
        both = _seals.outerjoin(_entries, _entries.c.id == _seals.c.entry_id)
        links = select(_number, _entry_id, *seal.selected, *entry.selected).select_from(both)
        wanted = links.where(raw(_seals.c.operator_id) == operator_id)
        if last is not None:
            wanted = wanted.where(tuple_(_number, _entry_id) > tuple(last)[:2])
        rows = db.execute(wanted.order_by(_number, _entry_id).limit(PAGE)).all()
    return [(row, _link(row, seal, entry)) for row in rows]


def _link(row: Row[Any], seal: Columns, entry: Columns) -> Link:
    found = entry.read(row, start=2 + len(seal.names))
    return Link(seal.read(row, start=2), None if found["id"] is None else found)
