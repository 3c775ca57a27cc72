"""Reminding drivers, in the project's own time: which sessions are due for it, and doing it once.

A reminder is an event for programs and a mail for the driver who left an address; both are written down in
the transaction that moves the session on to its next reminder.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import exists
from sqlalchemy.orm import Session

from app import database
from app.domain import reminders as rules
from app.domain.callers import Caller
from app.domain.reminders import Ends
from app.models import Mail, ParkingSession
from app.presenters.instants import instant
from app.services import due_rows, events, installation, mails, projects, session_audit, settlement_subjects
from app.services.due_rows import DueRows, Reach

_UNPAID: Final = "requires_authorization"
_MISSING: Final = "payment_missing"


def due(reach: Reach) -> Sequence[DueRows]:
    """Select what is due for a reminder, as far as one looks."""
    return due_rows.of_parked("remind", ParkingSession.remind_at, reach), _before_the_grace_is_over(reach)


def _before_the_grace_is_over(reach: Reach) -> DueRows:
    grace = timedelta(minutes=installation.settings().grace_minutes)
    left = rules.left_to_pay(grace) // timedelta(microseconds=1)
    asked = exists().where(Mail.session_id == ParkingSession.id, Mail.kind == _MISSING)
    return due_rows.of_parked("ask_to_pay", ParkingSession.grace_until, reach, early=left).where(
        ParkingSession.payment_status == _UNPAID, ParkingSession.email_id.is_not(None), ~asked
    )


def ends_of(session: ParkingSession) -> Ends:
    """Return when a session is planned to end, and when it ends by itself."""
    return Ends(session.planned_end_at, session.latest_end_at)


def after_extension(db: Session, session: ParkingSession) -> datetime | None:
    """Return when to remind of the end to which a session was moved just now."""
    return rules.first_at(ends_of(session), now=projects.now(db, session.project_id))


@database.retried
def _remind(caller: Caller, session_id: UUID) -> None:
    """Remind of the end that comes next, unless that was done or the session is over."""
    with database.transaction() as db, settlement_subjects.changing(db, session_id) as subject:
        session = subject.session
        at, now = session.remind_at, projects.now(db, session.project_id)
        if session.status != "active" or at is None or at > now:
            return
        reminder = rules.reminder_at(ends_of(session), at)
        session.remind_at = rules.next_at(ends_of(session), reminded_at=at)
        diff = {"of": reminder.reason, "ends_at": instant(reminder.ends_at)}
        session_audit.append(db, caller, subject, "session.remind", diff)
        events.of_session(db, "session.expiring", subject)
        mails.queue(db, session, reminder.reason, about=reminder.ends_at)


@database.retried
def _ask_to_pay(caller: Caller, session_id: UUID) -> None:
    """Tell a driver half-way through the grace time that no card was authorised yet."""
    with database.transaction() as db, settlement_subjects.changing(db, session_id) as subject:
        session = subject.session
        unpaid = session.status == "active" and session.payment_status == _UNPAID
        if not unpaid or session.grace_until is None:
            return
        diff = {"of": _MISSING, "grace_until": instant(session.grace_until)}
        session_audit.append(db, caller, subject, "session.remind", diff)
        mails.queue(db, session, _MISSING, about=session.grace_until)


RUN: Final[Mapping[str, Callable[[Caller, UUID], None]]] = {"remind": _remind, "ask_to_pay": _ask_to_pay}
"""How each kind of what is due here is done."""
