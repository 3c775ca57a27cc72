"""Compare holds with what the processor says of them, and apply what differs through the usual settlements.

An event that never came is made up for here: a driver who authorised on a device, also after the session's
end, money that went back, a bank that took it or sent it back, a hold that ran out.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app import database
from app.domain.callers import Caller
from app.domain.disputes import TAKING
from app.domain.errors import Conflict
from app.gateways import processors
from app.gateways.card_payments import HoldSnapshot, ProcessorRefused
from app.gateways.payment_records import DisputeRecord, RefundRecord
from app.models import Hold
from app.services import disputes, hold_targets, payments, reconciliation_turns, refund_failures
from app.services.hold_targets import Moved, Target
from app.services.reconciliation_turns import Compared
from app.services.settlement_subjects import Subject

log = logging.getLogger("parkgraph.worker")


@dataclass(frozen=True, slots=True)
class Figures:
    """What counts of a hold, in minor units of its currency."""

    status: str
    held: int
    captured: int
    refunded: int
    disputed: int
    """What the driver's bank has taken."""

    def __str__(self) -> str:
        sums = {
            "held": self.held,
            "captured": self.captured,
            "refunded": self.refunded,
            "disputed": self.disputed,
        }
        return " ".join([self.status, *(f"{name}={amount}" for name, amount in sums.items() if amount)])


@dataclass(frozen=True, slots=True)
class Difference:
    """What we had written down of a hold, and what the processor says of it."""

    session_id: UUID
    payment_intent_id: str
    ours: Figures
    theirs: Figures | None
    """None where it does not know the hold."""
    is_mended: bool


@dataclass(frozen=True, slots=True)
class _Told:
    """What the processor says of a hold, and of what went back of it if anything may have."""

    snapshot: HoldSnapshot
    refunds: Sequence[RefundRecord]
    disputes: Sequence[DisputeRecord]


def compare_in_turn(caller: Caller, compared: Compared) -> bool:
    """Compare a hold whose turn it is, unless another worker was faster; tell whether it differed.

    What the processor will not say of it is reported, and asked again a while later. Raises as `compare`.
    """
    taken = reconciliation_turns.take(compared)
    if taken is None:
        return False
    try:
        found = compare(caller, compared)
    except ProcessorRefused as refusal:
        log.warning("hold of session %s is left: %s", compared.session_id, refusal.message)
        return False
    reconciliation_turns.done(compared, taken)
    return found is not None


def compare(caller: Caller, compared: Compared) -> Difference | None:
    """Apply what the processor says of a hold; return what differed.

    Raises BadGateway without an answer, Conflict where others change the hold again and again, or where such
    projects take no payments.
    """
    for _ in range(hold_targets.TRIES):
        target = hold_targets.find(compared.payment_intent_id)
        if target is None:
            return None
        gateway = processors.card_payments_for(target.project_kind, target.project_id)
        try:
            snapshot = gateway.fetch(target.payment_intent_id)
        except ProcessorRefused:
            return _unknown(target)
        told = _told(target, snapshot)
        try:
            return _apply(caller, target, told)
        except Moved:
            continue
    raise Conflict("This payment is being changed right now.")


def _told(target: Target, snapshot: HoldSnapshot) -> _Told:
    """Ask for what went back only where there is something: every call counts against what we may ask."""
    if not snapshot.is_captured:
        return _Told(snapshot, (), ())
    records = processors.payment_records_for(target.project_kind, target.project_id)
    some_went_back = target.refunded_minor or not snapshot.amount_refunded.is_zero
    refunds = records.refunds(target.payment_intent_id) if some_went_back else ()
    return _Told(snapshot, refunds, records.disputes(target.payment_intent_id))


@database.retried
def _apply(caller: Caller, target: Target, told: _Told) -> Difference | None:
    theirs = _theirs(told)
    with database.transaction() as db, hold_targets.unmoved(db, target) as subject:
        ours = _ours(subject.hold)
        if ours == theirs and not (told.refunds or told.disputes):
            return None
        _write(db, caller, subject, told)
        is_mended = _ours(subject.hold) == theirs
    if ours == theirs:
        return None  # a refund or a dispute may stand otherwise and come to the same sums
    difference = Difference(target.session_id, target.payment_intent_id, ours, theirs, is_mended)
    _report(difference)
    return difference


def _write(db: Session, caller: Caller, subject: Subject, told: _Told) -> None:
    """Write down what an event of each of these would have led to."""
    payments.note_hold(db, caller, subject, told.snapshot)
    if told.refunds:
        refund_failures.note(db, caller, subject, told.snapshot, told.refunds)
    if told.disputes:
        disputes.note(db, caller, subject, told.snapshot, told.disputes)


def _unknown(target: Target) -> Difference:
    with database.reading() as db:
        ours = _ours(db.get_one(Hold, target.hold_id))
    difference = Difference(target.session_id, target.payment_intent_id, ours, None, is_mended=False)
    _report(difference)
    return difference


def _report(difference: Difference) -> None:
    log.log(
        logging.INFO if difference.is_mended else logging.ERROR,
        "hold of session %s: the processor says %s, we had written down %s",
        difference.session_id,
        difference.theirs or "that there is none",
        difference.ours,
    )


def _ours(hold: Hold) -> Figures:
    held = hold.authorized_minor if hold.status == "requires_capture" else 0
    return Figures(hold.status, held, hold.captured_minor, hold.refunded_minor, hold.disputed_minor)


def _theirs(told: _Told) -> Figures:
    snapshot = told.snapshot
    return Figures(
        status=snapshot.status,
        held=snapshot.amount_capturable.minor,
        captured=snapshot.amount_received.minor,
        refunded=snapshot.amount_refunded.minor,
        disputed=sum(record.amount.minor for record in told.disputes if record.status in TAKING),
    )
