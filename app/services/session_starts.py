"""How a session starts: what the lot allows, the rows that stand before the call, and who was faster."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import database, queries
from app.domain import clock, emails, plates, reminders, session_codes
from app.domain import sessions as rules
from app.domain.callers import Caller, ProjectRef
from app.domain.durations import hours_between
from app.domain.errors import BadRequest, Conflict, LotFull
from app.domain.holds import PLANNED
from app.domain.ids import uuid7
from app.domain.money import Money
from app.domain.reminders import Ends
from app.domain.tariffs import Tariff
from app.gateways import processors
from app.models import Hold, ParkingSession, Person, Quote
from app.services import (
    availability,
    hold_amounts,
    lot_search,
    lots,
    payment_operations,
    persons,
    projects,
    quotes,
    rates,
    rows,
    session_facts,
)
from app.services.idempotency import Claim
from app.services.lot_search import Found
from app.services.payment_calls import Task
from app.services.rows import Values

_RUNNING_PLATE = ("uq_sessions_running_plate", "sessions.lot_id, sessions.plate_id")
"""How PostgreSQL and SQLite name the index that lets a plate park once in a lot."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a driver, or an agent for one, asks for."""

    lot_id: UUID
    plate: str
    duration_hours: Decimal | None = None
    payment_method: str | None = None
    email: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    quote_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """An order that the lot can take."""

    order: Order
    project: ProjectRef
    lot: Found
    tariff: Tariff
    hours: Decimal
    now: datetime
    operator_id: UUID
    """Whose lot it is."""
    connected_account: str | None
    """That operator's, at the payment processor."""
    quote: Quote | None = None
    """By whose tariff, and for whose window, the session is billed."""

    @property
    def hold(self) -> Money:
        """Return what to hold for the planned stay; raise Conflict for one that is too dear for a card."""
        begin = self.now if self.quote is None else self.quote.starts_at
        return hold_amounts.for_stay(self.tariff, begin, self.hours)

    @property
    def ends(self) -> Ends:
        """Return when the stay is planned to end, and when it ends by itself."""
        planned = rules.planned_end(self.now, self.hours) if self.quote is None else self.quote.ends_at
        latest = rules.latest_end(self.now, max_stay_hours=self.lot.max_stay_hours, planned_end_at=planned)
        return Ends(planned, latest)


@dataclass(frozen=True, slots=True)
class Opened:
    """What stands before the processor is asked: the operation to carry out, and the plate as it is shown."""

    task: Task
    plate: str


def plan(caller: Caller, order: Order) -> Plan:
    """Check an order against its lot; raise what stands in its way, before anything is written."""
    project = projects.of(caller)
    if not plates.is_plate(order.plate):
        raise BadRequest.of("plate", "This is not a license plate.")
    if order.email is not None and not emails.is_email(order.email):
        raise BadRequest.of("email", "This is not an email address.")
    with queries.reading() as read:
        lot = lots.bookable(read, caller, order.lot_id)
    quote = _quote(caller, order, lot)
    tariff = _tariff(lot, quote)
    processors.card_payments_for(project.kind, project.id)  # refuses where payments are off
    if tariff is None:
        raise Conflict.of("lot_id", "This lot has no tariff yet, so it can't be booked.")
    if lot.free <= 0:  # of a crowd at a full lot, nobody has to wait for the database's writer to hear so
        raise _parked_already(caller, lot.id, plate=order.plate) or LotFull()
    return Plan(
        order=order,
        project=project,
        lot=lot,
        tariff=tariff,
        hours=_hours(order, lot, quote),
        quote=quote,
        now=lot_search.now_at(lot),
        operator_id=lot.operator_id,
        connected_account=lot.connected_account,
    )


def _quote(caller: Caller, order: Order, lot: Found) -> Quote | None:
    if order.quote_id is None:
        return None
    now = lot_search.now_at(lot)
    return quotes.usable(caller, order.quote_id, lot_id=lot.id, now=now, hours=order.duration_hours)


def _tariff(lot: Found, quote: Quote | None) -> Tariff | None:
    if quote is None:
        return rates.tariffs_of([lot])[0]
    with database.reading() as db:
        return rates.tariff(db, quote.tariff_id)


def _hours(order: Order, lot: Found, quote: Quote | None) -> Decimal:
    if quote is not None:
        return hours_between(quote.starts_at, quote.ends_at)
    return rules.planned_hours(order.duration_hours, max_stay_hours=lot.max_stay_hours)


