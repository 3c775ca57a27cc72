"""How a stay outlasts its hold: before the issuer lets go, what is due is taken and the rest held anew."""

from uuid import UUID

from sqlalchemy.orm import Session

from app import database
from app.domain.durations import hours_between
from app.domain.holds import HELD, amount_to_hold, covered_by, payable, smallest_charge
from app.domain.money import Money
from app.gateways.amounts import chargeable
from app.presenters.sessions import price_of
from app.services import payment_operations, projects, rates, settlement_subjects
from app.services.settlement_subjects import Subject


def begin(session_id: UUID, hold_id: UUID) -> UUID | None:
    """Write down that a hold which runs out soon be captured, or let go where next to nothing is due yet.

    None where that is no longer called for, or another operation on the session comes first.
    """
    with (
        database.transaction() as db,
        settlement_subjects.changing(db, session_id, hold_id) as subject,
    ):
        if subject.session.status != "active" or subject.hold.status != HELD:
            return None
        if payment_operations.pending_any(db, session_id):
            return None
        subject.hold.renew_at = None
        return _intend(db, subject)


def go_on(db: Session, subject: Subject) -> UUID | None:
    """Write down another hold in the place of one that was captured, or let go, because it ran out."""
    if subject.session.status != "active" or "renew_minor" not in subject.params:
        return None
    needed = Money(subject.params["renew_minor"], subject.session.currency)
    missing = needed - covered_by(subject.holdings(), needed.currency)
    amount = max(missing, smallest_charge(needed.currency))
    added = subject.add_hold(db, purpose="renewal", amount=amount)
    return payment_operations.intend_another(db, added, card_of=subject.card_of)


def _intend(db: Session, subject: Subject) -> UUID:
    session, hold = subject.session, subject.hold
    now = projects.now(db, session.project_id)
    tariff = rates.tariff(db, session.tariff_id)
    so_far = price_of(session, tariff, until=now).total
    begin = session.quoted_from or session.started_at
    hours = hours_between(begin, max(now, session.planned_end_at))
    renew_minor = amount_to_hold(tariff.hold_for(begin, hours)).minor
    due = chargeable(payable(min(so_far - subject.captured, Money(hold.authorized_minor, session.currency))))
    if due.is_zero:
        reason = "requested_by_customer"
        return payment_operations.intend(db, hold, "release", reason=reason, renew_minor=renew_minor)
    return payment_operations.intend(
        db,
        hold,
        "capture",
        amount_minor=due.minor,
        captured_minor=subject.captured.minor,
        renew_minor=renew_minor,
    )
