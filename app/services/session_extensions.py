"""How a session is prolonged: its hold is raised, or where that can't be another one is added."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain import sessions as rules
from app.domain.durations import hours_between
from app.domain.errors import ParkGraphError, PaymentRequired
from app.domain.holds import covered_by, smallest_charge, stage_of
from app.domain.money import Money
from app.models import Hold
from app.services import hold_amounts, payment_operations, projects, rates, settlement_subjects
from app.services.settlement_subjects import Subject


def intend(db: Session, session_id: UUID, extend_hours: Decimal, operation_id: UUID) -> None:
    """Write down what a longer stay needs to be held.

    Raise Conflict for one beyond the lot's longest or too dear for a card.
    """
    with settlement_subjects.changing(db, session_id) as subject:
        session = subject.session
        planned_end_at = rules.extended_end(
            session.started_at,
            planned_end_at=session.planned_end_at,
            extend_hours=extend_hours,
            latest_end_at=session.latest_end_at,
            now=projects.now(db, session.project_id),
        )
        begin = session.quoted_from or session.started_at
        tariff = rates.tariff(db, session.tariff_id)
        hours = hours_between(begin, planned_end_at)
        needed = hold_amounts.for_stay(tariff, begin, hours, asked_by="extend_hours")
        hold = _hold_to_raise(subject)
        amount = max(needed - _covered(subject, but=hold), smallest_charge(needed.currency))
        payment_operations.intend(
            db,
            hold,
            "raise_hold",
            operation_id=operation_id,
            amount_minor=amount.minor,
            needed_minor=needed.minor,
            planned_end_at=planned_end_at.isoformat(),
        )


def add_instead(db: Session, subject: Subject, refusal: ParkGraphError) -> UUID | None:
    """Write down another hold where one that was authorised could not be raised; None where none helps."""
    may_ask = isinstance(refusal, PaymentRequired) and subject.session.status == "active"
    if not may_ask or not subject.hold.authorized_minor:
        return None
    needed = Money(subject.params["needed_minor"], subject.session.currency)
    missing = max(needed - _covered(subject), smallest_charge(needed.currency))
    added = subject.add_hold(db, purpose="extension", amount=missing)
    return payment_operations.intend_another(
        db, added, card_of=subject.card_of, planned_end_at=subject.params["planned_end_at"]
    )


def _hold_to_raise(subject: Subject) -> Hold:
    """Choose the hold that the driver is yet to authorise, else the newest of those that are held."""
    known = [hold for hold in subject.holds if hold.payment_intent_id is not None]
    for stage in ("open", "held"):
        for hold in reversed(known):
            if stage_of(hold.status) == stage:
                return hold
    return known[-1]


def _covered(subject: Subject, *, but: Hold | None = None) -> Money:
    others = [holding for holding in subject.holdings() if but is None or holding.hold_id != but.id]
    return covered_by(others, subject.session.currency)
