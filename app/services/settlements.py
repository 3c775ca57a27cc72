"""What the processor's answer to an operation means for the session and its hold.

Every function joins the transaction that closes the operation, so answer and meaning are one commit.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain import clock
from app.domain import sessions as rules
from app.domain.callers import Caller
from app.domain.money import Money, split
from app.domain.webhooks import EventType
from app.gateways.card_payments import HoldSnapshot
from app.models import Hold, ParkingSession, Refund
from app.presenters.instants import instant
from app.services import audit, availability, events, installation, projects, rows
from app.services.settlement_subjects import Subject

SIMULATED_DRIVER_WAITS = timedelta(seconds=30)
HELD = "requires_capture"
"""The processor's word for money that is authorised and waits to be taken."""

_STAGES = {HELD: 1, "succeeded": 2, "canceled": 2}
"""How far a hold has come; all other statuses, before the driver authorised it, are 0."""
_OPEN_PAYMENTS = ("requires_authorization", "authorized")
REFUNDABLE = ("captured", "partially_refunded")
"""The payments of which there is something left to give back, and nothing owed."""
_TOLD_PAYMENTS: Mapping[str, EventType] = {
    "authorized": "payment.authorized",
    "captured": "payment.captured",
    "failed": "payment.failed",
    "past_due": "payment.failed",
}


def note_hold(db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot) -> None:
    """Write down what the processor says of a hold, and what follows for a session that still runs.

    What was asked before and is told after something newer says nothing: a hold never goes back, nor shrinks.
    """
    hold, session = subject.hold, subject.session
    if _stage(snapshot.status) < _stage(hold.status):
        return
    hold.payment_intent_id = snapshot.payment_intent_id
    hold.client_secret = snapshot.client_secret or hold.client_secret
    hold.status = snapshot.status
    hold.amount_minor = max(hold.amount_minor, snapshot.amount.minor)
    hold.capture_before = snapshot.capture_before
    if snapshot.is_authorized:
        _authorized(db, caller, subject, snapshot)
    elif snapshot.is_canceled and session.status == "active" and session.payment_status in _OPEN_PAYMENTS:
        _set_payment(db, caller, subject, "failed")
    refunded_minor = snapshot.amount_refunded.minor
    is_news = _note_refunds(db, caller, subject, refunded_minor)
    # Of a refund that was asked for here is told once it is settled.
    if is_news and refunded_minor > asked_for(db, hold, "pending", "succeeded"):
        events.of_session(db, "refund.created", subject)


def _stage(status: str) -> int:
    return _STAGES.get(status, 0)


def _authorized(db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot) -> None:
    hold = subject.hold
    hold.authorized_minor = max(hold.authorized_minor, snapshot.amount_capturable.minor)
    subject.session.grace_until = subject.session.simulated_at = None
    if subject.session.payment_status == "requires_authorization":
        _set_payment(db, caller, subject, "authorized")


def _note_refunds(db: Session, caller: Caller, subject: Subject, refunded_minor: int) -> bool:
    """Write down how much of a hold went back by now, and what is left of the operator's share.

    False where that is nothing new.
    """
    session, hold = subject.session, subject.hold
    if session.payment_status not in REFUNDABLE or refunded_minor <= hold.refunded_minor:
        return False
    hold.refunded_minor = refunded_minor
    subject.save(db)
    of_session = select(func.sum(Hold.captured_minor - Hold.refunded_minor)).where(
        Hold.session_id == session.id
    )
    kept = Money(int(db.scalar(of_session) or 0), session.currency)
    session.owner_payout_minor = split(kept).owner_payout.minor
    _set_payment(db, caller, subject, "refunded" if kept.is_zero else "partially_refunded")
    return True


def _set_payment(db: Session, caller: Caller, subject: Subject, status: str) -> None:
    before, subject.session.payment_status = subject.session.payment_status, status
    _log(db, caller, subject, f"payment.{status}", {"payment_status": [before, status]})
    _tell_of_payment(db, subject)


def _tell_of_payment(db: Session, subject: Subject) -> None:
    if told := _TOLD_PAYMENTS.get(subject.session.payment_status):
        events.of_session(db, told, subject)


def _log(db: Session, caller: Caller, subject: Subject, action: str, diff: Mapping[str, Any]) -> None:
    audit.append(
        db,
        caller,
        action,
        operator_id=subject.session.operator_id,
        other_operator_id=subject.project.operator_id,
        subject=("session", subject.session.id),
        lot_id=subject.session.lot_id,
        diff=diff,
    )


def _started(db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot) -> None:
    session = subject.session
    session.status = "active"
    grace = installation.settings().grace_minutes
    # Until now nobody could authorise anything, however long the processor took.
    session.grace_until = rules.grace_until(_now(db, subject), minutes=grace)
    if _driver_is_simulated(subject):
        session.simulated_at = session.started_at + SIMULATED_DRIVER_WAITS
    _log(db, caller, subject, "session.create", _facts_of(session, subject.hold))
    events.of_session(db, "session.created", subject)
    note_hold(db, caller, subject, snapshot)


def _now(db: Session, subject: Subject) -> datetime:
    """Tell the time in the session's project; only a sandbox's clock is ever moved."""
    return clock.now() if subject.project.kind == "live" else projects.now(db, subject.session.project_id)


