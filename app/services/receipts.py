"""The driver's receipt: whoever holds its unguessable link sees the session."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Row, Select, select

from app import database
from app.domain import receipts as rules
from app.domain.callers import Actor, Caller
from app.domain.durations import lasting
from app.domain.errors import NotFound
from app.domain.holds import HELD, outstanding, stage_of
from app.domain.money import Money, tax_within
from app.domain.receipts import Stage
from app.gateways import browser_payments
from app.gateways.browser_payments import BrowserPayments
from app.models import Hold, Lot, Operator, ParkingSession, Project
from app.presenters.sessions import SessionFacts, price_of
from app.services import installation, projects, quotes, session_facts

Found = tuple[ParkingSession, Lot, Project, Operator]


@dataclass(frozen=True, slots=True)
class Extension:
    """More time that the driver may take: how much, until when, and what the stay then costs in all."""

    hours: Decimal
    planned_end_at: datetime
    price: Money


@dataclass(frozen=True, slots=True)
class Quoted:
    """A price that was agreed on beforehand, until when it holds, and until when leaving costs nothing."""

    price: Money
    until: datetime
    free_until: datetime | None


@dataclass(frozen=True, slots=True)
class Payable:
    """A hold that the driver can authorise on the page, and how a browser reaches its processor."""

    hold: Hold
    browser: BrowserPayments


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the driver sees of a session."""

    facts: SessionFacts
    stage: Stage
    lot_name: str
    address: str | None
    operator_name: str
    time_zone: str
    now: datetime
    price_so_far: Money
    lasted: timedelta
    quoted: Quoted | None
    """What the stay costs however soon it ends; None without a quote, and once the stay has outlasted it."""
    tax_rate: Decimal | None
    """The percentage that the price includes, where the lot says which."""
    is_sandbox: bool
    """Whether no money moves."""
    payable: Payable | None
    extensions: Sequence[Extension]

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

    @property
    def still_due(self) -> Money:
        """Return what of the price was not taken yet."""
        captured = sum(hold.captured_minor for hold in self.facts.holds)
        return outstanding(self.price_so_far, Money(captured, self.price_so_far.currency))


def find(caller: Caller, token: str) -> Receipt:
    """Return the receipt behind a link's token; raise NotFound for any other token."""
    with database.reading() as db:
        session, lot, project, operator = found(db.execute(behind(token)).one_or_none())
        facts = session_facts.facts_of(db, session, caller=caller)
        now = projects.now(db, project.id)
    return _receipt(facts, (session, lot, project, operator), now)


def behind(token: str) -> Select[ParkingSession, Lot, Project, Operator]:
    """Select the session behind a link, its lot, the project that made it, and the lot's operator."""
    return (
        select(ParkingSession, Lot, Project, Operator)
        .join(Lot, Lot.id == ParkingSession.lot_id)
        .join(Project, Project.id == ParkingSession.project_id)
        .join(Operator, Operator.id == ParkingSession.operator_id)
        .where(ParkingSession.receipt_token == token, ParkingSession.status.in_(session_facts.OUTSIDE))
    )


def found(row: Row[ParkingSession, Lot, Project, Operator] | None) -> Found:
    """Return what a link leads to, or raise NotFound."""
    if row is None:
        raise NotFound("There is no receipt under this link.")
    session, lot, project, operator = row
    return session, lot, project, operator


def driver_of(caller: Caller, session: ParkingSession, project: Project) -> Caller:
    """Return the driver of one session, whose link allows what its code allows."""
    ref = projects.get(project.id)
    return caller._replace(actor=Actor("driver", str(session.id)), project=ref)


def open_hold(holds: Sequence[Hold]) -> Hold | None:
    """Return the newest hold that waits for its driver, or None."""
    waiting = [hold for hold in holds if stage_of(hold.status) == "open" and hold.client_secret]
    return waiting[-1] if waiting else None


def _receipt(facts: SessionFacts, about: Found, now: datetime) -> Receipt:
    session, lot, project, operator = about
    waiting = open_hold(facts.holds)
    stage = rules.stage(
        session.status,
        session.payment_status,
        waits_for_card=waiting is not None,
        is_held=any(hold.status == HELD for hold in facts.holds),
        is_disputed=any(hold.disputed_minor for hold in facts.holds),
    )
    until = session.ended_at or min(now, session.latest_end_at)
    return Receipt(
        facts=facts,
        stage=stage,
        lot_name=lot.name,
        address=lot.address,
        operator_name=operator.name,
        time_zone=lot.time_zone,
        now=now,
        price_so_far=_price(facts, until),
        lasted=until - session.started_at,
        quoted=_quoted(facts, until),
        tax_rate=None if lot.tax_rate is None else Decimal(lot.tax_rate),
        is_sandbox=project.kind == "sandbox" or installation.settings().payments_live == "embedded",
        payable=_payable(waiting, project) if rules.may_pay(stage) else None,
        extensions=_extensions(facts, now) if rules.may_extend(stage) else (),
    )


def _payable(hold: Hold | None, project: Project) -> Payable | None:
    browser = browser_payments.find(installation.settings(), project.kind, project.id)
    return None if hold is None or browser is None else Payable(hold, browser)


def _quoted(facts: SessionFacts, until: datetime) -> Quoted | None:
    session, tariff = facts.session, facts.tariff
    begin, end = session.quoted_from, session.quoted_until
    if begin is None or end is None or until > end or session.status == "expired":
        return None
    is_cancellable = tariff.cancels(session.started_at, until)
    if is_cancellable and session.ended_at is not None:
        return None
    free_until = session.started_at + timedelta(minutes=tariff.free_cancellation_minutes)
    price = quotes.charge_of(tariff.price(begin, end).total)
    return Quoted(price, end, free_until if is_cancellable and tariff.free_cancellation_minutes else None)


def _extensions(facts: SessionFacts, now: datetime) -> Sequence[Extension]:
    session = facts.session
    ends = [(hours, session.planned_end_at + lasting(hours)) for hours in rules.OFFERED_HOURS]
    return [
        Extension(hours, end, price_of(session, facts.tariff, until=end).total)
        for hours, end in ends
        if now < end <= session.latest_end_at
    ]


def _price(facts: SessionFacts, until: datetime) -> Money:
    session = facts.session
    if session.status == "expired":
        return Money.zero(session.currency)
    if session.subtotal_minor is not None:
        return Money(session.subtotal_minor, session.currency)
    return price_of(session, facts.tariff, until=until).total
