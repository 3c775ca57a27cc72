"""What the processor's answer to an operation means for the session and its hold.

Every function joins the transaction that closes the operation, so answer and meaning are one commit.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain import clock
from app.domain import sessions as rules
from app.domain.callers import Caller
from app.domain.errors import ParkGraphError, PaymentRequired
from app.domain.holds import FAILED, HELD, PLANNED, outstanding, payable, renewal_of, stage_of
from app.domain.ledger import owner_payout
from app.domain.money import Money
from app.domain.webhooks import EventType
from app.gateways.card_payments import HoldSnapshot, Overtaken
from app.models import Hold, ParkingSession
from app.presenters.instants import instant
from app.services import (
    availability,
    events,
    installation,
    ledger,
    mails,
    payment_operations,
    projects,
    refund_parts,
    reminders,
    session_audit,
    session_facts,
)
from app.services.payment_operations import SUPERSEDED
from app.services.settlement_subjects import Subject

SIMULATED_DRIVER_WAITS = timedelta(seconds=30)

_ORDER = ("open", "held", "over")
"""A hold passes these stages and never goes back."""
_OPEN_PAYMENTS = ("requires_authorization", "authorized")
_TOLD_PAYMENTS: Mapping[str, EventType] = {
    "authorized": "payment.authorized",
    "captured": "payment.captured",
    "failed": "payment.failed",
    "past_due": "payment.failed",
}


def note_hold(db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot) -> None:
    """Write down what the processor says of a hold, whoever had it do so, and what follows for its session.

    What was asked before and is told after something newer says nothing: a hold never goes back, nor shrinks.
    """
    hold, session = subject.hold, subject.session
    if _ORDER.index(stage_of(snapshot.status)) < _ORDER.index(stage_of(hold.status)):
        return
    _write_hold(hold, snapshot)
    if hold.capture_before != snapshot.capture_before:
        hold.capture_before, hold.renew_at = snapshot.capture_before, renewal_of(snapshot.capture_before)
    if snapshot.is_authorized:
        _authorized(db, caller, subject, snapshot)
    elif snapshot.is_captured:
        _note_captured(db, caller, subject, snapshot)
    elif snapshot.is_canceled and session.status == "active" and _nothing_is_held(db, subject):
        _set_payment(db, caller, subject, "failed")
    refunded_minor = snapshot.amount_refunded.minor
    is_news = _note_refunds(db, caller, subject, refunded_minor)
    # Of a refund that was asked for here is told once it is settled.
    if is_news and refunded_minor > refund_parts.asked_for(db, hold, "pending", "done"):
        events.of_session(db, "refund.created", subject)
    ledger.post(db, subject, snapshot)


def _write_hold(hold: Hold, snapshot: HoldSnapshot) -> None:
    hold.payment_intent_id = snapshot.payment_intent_id
    hold.client_secret = snapshot.client_secret or hold.client_secret
    hold.status = snapshot.status
    hold.amount_minor = max(hold.amount_minor, snapshot.amount.minor)


def _nothing_is_held(db: Session, subject: Subject) -> bool:
    """Tell whether a running session has lost what was held for it, and nothing is about to come instead."""
    if "renew_minor" in subject.params or payment_operations.pending_any(db, subject.session.id):
        return False
    statuses = {hold.status for hold in subject.holds}
    return subject.session.payment_status in _OPEN_PAYMENTS and statuses.isdisjoint({HELD, PLANNED})


def _note_captured(db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot) -> None:
    session, hold = subject.session, subject.hold
    hold.captured_minor = max(hold.captured_minor, snapshot.amount_received.minor)
    # Then it was held, whether we had heard of it or not.
    hold.authorized_minor = max(hold.authorized_minor, snapshot.amount.minor)
    _secured(db, caller, subject)
    if session.payment_status == "past_due" and payable(owed(subject)).is_zero:
        _set_payment(db, caller, subject, "captured")
        session.payment_status = _status_of(subject.captured, subject.refunded)
    share_anew(subject)


def _authorized(db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot) -> None:
    subject.hold.authorized_minor = max(subject.hold.authorized_minor, snapshot.amount_capturable.minor)
    _secured(db, caller, subject)


def _secured(db: Session, caller: Caller, subject: Subject) -> None:
    """Let a session go on as its driver wished, of which a hold is authorised, or was and is captured."""
    hold, session = subject.hold, subject.session
    session.grace_until = session.simulated_at = None
    if session.payment_status == "requires_authorization" or (
        session.payment_status == "failed" and session.status == "active"
    ):
        _set_payment(db, caller, subject, "authorized")
    if hold.extends_to is not None and session.status == "active":
        extends_to, hold.extends_to = hold.extends_to, None
        _prolong(db, caller, subject, extends_to)


def _prolong(db: Session, caller: Caller, subject: Subject, planned_end_at: datetime) -> None:
    session = subject.session
    before, session.planned_end_at = session.planned_end_at, max(session.planned_end_at, planned_end_at)
    session.remind_at = reminders.after_extension(db, session)
    diff = {"planned_end_at": [instant(before), instant(session.planned_end_at)]}
    session_audit.append(db, caller, subject, "session.extend", diff)
    events.of_session(db, "session.extended", subject)


def _note_refunds(db: Session, caller: Caller, subject: Subject, refunded_minor: int) -> bool:
    """Write down how much of a hold went back by now, and what is left of the operator's share.

    False where that is nothing new.
    """
    if refunded_minor <= subject.hold.refunded_minor:
        return False
    note_refunded(db, caller, subject, refunded_minor)
    return True


def note_refunded(db: Session, caller: Caller, subject: Subject, refunded_minor: int) -> None:
    """Write down how much of a hold went back by now, be it more or less than before.

    Of a session that runs, or is owed for, the payment stays what it is.
    """
    session, before = subject.session, subject.session.payment_status
    subject.hold.refunded_minor = refunded_minor
    share_anew(subject)
    status = _status_of(subject.captured, subject.refunded)
    if before in rules.MONEY_WAS_TAKEN:
        session.payment_status = status
    diff = {"payment_status": [before, session.payment_status]}
    session_audit.append(db, caller, subject, f"payment.{status}", diff)


def share_anew(subject: Subject) -> None:
    """Give the operator its part of what is kept."""
    kept = subject.captured - subject.refunded - subject.disputed
    subject.session.owner_payout_minor = owner_payout(kept).minor


def _status_of(captured: Money, refunded: Money) -> str:
    if refunded.is_zero:
        return "captured"
    return "refunded" if refunded >= captured else "partially_refunded"


def _set_payment(db: Session, caller: Caller, subject: Subject, status: str) -> None:
    before, subject.session.payment_status = subject.session.payment_status, status
    session_audit.append(db, caller, subject, f"payment.{status}", {"payment_status": [before, status]})
    _tell_of_payment(db, subject)


def _tell_of_payment(db: Session, subject: Subject) -> None:
    if told := _TOLD_PAYMENTS.get(subject.session.payment_status):
        events.of_session(db, told, subject)


def _started(db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot) -> None:
    session = subject.session
    if caller.actor.type == "worker" and not subject.params.get("may_be_repeated", True):
        _abandoned(db, caller, subject, snapshot)
        return
    session.status = "active"
    grace = installation.settings().grace_minutes
    # Until now nobody could authorise anything, however long the processor took.
    session.grace_until = rules.grace_until(_now(db, subject), minutes=grace)
    if _driver_is_simulated(subject):
        session.simulated_at = session.started_at + SIMULATED_DRIVER_WAITS
    session_audit.append(db, caller, subject, "session.create", _facts_of(session, subject.hold))
    events.of_session(db, "session.created", subject)
    note_hold(db, caller, subject, snapshot)


def _abandoned(db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot) -> None:
    """Start no session of which nobody can hear: its request was lost, and had no key to be sent again with.

    What is held is released afterwards.
    """
    _write_hold(subject.hold, snapshot)
    subject.hold.authorized_minor = snapshot.amount_capturable.minor
    _never_begun(db, caller, subject, "session.abandon")


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
    subject.hold.status = FAILED
    _never_begun(db, caller, subject, "payment.declined")


def _never_begun(db: Session, caller: Caller, subject: Subject, action: str) -> None:
    """Let a session that does not exist for anybody yet go, and its space with it."""
    session = subject.session
    session.status, session.payment_status = "failed", "failed"
    session_audit.append(db, caller, subject, action, {"status": ["starting", "failed"]})
    subject.save(db)
    availability.release(db, session.lot_id)


def _raised(db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot) -> ParkGraphError | None:
    if subject.session.status != "active":
        note_hold(db, caller, subject, snapshot)
        return Overtaken(SUPERSEDED)
    planned_end_at = datetime.fromisoformat(subject.params["planned_end_at"])
    if snapshot.is_open and subject.session.payment_status != "requires_authorization":
        return _wait_for_driver(db, caller, subject, snapshot, planned_end_at)
    _prolong(db, caller, subject, planned_end_at)
    note_hold(db, caller, subject, snapshot)
    return None


def _added(db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot) -> PaymentRequired | None:
    wished, is_running = subject.params.get("planned_end_at"), subject.session.status == "active"
    planned_end_at = datetime.fromisoformat(wished) if wished and is_running else None
    if snapshot.is_open and planned_end_at is not None:
        return _wait_for_driver(db, caller, subject, snapshot, planned_end_at)
    subject.hold.extends_to = planned_end_at
    note_hold(db, caller, subject, snapshot)
    return None


def _wait_for_driver(
    db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot, planned_end_at: datetime
) -> PaymentRequired:
    """Leave the stay as it is planned until the driver has authorised what a longer one needs."""
    subject.hold.extends_to = planned_end_at
    _repriced(db, caller, subject, snapshot)  # to less than before, if a longer extension waited till now
    asked = Money(subject.hold.amount_minor, subject.session.currency)
    session_audit.append(db, caller, subject, "session.underauthorise", {"hold": [None, asked.to_major()]})
    return PaymentRequired(
        "The card did not allow more to be held without its driver, so the session keeps its planned end."
        f" It is prolonged as soon as the driver authorises {asked}"
        f" at {session_facts.receipt_url(subject.session)}"
    )


def _not_added(_db: Session, _caller: Caller, subject: Subject) -> None:
    subject.hold.status = FAILED


def _repriced(db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot) -> None:
    note_hold(db, caller, subject, snapshot)
    subject.hold.amount_minor = snapshot.amount.minor  # unlike others, this one may be less than before


def owed(subject: Subject) -> Money:
    """Return what is due of an ended session and was not taken."""
    return outstanding(Money(subject.session.subtotal_minor or 0, subject.session.currency), subject.captured)


def completed(db: Session, caller: Caller, subject: Subject) -> None:
    """Complete a session with whose holds nothing more is to be done."""
    session = subject.session
    before = session.status, session.payment_status
    session.status, session.payment_status = "completed", _outcome(subject)
    share_anew(subject)
    session.grace_until = session.simulated_at = None
    money = Money(session.subtotal_minor or 0, session.currency)
    diff = {
        "status": ["active" if before[0] == "ending" else before[0], "completed"],
        "payment_status": [before[1], session.payment_status],
        "subtotal": [None, money.to_major()],
    }
    if session.ended_at == session.latest_end_at:
        diff["ended_by"] = [None, "longest_stay"]
    session_audit.append(db, caller, subject, "session.end", diff)
    events.of_session(db, "session.ended", subject)
    mails.tell_of_debt(db, session)
    _tell_of_payment(db, subject)


def _outcome(subject: Subject) -> str:
    """Say where the money stands; what is too little to be charged is written off."""
    if not payable(owed(subject)).is_zero:
        return "past_due"
    captured = subject.captured
    subject.session.subtotal_minor = captured.minor
    return "released" if captured.is_zero else _status_of(captured, subject.refunded)


def expired(db: Session, caller: Caller, subject: Subject) -> None:
    """End a session that nobody authorised within the grace time."""
    session = subject.session
    session.status, session.payment_status = "expired", "released"
    session.ended_at = _now(db, subject)
    session.grace_until = session.simulated_at = None
    session_audit.append(db, caller, subject, "session.expire", {"status": ["active", "expired"]})
    events.of_session(db, "session.expired", subject)


def _refunded(db: Session, caller: Caller, subject: Subject, snapshot: HoldSnapshot) -> None:
    ours = refund_parts.asked_for(db, subject.hold, "done")
    _note_refunds(db, caller, subject, max(ours, snapshot.amount_refunded.minor))
    ledger.post(db, subject, snapshot, refund_id=UUID(subject.params["refund_id"]))
    _settle_refund(db, caller, subject)


def _settle_refund(db: Session, caller: Caller, subject: Subject) -> None:
    refund_id = UUID(subject.params["refund_id"])
    returned = refund_parts.settle(db, refund_id, subject.session.id)
    if returned is None:
        return
    if not returned:
        session_audit.append(db, caller, subject, "session.refund_failed", {"refund_id": str(refund_id)})
        return
    amount = Money(returned, subject.session.currency)
    diff = {"refund_id": str(refund_id), "amount": amount.to_major(), "reason": subject.params["reason"]}
    session_audit.append(db, caller, subject, "session.refund", diff)
    events.of_refund(db, "refund.created", subject, refund_parts.refund(db, refund_id))


def _nothing(_db: Session, _caller: Caller, _subject: Subject) -> None:
    """Leave the session as it is: the refusal is about the operation alone."""


DONE: Mapping[str, Callable[[Session, Caller, Subject, HoldSnapshot], ParkGraphError | None]] = {
    "create_hold": _started,
    "add_hold": _added,
    "raise_hold": _raised,
    "authorize": note_hold,
    "capture": note_hold,
    "release": note_hold,
    "reprice": _repriced,
    "refund": _refunded,
}
"""What an answer means, and what is to be told to whoever asked although it was carried out."""
REFUSED: Mapping[str, Callable[[Session, Caller, Subject], None]] = {
    "create_hold": _not_started,
    "add_hold": _not_added,
    "raise_hold": _nothing,
    "authorize": _nothing,
    "capture": _nothing,
    "release": _nothing,  # nothing is due, and the hold runs out by itself
    "reprice": _nothing,
    "refund": _settle_refund,
}