def open_session(caller: Caller, plan: Plan, session_id: UUID, claim: Claim) -> Opened:
    """Write down the session and its hold, and take the space.

    Raises Conflict where the plate is parked in the lot already or the stay too dear for a card, LotFull, and
    NotFound or AgentOptInRequired where the operator was faster.
    """
    try:
        task = _first_task(plan, session_id, may_be_repeated=claim.once is not None)
        return _opened(caller, plan, task, claim)
    except IntegrityError as error:
        if any(sign in str(error.orig) for sign in _RUNNING_PLATE):
            parked = _parked_already(caller, plan.lot.id, plate=plan.order.plate)
            raise parked or _plate_is_parked() from None  # the other one may have ended since
        raise


def _opened(caller: Caller, plan: Plan, task: Task, claim: Claim) -> Opened:
    try:
        with database.transaction() as db:
            claim.enter(db, task.session_id)
            plate = _open(db, caller, plan, task)
            _take_space(db, caller, plan.lot.id)
            return Opened(task, plate)
    except Exception:
        claim.withdraw()  # whoever lost the last space need not queue for the writer to let go of nothing
        raise


def _take_space(db: Session, caller: Caller, lot_id: UUID) -> None:
    """Take a space unless the operator was faster; by its foreign key the session keeps the lot as it is."""
    try:
        taken = availability.take(db, lot_id)
    except LotFull:
        lots.require_still_bookable(db, caller, lot_id)  # a lot that is gone is not full
        raise
    lots.require_let_in(caller, taken.agent_access, taken.created_at)


def _first_task(plan: Plan, session_id: UUID, *, may_be_repeated: bool) -> Task:
    asked = {"payment_method": plan.order.payment_method, "may_be_repeated": may_be_repeated}
    return Task(
        id=uuid7(),
        kind="create_hold",
        params={"amount_minor": plan.hold.minor, **asked},
        created_at=clock.now(),
        hold_id=uuid7(),
        session_id=session_id,
        currency=plan.lot.currency,
        payment_intent_id="",
        project_kind=plan.project.kind,
        project_id=plan.project.id,
        destination=plan.connected_account,
    )


def _open(db: Session, caller: Caller, plan: Plan, task: Task) -> str:
    operator_id = plan.operator_id
    plate = persons.remember(db, operator_id=operator_id, kind="plate", shown=plan.order.plate)
    email_id = _email_id(db, operator_id, plan.order.email)
    session = _session(plan, task.session_id, plate_id=plate.id, email_id=email_id)
    rows.add(db, ParkingSession, {**session, "agent_platform": caller.platform})
    hold = {"id": task.hold_id, "session_id": task.session_id, "created_at": task.created_at}
    asked = {"amount_minor": task.amount.minor, "destination": task.destination}
    rows.add(db, Hold, {**hold, **asked, "status": PLANNED})
    payment_operations.intend_first(db, task)
    return plate.shown


def _email_id(db: Session, operator_id: UUID, email: str | None) -> UUID | None:
    if email is None:
        return None
    return persons.remember(db, operator_id=operator_id, kind="email", shown=email).id


def _session(plan: Plan, session_id: UUID, *, plate_id: UUID, email_id: UUID | None) -> Values:
    lot, quote = plan.lot, plan.quote
    return {
        "id": session_id,
        "session_code": session_codes.make(),
        "receipt_token": secrets.token_urlsafe(24),
        "project_id": plan.project.id,
        "operator_id": plan.operator_id,
        "lot_id": lot.id,
        "plate_id": plate_id,
        "email_id": email_id,
        "tariff_id": lot.tariff_id if quote is None else quote.tariff_id,
        "quote_id": None if quote is None else quote.id,
        "quoted_from": None if quote is None else quote.starts_at,
        "quoted_until": None if quote is None else quote.ends_at,
        "status": "starting",
        "payment_status": "requires_authorization",
        "currency": lot.currency,
        "details": dict(plan.order.metadata),
        "started_at": plan.now,
        "planned_end_at": plan.ends.planned_end_at,
        "latest_end_at": plan.ends.latest_end_at,
        "remind_at": reminders.first_at(plan.ends, now=plan.now),
    }


def _parked_already(caller: Caller, lot_id: UUID, *, plate: str) -> Conflict | None:
    """Say that a plate has a running session in a lot, if it has; name it to those who may see it."""
    same_plate = Person.kind == "plate", Person.normalised == plates.normalise(plate)
    running = (
        select(ParkingSession)
        .join(Person, Person.id == ParkingSession.plate_id)
        .where(ParkingSession.lot_id == lot_id, *same_plate)
        .where(ParkingSession.status.in_(rules.RUNNING))
    )
    with database.reading() as db:
        session = db.scalars(running).first()
    if session is None:
        return None
    known = session.status != "starting" and session_facts.may_see(caller, session)
    return _plate_is_parked(f" It is {session.id}." if known else "")


def _plate_is_parked(name: str = "") -> Conflict:
    return Conflict.of("plate", f"This plate already has a running session in this lot.{name}")
