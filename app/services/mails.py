"""Mails to drivers: written down with what they tell of, and sent by the worker.

The rows are the truth. An attempt is taken by a conditional update, so of several workers one makes it; no
transaction is open meanwhile. Nothing is lost with a process. What was sent just before a crash is sent once
more, under the same Message-ID.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, select
from sqlalchemy.orm import Session

from app import database
from app.domain import clock
from app.domain import mails as rules
from app.domain.callers import ProjectKind
from app.domain.holds import outstanding
from app.domain.ids import uuid7
from app.domain.money import Money
from app.gateways import mail
from app.gateways.mail import Letter, Outcome
from app.models import Hold, Lot, Mail, ParkingSession, Person, Project
from app.presenters import mails as presenter
from app.presenters.mails import MailFacts
from app.services import rows, session_facts

LEASE = timedelta(minutes=5)
"""How long one attempt has a mail to itself; a relay has ten seconds for each step."""
_AT_ONCE = 500

log = logging.getLogger("parkgraph.worker")

Candidate = Row[UUID, datetime, int]
"""A mail, when it was due and how often it had been tried, as it was seen."""


@dataclass(frozen=True, slots=True)
class Task:
    """An attempt that was taken, with the letter to send, so that no transaction is open during it."""

    mail_id: UUID
    attempts: int
    """This one counted."""
    project_kind: ProjectKind
    letter: Letter


def queue(db: Session, session: ParkingSession, kind: rules.Kind, *, about: datetime) -> None:
    """Write down a mail to a session's driver, who may have left no address; the same one only once."""
    if session.email_id is None:
        return
    now = clock.now()
    new = {
        "id": uuid7(),
        "kind": kind,
        "session_id": session.id,
        "person_id": session.email_id,
        "about_at": about,
        "due_at": now,
        "created_at": now,
    }
    rows.add_unless_there(db, Mail, new)


def tell_of_debt(db: Session, session: ParkingSession) -> None:
    """Write down that something is still to be paid, unless a mail about the end is yet to be written.

    That one then tells of it, too. It is locked, so that nobody begins to write it meanwhile.
    """
    if session.payment_status != "past_due" or session.ended_at is None:
        return
    unwritten = {"session_id": session.id, "kind": "ended_at_longest", "state": "pending", "attempts": 0}
    if db.scalars(select(Mail.id).filter_by(**unwritten).with_for_update()).first() is None:
        queue(db, session, "payment_due", about=session.ended_at)


def send_due() -> int:
    """Send what is due, until the way is blocked or all is sent; return how many mails were."""
    sent = 0
    while (candidate := _next()) is not None:
        task = _claim(candidate)
        if task is None:
            continue
        outcome = mail.post(task.project_kind).send(task.letter)
        _settle(task, outcome)
        if outcome.verdict == "again" and not outcome.is_of_the_letter:
            break  # what keeps this one from leaving keeps the others, too
        sent += outcome.verdict == "sent"
    return sent


def forget() -> int:
    """Delete what was settled long ago, some at a time; return how many mails."""
    forgotten = 0
    while some := _forget_some():
        forgotten += some
    return forgotten


def _next() -> Candidate | None:
    wanted = (
        select(Mail.id, Mail.due_at, Mail.attempts)
        .where(Mail.state == "pending", Mail.due_at <= clock.now())
        .order_by(Mail.due_at, Mail.id)
        .limit(1)
    )
    with database.reading() as db:
        return db.execute(wanted).first()


@database.retried
def _claim(candidate: Candidate) -> Task | None:
    """Take an attempt as it was seen; None where another worker was faster, or nobody is to be written to."""
    seen = {**candidate._mapping, "state": "pending"}
    attempts, now = candidate.attempts + 1, clock.now()
    with database.transaction() as db:
        if not rows.change(db, Mail, by=seen, to={"due_at": now + LEASE, "attempts": attempts}):
            return None
        facts, address, project_kind = _facts(db, candidate.id)
        needless = address is None or (project_kind == "live" and _is_pointless(facts))
        if needless or attempts > rules.MOST_ATTEMPTS:
            end = {"state": "dropped" if needless else "failed", "finished_at": now}
            rows.change(db, Mail, by={"id": candidate.id}, to=end)
            return None
    subject, text = presenter.composed(facts)
    letter = Letter(candidate.id, to=str(address).strip(), subject=subject, text=text, at=now)
    return Task(candidate.id, attempts, project_kind, letter)


def _facts(db: Session, mail_id: UUID) -> tuple[MailFacts, str | None, ProjectKind]:
    """Read what a mail tells of, and to whom it goes: to nobody, once the person was erased."""
    wanted = (
        select(Mail, ParkingSession, Lot, Project.kind, Person.shown)
        .join(ParkingSession, ParkingSession.id == Mail.session_id)
        .join(Lot, Lot.id == ParkingSession.lot_id)
        .join(Project, Project.id == ParkingSession.project_id)
        .join(Person, Person.id == Mail.person_id)
        .where(Mail.id == mail_id)
    )
    written, session, lot, kind, address = db.execute(wanted).one()
    facts = MailFacts(
        kind=written.kind,
        about_at=written.about_at,
        session=session,
        lot_name=lot.name,
        time_zone=lot.time_zone,
        receipt_url=session_facts.receipt_url(session),
        still_due=_still_due(db, session),
        is_sandbox=kind == "sandbox",
    )
    return facts, address, kind


def _still_due(db: Session, session: ParkingSession) -> Money | None:
    if session.payment_status != "past_due":
        return None
    taken = db.scalar(select(func.sum(Hold.captured_minor)).where(Hold.session_id == session.id))
    price, captured = session.subtotal_minor or 0, int(taken or 0)
    return outstanding(Money(price, session.currency), Money(captured, session.currency))


def _is_pointless(facts: MailFacts) -> bool:
    """Tell whether a mail comes too late; a sandbox's clock leaps, and is told of what it leapt over."""
    session = facts.session
    return rules.is_pointless(facts.kind, status=session.status, payment_status=session.payment_status)


@database.retried
def _settle(task: Task, outcome: Outcome) -> None:
    """Write down what came of an attempt; nothing, where it took so long that another one was taken."""
    mine = {"id": task.mail_id, "state": "pending", "attempts": task.attempts}
    to = _consequence(task, outcome)
    with database.transaction() as db:
        settled = rows.change(db, Mail, by=mine, to={**to, "failure": outcome.failure})
    if settled and to.get("state") == "failed":
        log.warning("mail %s is given up: %s", task.mail_id, outcome.failure)


def _consequence(task: Task, outcome: Outcome) -> dict[str, Any]:
    now = clock.now()
    if outcome.verdict == "sent":
        return {"state": "sent", "finished_at": now}
    again_at = rules.next_attempt_at(now, attempts=task.attempts)
    if outcome.verdict == "refused" or again_at is None:
        return {"state": "failed", "finished_at": now}
    return {"due_at": again_at}


def _forget_some() -> int:
    old = select(Mail.id).where(Mail.finished_at < clock.now() - rules.KEPT_FOR).limit(_AT_ONCE)
    with database.transaction() as db:
        return len(db.scalars(delete(Mail).where(Mail.id.in_(old)).returning(Mail.id)).all())
