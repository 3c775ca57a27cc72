"""What an event of the processor is about, looked at and changed once for each event."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from app import database
from app.domain.callers import Caller
from app.domain.errors import BadGateway, BadRequest
from app.gateways import processors
from app.gateways.card_payments import Event
from app.services import hold_targets, stripe_event_log
from app.services.hold_targets import Moved, Target
from app.services.settlement_subjects import Subject

T = TypeVar("T")

Ask = Callable[[Target], T]
Write = Callable[[Session, Caller, Subject, T], None]


def apply(caller: Caller, event: Event, *, ask: Ask[T], write: Write[T]) -> None:
    """Ask the processor what is so now, and write it down once for an event.

    An event of a payment that nobody knows changes nothing. Raises BadRequest for one that comes from another
    processor than the payment's, BadGateway where the processor does not answer: it sends the event again.
    """
    for _ in range(hold_targets.TRIES):
        target = find(event)
        if target is None:
            return stripe_event_log.note(event)
        told = ask(target)
        try:
            return _write(caller, event, target, told, write)
        except Moved:
            continue
    raise BadGateway("This payment is being changed right now. Send the event again.")


def _write(caller: Caller, event: Event, target: Target, told: T, write: Write[T]) -> None:
    with database.transaction() as db:
        if not stripe_event_log.first_time(db, event):
            return
        with hold_targets.unmoved(db, target) as subject:
            write(db, caller, subject, told)


def find(event: Event) -> Target | None:
    """Return the hold that an event is about, or None; raise BadRequest for another processor's event."""
    if event.payment_intent_id is None:
        return None
    target = hold_targets.find(event.payment_intent_id)
    if target is None:
        return None
    kind = target.project_kind
    if processors.is_off(kind) or event.livemode != processors.moves_money(kind):
        raise BadRequest.of("livemode", "This event is not of the processor that holds this payment.")
    return target