def _driver_is_simulated(subject: Subject) -> bool:
    untouched = subject.params.get("payment_method") is None
    return untouched and subject.project.simulated_driver == "prompt"


def _facts_of(session: ParkingSession, hold: Hold) -> dict[str, Any]:
    return {
        "status": [None, session.status],
        "plate": [None, str(session.plate_id)],
        "planned_end_at": [None, instant(session.planned_end_at)],
        "hold": [None, Money(hold.amount_minor, session.currency).to_major()],
    }


def _not_started(db: Session, caller: Caller, subject: Subject) -> None:
    session = subject.session
    session.status, session.payment_status = "failed", "failed"
    subject.hold.status = "failed"
    _log(db, caller, subject, "payment.declined", {"status": ["starting", "failed"]})
    subject.save(db)
    availability.release(db, session.lot_id)


def _raised(db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot) -> None:
    session = subject.session
    before = session.planned_end_at
    session.planned_end_at = datetime.fromisoformat(subject.params["planned_end_at"])
    _log(
        db,
        caller,
        subject,
        "session.extend",
        {"planned_end_at": [instant(before), instant(session.planned_end_at)]},
    )
    events.of_session(db, "session.extended", subject)
    note_hold(db, caller, subject, snapshot)


def _captured(db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot) -> None:
    note_hold(db, caller, subject, snapshot)
    session, hold = subject.session, subject.hold
    hold.captured_minor = snapshot.amount_received.minor
    if snapshot.is_captured:  # then it was held, whether we had heard of it or not
        hold.authorized_minor = max(hold.authorized_minor, snapshot.amount.minor)
    covered = hold.captured_minor >= (session.subtotal_minor or 0)
    if session.status == "ending":
        _completed(db, caller, subject, "captured" if covered else "past_due")
    elif covered:
        _set_payment(db, caller, subject, "captured")


def _released(db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot) -> None:
    note_hold(db, caller, subject, snapshot)
    _not_needed(db, caller, subject)


def _not_needed(db: Session, caller: Caller, subject: Subject) -> None:
    if subject.session.status == "ending":
        _completed(db, caller, subject, "released")


def _not_captured(db: Session, caller: Caller, subject: Subject) -> None:
    if subject.session.status == "ending":
        _completed(db, caller, subject, "past_due")


def _completed(db: Session, caller: Caller, subject: Subject, payment_status: str) -> None:
    session = subject.session
    before = session.status, session.payment_status
    session.status, session.payment_status = "completed", payment_status
    session.grace_until = session.simulated_at = None
    money = Money(session.subtotal_minor or 0, session.currency)
    diff = {
        "status": ["active" if before[0] == "ending" else before[0], "completed"],
        "payment_status": [before[1], payment_status],
        "subtotal": [None, money.to_major()],
    }
    _log(db, caller, subject, "session.end", diff)
    events.of_session(db, "session.ended", subject)
    _tell_of_payment(db, subject)


def expired(db: Session, caller: Caller, subject: Subject) -> None:
    """End a session that nobody authorised within the grace time."""
    session = subject.session
    session.status, session.payment_status = "expired", "released"
    session.ended_at = _now(db, subject)
    session.grace_until = session.simulated_at = None
    _log(db, caller, subject, "session.expire", {"status": ["active", "expired"]})
    events.of_session(db, "session.expired", subject)


def _refunded(db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot) -> None:
    refund_id = UUID(subject.params["refund_id"])
    rows.change(db, Refund, by={"id": refund_id}, to={"status": "succeeded"})
    amount = Money(subject.params["amount_minor"], subject.session.currency)
    diff = {"refund_id": str(refund_id), "amount": amount.to_major(), "reason": subject.params["reason"]}
    _log(db, caller, subject, "session.refund", diff)
    ours = asked_for(db, subject.hold, "succeeded")
    _note_refunds(db, caller, subject, max(ours, snapshot.amount_refunded.minor))
    events.of_session(db, "refund.created", subject)


def asked_for(db: Session, hold: Hold, *statuses: str) -> int:
    """Add up the refunds of a hold that were asked for here, in minor units."""
    ours = select(func.sum(Refund.amount_minor)).where(
        Refund.session_id == hold.session_id,
        Refund.hold_id == hold.id,
        Refund.status.in_(statuses),
    )
    return int(db.scalar(ours) or 0)


def _not_refunded(db: Session, caller: Caller, subject: Subject) -> None:
    refund_id = subject.params["refund_id"]
    rows.change(db, Refund, by={"id": UUID(refund_id)}, to={"status": "failed"})
    _log(db, caller, subject, "session.refund_failed", {"refund_id": refund_id})


def _nothing(_db: Session, _caller: Caller, _subject: Subject) -> None:
    """Leave the session as it is: the refusal is about the operation alone."""


DONE: Mapping[str, Callable[[Session, Caller, Subject, HoldSnapshot], None]] = {
    "create_hold": _started,
    "raise_hold": _raised,
    "authorize": note_hold,
    "capture": _captured,
    "release": _released,
    "refund": _refunded,
}
REFUSED: Mapping[str, Callable[[Session, Caller, Subject], None]] = {
    "create_hold": _not_started,
    "raise_hold": _nothing,
    "authorize": _nothing,
    "capture": _not_captured,
    "release": _not_needed,  # nothing is due, and the hold runs out by itself
    "refund": _not_refunded,
}
