"""Events of the payment processor: signed, possibly late, repeated or out of order.

An event only says that something happened to a payment; what is applied is the processor's state now.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import database
from app.domain import clock
from app.domain.callers import Actor, Caller
from app.domain.errors import BadRequest
from app.gateways import processors
from app.gateways.card_payments import Event
from app.models import Hold, ParkingSession, Project, StripeEvent
from app.services import payments, rows, settlement_subjects


@dataclass(frozen=True, slots=True)
class _Target:
    hold_id: UUID
    session_id: UUID
    project: Project


def receive(caller: Caller, raw: bytes, signature: str) -> None:
    """Apply one event exactly once; raise BadRequest for a bad or stale signature."""
    event = processors.verify_event(raw, signature)
    target = _target(event)
    if target is None:
        _note(event)
        return
    if event.livemode != processors.moves_money(target.project.kind):
        raise BadRequest.of("livemode", "This event is not of the processor that holds this payment.")
    gateway = processors.card_payments_for(target.project.kind, target.project.id)
    snapshot = gateway.fetch(str(event.payment_intent_id))
    with database.transaction() as db:
        if not _first_time(db, event):
            return
        teller = replace(caller, actor=Actor("stripe", event.id))
        with settlement_subjects.changing(db, target.session_id, target.hold_id) as subject:
            payments.note_hold(db, teller, subject, snapshot)


def _target(event: Event) -> _Target | None:
    if event.payment_intent_id is None:
        return None
    wanted = (
        select(Hold.id, ParkingSession.id, Project)
        .join(ParkingSession, ParkingSession.id == Hold.session_id)
        .join(Project, Project.id == ParkingSession.project_id)
        .where(Hold.payment_intent_id == event.payment_intent_id)
    )
    with database.reading() as db:
        row = db.execute(wanted).one_or_none()
    return None if row is None else _Target(*row)


def _note(event: Event) -> None:
    with database.transaction() as db:
        _first_time(db, event)


def _first_time(db: Session, event: Event) -> bool:
    row = {"id": event.id, "type": event.type, "received_at": clock.now()}
    return rows.add_unless_there(db, StripeEvent, row)
