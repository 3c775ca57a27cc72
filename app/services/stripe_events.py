"""Events of the payment processor: signed, possibly late, repeated or out of order.

An event only says that something happened to a payment; what is applied is the processor's state now.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.domain.callers import Actor, Caller
from app.gateways import processors
from app.gateways.card_payments import Event, HoldSnapshot
from app.gateways.payment_records import DisputeRecord, RefundRecord
from app.services import (
    disputes,
    payments,
    payout_accounts,
    refund_failures,
    stripe_event_log,
    stripe_event_targets,
)
from app.services.settlement_subjects import Subject
from app.services.stripe_event_targets import Target


def receive(caller: Caller, raw: bytes, signature: str) -> None:
    """Apply one event exactly once; raise BadRequest for a bad or stale signature.

    Raises BadGateway where the processor does not say what is so: nothing is applied, and it sends it again.
    """
    event = processors.verify_event(raw, signature)
    if stripe_event_log.is_known(event):
        return
    teller = replace(caller, actor=Actor("stripe", event.id))
    _APPLY.get(event.type, _ignore)(teller, event)


def _ignore(_teller: Caller, event: Event) -> None:
    """Write down that an event came which says nothing to us, unless it is of another processor."""
    stripe_event_targets.find(event)
    stripe_event_log.note(event)


def _hold_changed(teller: Caller, event: Event) -> None:
    """Look at a hold again: it was authorised, captured, declined, let go, or ran out."""
    stripe_event_targets.apply(teller, event, ask=_snapshot, write=payments.note_hold)


@dataclass(frozen=True, slots=True)
class _Refunds:
    """A hold, and every refund of it, as they are now."""

    snapshot: HoldSnapshot
    records: Sequence[RefundRecord]


def _refund_changed(teller: Caller, event: Event) -> None:
    """Look at what went back of a hold: some was refunded, or a refund came to nothing after all."""
    stripe_event_targets.apply(teller, event, ask=_refunds, write=_note_refunds)


def _snapshot(target: Target) -> HoldSnapshot:
    gateway = processors.card_payments_for(target.project_kind, target.project_id)
    return gateway.fetch(target.payment_intent_id)


def _refunds(target: Target) -> _Refunds:
    records = processors.payment_records_for(target.project_kind, target.project_id)
    return _Refunds(_snapshot(target), records.refunds(target.payment_intent_id))


def _note_refunds(db: Session, teller: Caller, subject: Subject, told: _Refunds) -> None:
    payments.note_hold(db, teller, subject, told.snapshot)
    refund_failures.note(db, teller, subject, told.snapshot, told.records)


@dataclass(frozen=True, slots=True)
class _Disputes:
    """A hold, and every dispute of it, as they are now."""

    snapshot: HoldSnapshot
    records: Sequence[DisputeRecord]


def _dispute_changed(teller: Caller, event: Event) -> None:
    """Look at how the disputes of a payment stand: one was opened, answered, won or lost."""
    stripe_event_targets.apply(teller, event, ask=_disputes, write=_note_disputes)


def _disputes(target: Target) -> _Disputes:
    records = processors.payment_records_for(target.project_kind, target.project_id)
    return _Disputes(_snapshot(target), records.disputes(target.payment_intent_id))


def _note_disputes(db: Session, teller: Caller, subject: Subject, told: _Disputes) -> None:
    payments.note_hold(db, teller, subject, told.snapshot)
    disputes.note(db, teller, subject, told.snapshot, told.records)


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
