"""Disputes: written down as the processor tells of them, with what follows for the session and the ledger.

While a bank has the money, and for good once the dispute is lost, it counts as not kept: the operator's share
shrinks as with a refund, and nothing of the payment can be given back a second time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app import database
from app.domain.bookmarks import Bookmark
from app.domain.callers import Caller
from app.domain.disputes import OVER, TAKEN_BACK, TAKING, DisputeStatus
from app.domain.errors import Conflict
from app.domain.ids import uuid7
from app.domain.money import Money
from app.gateways.card_payments import HoldSnapshot
from app.gateways.payment_records import DisputeRecord
from app.models import Dispute
from app.presenters.pages import Page
from app.services import events, ledger, projects, rows, session_audit, settlement_subjects, settlements
from app.services.settlement_subjects import Subject
from app.services.timelines import Timeline, Window

NEWEST = Timeline(Dispute.opened_at, Dispute.id)


@dataclass(frozen=True, slots=True)
class Filters:
    """What disputes to show, each only if given."""

    session_id: UUID | None = None
    status: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what a query is narrowed by."""
        given = {Dispute.session_id: self.session_id, Dispute.status: self.status}
        return [column == value for column, value in given.items() if value is not None]


def page(caller: Caller, window: Window, filters: Filters) -> Page[Dispute]:
    """Return the disputes of stays in the lots of the caller's operator, in its world, newest first."""
    project = projects.of(caller)
    theirs = Dispute.operator_id == project.operator_id, Dispute.world_id == project.world_id
    with database.reading() as db:
        found = db.scalars(NEWEST.newest(select(Dispute).where(*theirs, *filters.conditions()), window)).all()
    return window.page(found, lambda dispute: Bookmark(dispute.opened_at, dispute.id))


def refuse_refund(db: Session, session_id: UUID) -> None:
    """Raise Conflict where a bank has taken a session's money back already."""
    taken = select(Dispute.id).where(Dispute.session_id == session_id, Dispute.status.in_(TAKING))
    if db.scalar(taken.limit(1)) is not None:
        raise Conflict.of("session_id", TAKEN_BACK)


def note(
    db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot, records: Sequence[DisputeRecord]
) -> None:
    """Write down how the disputes of a hold stand, and tell of what is new of them."""
    changes = list(_changes(db, subject, records))
    taken = _taken(db, subject)
    if taken != subject.hold.disputed_minor:
        subject.hold.disputed_minor = taken
        settlements.share_anew(subject)
    ledger.post(db, subject, snapshot, dispute_id=changes[0].dispute.id if len(changes) == 1 else None)
    for change in changes:
        _tell(db, caller, subject, change)


@dataclass(frozen=True, slots=True)
class _Change:
    """A dispute as it stands now, and what it was before; None for one that is new."""

    dispute: Dispute
    before: DisputeStatus | None

    @property
    def is_opened(self) -> bool:
        """Tell whether it is new, or goes on after it was over, as an inquiry does that becomes a dispute."""
        return self.before is None or (self.before in OVER and self.dispute.status not in OVER)

    @property
    def is_closed(self) -> bool:
        return self.dispute.status in OVER


def _changes(db: Session, subject: Subject, records: Sequence[DisputeRecord]) -> Iterator[_Change]:
    for record in records:
        row = rows.find(db, Dispute, by={"processor_id": record.id})
        if row is None:
            yield _Change(_add(db, subject, record), None)
        elif row.status != record.status:
            yield _Change(_change(db, subject, rows.draft(Dispute, row._asdict()), record), row.status)


def _add(db: Session, subject: Subject, record: DisputeRecord) -> Dispute:
    session, hold = subject.session, subject.hold
    values = {
        "id": uuid7(),
        "processor_id": record.id,
        "session_id": session.id,
        "hold_id": hold.id,
        "operator_id": session.operator_id,
        "world_id": settlement_subjects.world_of(subject),
        "amount_minor": record.amount.minor,
        "currency": session.currency,
        "reason": record.reason,
        "status": record.status,
        "opened_at": record.opened_at,
        "closed_at": projects.now(db, session.project_id) if record.status in OVER else None,
    }
    rows.add(db, Dispute, values)
    return rows.draft(Dispute, values)


def _change(db: Session, subject: Subject, dispute: Dispute, record: DisputeRecord) -> Dispute:
    dispute.status, dispute.amount_minor = record.status, record.amount.minor
    dispute.closed_at = projects.now(db, subject.session.project_id) if record.status in OVER else None
    rows.save(db, dispute)
    return dispute


def _taken(db: Session, subject: Subject) -> int:
    of_hold = Dispute.session_id == subject.session.id, Dispute.hold_id == subject.hold.id
    return int(
        db.scalar(select(func.sum(Dispute.amount_minor)).where(*of_hold, Dispute.status.in_(TAKING))) or 0
    )


def _tell(db: Session, caller: Caller, subject: Subject, change: _Change) -> None:
    dispute = change.dispute
    what = "opened" if change.is_opened else "closed" if change.is_closed else "changed"
    amount = Money(dispute.amount_minor, dispute.currency)
    diff = {
        "dispute_id": str(dispute.id),
        "amount": amount.to_major(),
        "status": [change.before, dispute.status],
    }
    session_audit.append(db, caller, subject, f"dispute.{what}", diff)
    if change.is_opened:
        events.of_dispute(db, "dispute.opened", subject, dispute)
    if change.is_closed:
        events.of_dispute(db, "dispute.closed", subject, dispute)
