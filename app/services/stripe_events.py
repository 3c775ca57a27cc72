"""Events of the payment processor: signed, possibly late, repeated or out of order.

An event only says that something happened to a payment; what is applied is the processor's state now.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from app.domain.callers import Actor, Caller
from app.gateways import processors
from app.gateways.card_payments import Event, HoldSnapshot
from app.gateways.payment_records import DisputeRecord, PaymentRecords, RefundRecord
from app.services import (
    disputes,
    payments,
    payout_accounts,
    refund_failures,
    stripe_event_log,
    stripe_event_targets,
)
from app.services.hold_targets import Target
from app.services.settlement_subjects import Subject

R = TypeVar("R")


def receive(caller: Caller, raw: bytes, signature: str) -> None:
    """Apply one event exactly once; raise BadRequest for a bad or stale signature.

    Raises BadGateway where the processor does not say what is so: nothing is applied, and it sends it again.
    """
    event = processors.verify_event(raw, signature)
    if stripe_event_log.is_known(event):
        return
    teller = caller._replace(actor=Actor("stripe", event.id))
    _APPLY.get(event.type, _ignore)(teller, event)


def _ignore(_teller: Caller, event: Event) -> None:
    """Write down that an event came which says nothing to us, unless it is of another processor."""
    stripe_event_targets.find(event)
    stripe_event_log.note(event)


def _hold_changed(teller: Caller, event: Event) -> None:
    """Look at a hold again: it was authorised, captured, declined, let go, or ran out."""
    stripe_event_targets.apply(teller, event, ask=_snapshot, write=payments.note_hold)


@dataclass(frozen=True, slots=True)
class _Told(Generic[R]):
    """A hold, and every refund or dispute of it, as they are now."""

    snapshot: HoldSnapshot
    records: Sequence[R]


def _refund_changed(teller: Caller, event: Event) -> None:
    """Look at what went back of a hold: some was refunded, or a refund came to nothing after all."""
    stripe_event_targets.apply(teller, event, ask=_refunds, write=_writing(refund_failures.note))


def _dispute_changed(teller: Caller, event: Event) -> None:
    """Look at how the disputes of a payment stand: one was opened, answered, won or lost."""
    stripe_event_targets.apply(teller, event, ask=_disputes, write=_writing(disputes.note))


def _snapshot(target: Target) -> HoldSnapshot:
    gateway = processors.card_payments_for(target.project_kind, target.project_id)
    return gateway.fetch(target.payment_intent_id)


def _refunds(target: Target) -> _Told[RefundRecord]:
    return _Told(_snapshot(target), _records(target).refunds(target.payment_intent_id))


def _disputes(target: Target) -> _Told[DisputeRecord]:
    return _Told(_snapshot(target), _records(target).disputes(target.payment_intent_id))


def _records(target: Target) -> PaymentRecords:
    return processors.payment_records_for(target.project_kind, target.project_id)


def _writing(
    note: Callable[[Session, Caller, Subject, HoldSnapshot, Sequence[R]], None],
) -> Callable[[Session, Caller, Subject, _Told[R]], None]:
    """Write down the hold, and after it what `note` makes of its records."""

    def write(db: Session, teller: Caller, subject: Subject, told: _Told[R]) -> None:
        payments.note_hold(db, teller, subject, told.snapshot)
        note(db, teller, subject, told.snapshot, told.records)

    return write


_APPLY: Mapping[str, Callable[[Caller, Event], None]] = {
    "payment_intent.amount_capturable_updated": _hold_changed,
    "payment_intent.succeeded": _hold_changed,
    "payment_intent.payment_failed": _hold_changed,
    "payment_intent.canceled": _hold_changed,
    "payment_intent.requires_action": _hold_changed,
    "charge.captured": _hold_changed,
    "charge.expired": _hold_changed,
    "charge.refunded": _refund_changed,
    "refund.created": _refund_changed,
    "refund.updated": _refund_changed,
    "refund.failed": _refund_changed,
    "charge.dispute.created": _dispute_changed,
    "charge.dispute.updated": _dispute_changed,
    "charge.dispute.closed": _dispute_changed,
    "account.updated": payout_accounts.account_changed,
    "payout.failed": payout_accounts.payout_failed,
}
"""What each type of event has us look at; all others are taken and change nothing."""
