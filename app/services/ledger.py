"""The ledger: what was captured, given back and paid out, posted in the transaction that learned of it.

Whoever posts holds the session's lock, so the postings of a session come one after another.
"""

from collections.abc import Iterable, Mapping
from typing import cast
from uuid import UUID

from sqlalchemy import Table, bindparam, func, select
from sqlalchemy.orm import Session

from app import database, queries
from app.domain import clock
from app.domain.ids import uuid7
from app.domain.ledger import EntryKind, HoldMoney, Posted, Posting, postings
from app.domain.money import Money
from app.gateways.card_payments import HoldSnapshot
from app.models import Hold, LedgerEntry
from app.queries import Row
from app.services import projects, rows, settlement_subjects
from app.services.rows import Values
from app.services.settlement_subjects import Subject

_entries: Table = cast(Table, LedgerEntry.__table__)

_POSTED = (
    select(*_entries.c["hold_id", "kind"], func.sum(LedgerEntry.amount_minor).label("minor"))
    .where(LedgerEntry.session_id == bindparam("session_id"), LedgerEntry.account == "operator")
    .group_by(LedgerEntry.hold_id, LedgerEntry.kind)
)


def post(
    db: Session,
    subject: Subject,
    snapshot: HoldSnapshot,
    *,
    refund_id: UUID | None = None,
    dispute_id: UUID | None = None,
) -> None:
    """Post what changed of a hold's money since it was posted last; nothing, where nothing did.

    The ids say by what it was learned.
    """
    hold, currency = subject.hold, subject.session.currency
    if not hold.captured_minor:
        return
    posted = _posted(db, subject)
    now = HoldMoney(
        captured=Money(hold.captured_minor, currency),
        refunded=Money(hold.refunded_minor, currency),
        disputed=Money(hold.disputed_minor, currency),
        paid_out=snapshot.paid_out if _is_news(hold, snapshot) else posted.paid_out,
    )
    new = postings(now, posted=posted)
    if new:
        about = {**_about(db, subject), "refund_id": refund_id, "dispute_id": dispute_id}
        rows.add_all(db, LedgerEntry, [row for posting in new for row in _rows(posting, about)])


def _is_news(hold: Hold, snapshot: HoldSnapshot) -> bool:
    """Tell whether a snapshot knows all that went back; what was paid out is as old as the rest of it."""
    return snapshot.amount_refunded.minor >= hold.refunded_minor


def _posted(db: Session, subject: Subject) -> Posted:
    found = queries.execute(database.connection_of(db), _POSTED, {"session_id": subject.session.id})
    nothing = Money.zero(subject.session.currency)
    mine = {row.kind: _money(row, subject) for row in found if row.hold_id == subject.hold.id}
    others = [row for row in found if row.hold_id != subject.hold.id]
    return Posted(
        of_hold=mine,
        elsewhere=_sum(nothing, (_money(row, subject) for row in others if row.kind in _KEPT)),
        fee=_sum(nothing, (_money(row, subject) for row in found if row.kind == "fee")),
    )


_KEPT: tuple[EntryKind, ...] = ("charge", "refund", "dispute")
"""What adds up to what is kept."""


def _money(row: Row, subject: Subject) -> Money:
    return Money(int(row.minor), subject.session.currency)


def _sum(nothing: Money, amounts: Iterable[Money]) -> Money:
    return sum(amounts, start=nothing)


def _about(db: Session, subject: Subject) -> Values:
    session, is_live = subject.session, subject.project.kind == "live"
    return {
        "operator_id": session.operator_id,
        "world_id": settlement_subjects.world_of(subject),
        "project_id": session.project_id,
        "session_id": session.id,
        "hold_id": subject.hold.id,
        "currency": session.currency,
        "created_at": clock.now() if is_live else projects.now(db, session.project_id),
    }


def _rows(posting: Posting, about: Mapping[str, object]) -> list[Values]:
    posting_id = uuid7()
    return [
        {
            **about,
            "id": uuid7(),
            "posting_id": posting_id,
            "kind": posting.kind,
            "account": account,
            "amount_minor": amount.minor,
        }
        for account, amount in posting.entries
    ]
