"""Refunds that came to nothing after all: the bank sent the money back, days after it was taken as given.

The row says so then, and what depends on it comes back: what the session's payment shows, the operator's
share, the ledger.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain.callers import Caller
from app.domain.money import Money
from app.gateways.card_payments import HoldSnapshot
from app.gateways.payment_records import RefundRecord
from app.models import Refund
from app.services import events, ledger, refund_parts, session_audit, settlements
from app.services.settlement_subjects import Subject


def note(
    db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot, records: Sequence[RefundRecord]
) -> None:
    """Write down which refunds of a hold have failed by now, and how much of it is really gone."""
    failed = refund_parts.fail(db, subject.hold, _failed(records))
    for refund_id, part in failed:
        _undo(db, caller, subject, refund_id, part)
    ours = refund_parts.asked_for(db, subject.hold, "done")
    gone = max(ours, snapshot.amount_refunded.minor)
    if gone >= subject.hold.refunded_minor:
        return
    settlements.note_refunded(db, caller, subject, gone)
    ledger.post(db, subject, snapshot, refund_id=failed[0][0] if len(failed) == 1 else None)
    for refund_id, _ in failed:
        _tell(db, subject, refund_parts.refund(db, refund_id))
    if not failed:  # it was given back in the processor's dashboard
        events.of_session(db, "refund.failed", subject)


def _tell(db: Session, subject: Subject, refund: Refund) -> None:
    """Tell of a refund that came back; of one that other holds still owe, only once it is settled."""
    if refund.status != "pending":
        events.of_refund(db, "refund.failed", subject, refund)


def _failed(records: Sequence[RefundRecord]) -> Collection[str]:
    return {record.mark for record in records if record.has_failed and record.mark is not None}


def _undo(db: Session, caller: Caller, subject: Subject, refund_id: UUID, amount_minor: int) -> None:
    session = subject.session
    refund_parts.settle(db, refund_id, session.id)
    amount = Money(amount_minor, session.currency).to_major()
    diff = {"refund_id": str(refund_id), "amount": amount}
    session_audit.append(db, caller, subject, "session.refund_failed", diff)
