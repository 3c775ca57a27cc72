"""Which events of the payment processor were applied: each counts once, however often it is sent."""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import database
from app.domain import clock
from app.gateways.card_payments import Event
from app.models import StripeEvent
from app.services import rows

KEPT_FOR = timedelta(days=30)
"""The processor repeats an event for three days, and a signature counts for five minutes."""
_AT_ONCE = 500


def is_known(event: Event) -> bool:
    """Tell whether an event was applied already, so that the processor need not be asked for it again."""
    with database.reading() as db:
        return db.scalar(select(StripeEvent.id).where(StripeEvent.id == event.id)) is not None


def first_time(db: Session, event: Event) -> bool:
    """Write an event down in the transaction that applies it; false if another one has done so."""
    row = {"id": event.id, "type": event.type, "received_at": clock.now()}
    return rows.add_unless_there(db, StripeEvent, row)


def note(event: Event) -> None:
    """Write down an event that changes nothing here."""
    with database.transaction() as db:
        first_time(db, event)


def forget() -> int:
    """Delete what was applied long ago, some at a time; return how many events."""
    forgotten = 0
    while some := _forget_some():
        forgotten += some
    return forgotten


def _forget_some() -> int:
    old = select(StripeEvent.id).where(StripeEvent.received_at < clock.now() - KEPT_FOR).limit(_AT_ONCE)
    with database.transaction() as db:
        events = db.scalars(old).all()
        db.execute(delete(StripeEvent).where(StripeEvent.id.in_(events)))
    return len(events)
