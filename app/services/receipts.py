"""The driver's receipt: whoever holds its unguessable link sees the session."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from app import database
from app.domain.callers import Caller
from app.domain.durations import hours_between
from app.domain.errors import NotFound
from app.domain.money import Money, tax_within
from app.models import Lot, ParkingSession, Project
from app.presenters.sessions import SessionFacts, price_of
from app.services import projects, session_facts


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the driver sees of a session."""

    facts: SessionFacts
    lot_name: str
    address: str | None
    time_zone: str
    price_so_far: Money
    hours_so_far: Decimal
    tax_rate: Decimal | None
    """The percentage that the price includes, where the lot says which."""
    is_sandbox: bool

    @property
    def tax(self) -> Money | None:
        """Return the tax that the price includes, where the lot says which."""
        return None if self.tax_rate is None else tax_within(self.price_so_far, self.tax_rate)

    @property
    def reminder_at(self) -> datetime | None:
        """Return when the driver is sent a mail about the next end; None where none is to come."""
        session = self.facts.session
        is_written_to = session.status == "active" and session.email_id is not None
        return session.remind_at if is_written_to else None


def find(caller: Caller, token: str) -> Receipt:
    """Return the receipt behind a link's token; raise NotFound for any other token."""
    wanted = (
        select(ParkingSession, Lot, Project)
        .join(Lot, Lot.id == ParkingSession.lot_id)
        .join(Project, Project.id == ParkingSession.project_id)
        .where(ParkingSession.receipt_token == token, ParkingSession.status.in_(session_facts.OUTSIDE))
    )
    with database.reading() as db:
        row = db.execute(wanted).one_or_none()
        if row is None:
            raise NotFound("There is no receipt under this link.")
        session, lot, project = row
        facts = session_facts.facts_of(db, session, caller=caller)
        until = session.ended_at or min(projects.now(db, project.id), session.latest_end_at)
    return Receipt(
        facts=facts,
        lot_name=lot.name,
        address=lot.address,
        time_zone=lot.time_zone,
        price_so_far=_price(facts, until),
        hours_so_far=hours_between(session.started_at, until),
        tax_rate=None if lot.tax_rate is None else Decimal(lot.tax_rate),
        is_sandbox=project.kind == "sandbox",
    )


def _price(facts: SessionFacts, until: datetime) -> Money:
    session = facts.session
    if session.status == "expired":
        return Money.zero(session.currency)
    if session.subtotal_minor is not None:
        return Money(session.subtotal_minor, session.currency)
    return price_of(session, facts.tariff, until=until).total
