"""Which events of the payment processor were applied: each counts once, however often it is sent."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import database
from app.domain import clock
from app.gateways.card_payments import Event
from app.models import StripeEvent
from app.services import rows


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
