"""How a session ends: its end and price are fixed first, then its holds are settled, one step at a time."""

from uuid import UUID

from sqlalchemy.orm import Session

from app.domain import sessions as rules
from app.domain.callers import Caller
from app.domain.holds import Step, next_step
from app.domain.money import Money
from app.models import Hold
from app.presenters.sessions import price_of
from app.services import (
    availability,
    payment_operations,
    projects,
    quotes,
    rates,
    settlement_subjects,
    settlements,
)
from app.services.payment_operations import SETTLING
from app.services.settlement_subjects import Subject


def close(db: Session, caller: Caller, session_id: UUID) -> UUID | None:
    """Fix the end and the price of a running session, free its space, and write down the first step.

    None where there is nothing to do with its holds, or where another hold is being made just now: whoever
    makes that one goes on with the end.
    """
    payment_operations.give_up(db, session_id, "raise_hold")
    with settlement_subjects.changing(db, session_id) as subject:
        _fix_price(db, subject)
        subject.session.status = "ending"
        availability.release(db, subject.session.lot_id)
        if payment_operations.pending(db, session_id, *SETTLING) is not None:
            return None
        return go_on(db, caller, subject)


def go_on(db: Session, caller: Caller, subject: Subject) -> UUID | None:
    """Write down the next step to the end of a session that is ending; after the last it is completed."""
    session = subject.session
    if session.status != "ending":
        return None
    refused = settlement_subjects.refused(db, session.id)
    step = next_step(subject.holdings(refused), due=Money(session.subtotal_minor or 0, session.currency))
    if step is None:
        settlements.completed(db, caller, subject)
        return None
    return _intend(db, subject, step)


def _fix_price(db: Session, subject: Subject) -> None:
    session = subject.session
    now = min(projects.now(db, session.project_id), session.latest_end_at)
    session.ended_at = rules.end_instant(session.ended_at, started_at=session.started_at, now=now)
    total = price_of(session, rates.tariff(db, session.tariff_id), until=session.ended_at).total
    session.subtotal_minor = quotes.charge_of(total).minor


def _intend(db: Session, subject: Subject, step: Step) -> UUID:
    if step.kind == "add_hold":
        added = subject.add_hold(db, purpose="remainder", amount=step.amount)
        return payment_operations.intend_another(db, added, card_of=subject.card_of)
    hold = _hold(subject, step)
    if step.kind == "release":
        return payment_operations.intend(db, hold, "release", reason="requested_by_customer")
    captured_minor = subject.captured.minor
    return payment_operations.intend(
        db, hold, step.kind, amount_minor=step.amount.minor, captured_minor=captured_minor
    )


def _hold(subject: Subject, step: Step) -> Hold:
    return next(hold for hold in subject.holds if hold.id == step.hold_id)
