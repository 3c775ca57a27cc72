"""Verify the ledger: does every posting balance, and does it say of each session what its holds say?

Sessions are read some at a time, each lot of them in one statement, so that a payment that is settled
meanwhile is seen wholly or not at all. Which ones come next is asked of two indexes in the order of sessions'
ids, a page of each, so that a page costs the same whatever the ledger has grown to.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Subquery, case, func, select, union
from sqlalchemy.orm import InstrumentedAttribute

from app import database
from app.domain.ledger import shares
from app.domain.money import Money
from app.models import Hold, LedgerEntry, ParkingSession

PAGE = 500

Page = Sequence[Row[Any]]


@dataclass(frozen=True, slots=True)
class Imbalance:
    """One thing that is wrong with a session's postings."""

    session_id: UUID
    message: str

    def __str__(self) -> str:
        return f"session {self.session_id}: {self.message}"


@dataclass(slots=True)
class Verdict:
    """What a look at the ledger came to."""

    sessions: int = 0
    findings: int = 0


def verify(*, report: Callable[[Imbalance], object], goes_on: Callable[[], bool] = lambda: True) -> Verdict:
    """Compare the ledger with every session of which something was captured, and report what differs.

    Before each page `goes_on` is asked whether there is to be another one.
    """
    verdict = Verdict()
    for page in _pages(goes_on):
        verdict.sessions += len(page)
        for finding in _findings(page):
            verdict.findings += 1
            report(finding)
    return verdict


def _pages(goes_on: Callable[[], bool]) -> Iterator[Page]:
    after = UUID(int=0)
    while goes_on() and (session_ids := _some(after)):
        with database.reading() as db:
            page = db.execute(_wanted(session_ids)).all()
        yield page
        after = session_ids[-1]


def _some(after: UUID) -> Sequence[UUID]:
    """Find the next sessions with money in their holds or in the ledger, by their ids."""
    captured = _first(Hold.session_id, after, Hold.captured_minor > 0)
    entered = _first(LedgerEntry.session_id, after)
    both = union(captured, entered).subquery()
    with database.reading() as db:
        return db.scalars(select(both.c.session_id).order_by(both.c.session_id).limit(PAGE)).all()


def _first(session_id: InstrumentedAttribute[UUID], after: UUID, *only: ColumnElement[bool]) -> Select[UUID]:
    """Select a page of a table's sessions: none that both tables' next page has is behind it."""
    wanted = select(session_id).where(session_id > after, *only).distinct().order_by(session_id).limit(PAGE)
    return select(wanted.subquery().c.session_id)  # SQLite wants a part of a UNION that is cut short wrapped


def _findings(page: Page) -> Iterator[Imbalance]:
    unbalanced = _unbalanced([row.id for row in page])
    for row in page:
        for posting_id, minor in unbalanced.get(row.id, ()):
            off = Money(minor, row.currency)
            yield Imbalance(row.id, f"posting {posting_id} does not balance; it is {off} off.")
        yield from _compared(row)


def _compared(row: Row[Any]) -> Iterator[Imbalance]:
    kept, posted = Money(int(row.kept), row.currency), Money(-int(row.driver), row.currency)
    fee, taken = shares(kept).platform_fee, Money(int(row.platform), row.currency)
    if posted != kept:
        yield Imbalance(row.id, f"the holds kept {kept}, and the ledger says {posted}.")
    if taken != fee:
        yield Imbalance(row.id, f"the platform's fee is {fee}, and the ledger says {taken}.")


def _unbalanced(session_ids: Sequence[UUID]) -> dict[UUID, list[tuple[UUID, int]]]:
    off = func.sum(LedgerEntry.amount_minor)
    wanted = (
        select(LedgerEntry.session_id, LedgerEntry.posting_id, off.label("off"))
        .where(LedgerEntry.session_id.in_(session_ids))
        .group_by(LedgerEntry.session_id, LedgerEntry.posting_id)
        .having(off != 0)
    )
    found: dict[UUID, list[tuple[UUID, int]]] = {}
    with database.reading() as db:
        for row in db.execute(wanted):
            found.setdefault(row.session_id, []).append((row.posting_id, int(row.off)))
    return found


def _wanted(session_ids: Sequence[UUID]) -> Select[*tuple[Any, ...]]:
    held, posted = _held(session_ids), _posted(session_ids)
    return (
        select(
            ParkingSession.id,
            ParkingSession.currency,
            func.coalesce(held.c.kept, 0).label("kept"),
            func.coalesce(posted.c.driver, 0).label("driver"),
            func.coalesce(posted.c.platform, 0).label("platform"),
        )
        .outerjoin(held, held.c.session_id == ParkingSession.id)
        .outerjoin(posted, posted.c.session_id == ParkingSession.id)
        .where(ParkingSession.id.in_(session_ids))
        .order_by(ParkingSession.id)
    )


def _held(session_ids: Sequence[UUID]) -> Subquery:
    kept = func.sum(Hold.captured_minor - Hold.refunded_minor - Hold.disputed_minor)
    wanted = select(Hold.session_id, kept.label("kept")).where(Hold.session_id.in_(session_ids))
    return wanted.group_by(Hold.session_id).subquery()


def _posted(session_ids: Sequence[UUID]) -> Subquery:
    def of(account: str) -> ColumnElement[int]:
        mine = case((LedgerEntry.account == account, LedgerEntry.amount_minor), else_=0)
        return func.sum(mine).label(account)

    wanted = select(LedgerEntry.session_id, of("driver"), of("platform"))
    return wanted.where(LedgerEntry.session_id.in_(session_ids)).group_by(LedgerEntry.session_id).subquery()
