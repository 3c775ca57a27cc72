"""Start a paid session: rows first, then the processor, then what came of it."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

from fastapi import HTTPException, Request
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain import plates, reminders, session_codes
from app.domain import sessions as rules
from app.domain.agent_access import may_agents_book
from app.domain.callers import LIVE_WORLD
from app.domain.holds import amount_to_hold
from app.domain.ids import uuid7
from app.domain.money import Money
from app.domain.reminders import Ends
from app.domain.tariffs import Tariff
from app.models import (
    AuditEntry,
    Event,
    Hold,
    IdempotencyKey,
    Lot,
    LotAvailability,
    Operator,
    ParkingSession,
    PaymentOperation,
    Person,
)
from app.models import Tariff as TariffRow
from app.presenters import events
from bench.peers import processor
from bench.peers.fastapi_sqlalchemy.lots import tariffs
from bench.peers.fastapi_sqlalchemy.schemas import Create, Payment, SessionShown
from bench.peers.fastapi_sqlalchemy.security import Caller

LEASE = timedelta(seconds=30)
GRACE = timedelta(minutes=10)
PAGES = "https://parkgraph.com"
_CONSENT = select(Lot.agent_access, Lot.created_at)
"""Asked once more inside the write, so that nothing starts in a lot that was shut to agents meanwhile."""


@dataclass
class Opened:
    session: ParkingSession
    hold: Hold
    operation: PaymentOperation
    key: IdempotencyKey | None


def create(db: Session, caller: Caller, order: Create, request: Request) -> SessionShown:
    if earlier := _earlier(db, caller, order):
        return _present_again(db, earlier)
    lot, account = _bookable(db, order)
    tariff = _tariff(db, lot)
    db.commit()  # only read so far; what follows writes from its first statement on
    opened = _open(db, caller, order, lot, tariff, account=account)
    amount = Money(opened.hold.amount_minor, lot.currency)
    intent = processor.create_hold(
        opened.operation.id, session_id=opened.session.id, amount=amount, account=account
    )
    request.state.upstream = [intent.call]
    _settle(db, caller, opened, intent, request_id=request.state.request_id)
    return _present(opened.session, opened.hold, order.plate)


def _earlier(db: Session, caller: Caller, order: Create) -> ParkingSession | None:
    if order.idempotency_key is None:
        return None
    key = db.get(IdempotencyKey, (_scope(caller), order.idempotency_key))
    if key is None:
        return None
    if key.fingerprint != _fingerprint(order):
        raise HTTPException(422, "This idempotency key was used for another request.")
    if not key.finished:
        raise HTTPException(409, "The first request with this idempotency key still runs.")
    return db.scalars(select(ParkingSession).where(ParkingSession.id == key.subject_id)).one()


def _bookable(db: Session, order: Create) -> tuple[Lot, str | None]:
    if not plates.is_plate(order.plate):
        raise HTTPException(400, "This is not a license plate.")
    found = db.execute(
        select(Lot, Operator.connected_account)
        .join(Operator, Operator.id == Lot.operator_id)
        .where(Lot.id == order.lot_id, Lot.world_id == LIVE_WORLD, Lot.deleted_at.is_(None))
    ).first()
    if found is None:
        raise HTTPException(404, "There is no lot with this id.")
    lot, account = found
    if not may_agents_book(lot.agent_access, lot.created_at):
        raise HTTPException(403, "This lot's operator does not let agents start sessions.")
    return lot, account


def _tariff(db: Session, lot: Lot) -> Tariff:
    if lot.tariff_id is None:
        raise HTTPException(409, "This lot has no tariff yet.")
    if lot.tariff_id not in tariffs:
        tariffs[lot.tariff_id] = Tariff.from_json(db.get_one(TariffRow, lot.tariff_id).rules)
    return tariffs[lot.tariff_id]


def _open(
    db: Session, caller: Caller, order: Create, lot: Lot, tariff: Tariff, *, account: str | None
) -> Opened:
    now = datetime.now(UTC)
    asked = None if order.duration_hours is None else Decimal(str(order.duration_hours))
    hours = rules.planned_hours(asked, max_stay_hours=lot.max_stay_hours)
    db.connection(execution_options={"writes": True})
    try:
        amount = tariff.hold_for(now, hours)
        opened = _rows(db, caller, order, lot, hours=hours, amount=amount, account=account, now=now)
    except IntegrityError:
        raise HTTPException(409, "The plate is parked here already, or the key is in use.") from None
    free = db.scalar(
        update(LotAvailability)
        .where(LotAvailability.lot_id == lot.id, LotAvailability.free > 0)
        .values(free=LotAvailability.free - 1, updated_at=now)
        .returning(LotAvailability.free)
        .execution_options(synchronize_session=False)
    )
    if free is None:
        raise HTTPException(409, "The lot is full.")
    if not may_agents_book(*db.execute(_CONSENT.where(Lot.id == lot.id)).one()):
        raise HTTPException(403, "This lot's operator does not let agents start sessions.")
    db.commit()
    return opened


def _rows(
    db: Session,
    caller: Caller,
    order: Create,
    lot: Lot,
    *,
    hours: Decimal,
    amount: Money,
    account: str | None,
    now: datetime,
) -> Opened:
    session_id = uuid7()
    key = _add_key(db, caller, order, session_id, now)
    planned = rules.planned_end(now, hours)
    latest = rules.latest_end(now, max_stay_hours=lot.max_stay_hours, planned_end_at=planned)
    ends = Ends(planned, latest)
    session = ParkingSession(
        id=session_id,
        session_code=session_codes.make(),
        receipt_token=secrets.token_urlsafe(24),
        project_id=caller.project_id,
        operator_id=lot.operator_id,
        lot_id=lot.id,
        plate_id=_person(
            db, lot, kind="plate", shown=order.plate, normalised=plates.normalise(order.plate), now=now
        ),
        tariff_id=lot.tariff_id,
        agent_platform="openai",
        status="starting",
        payment_status="requires_authorization",
        currency=lot.currency,
        details=order.metadata,
        started_at=now,
        planned_end_at=ends.planned_end_at,
        latest_end_at=ends.latest_end_at,
        remind_at=reminders.first_at(ends, now=now),
    )
    if order.email is not None:
        session.email_id = _person(
            db, lot, kind="email", shown=order.email, normalised=order.email.lower(), now=now
        )
    hold_minor = amount_to_hold(amount).minor
    hold = Hold(
        id=uuid7(),
        session_id=session_id,
        destination=account,
        status="planned",
        amount_minor=hold_minor,
        created_at=now,
    )
    operation = PaymentOperation(
        id=uuid7(),
        session_id=session_id,
        hold_id=hold.id,
        kind="create_hold",
        params={
            "amount_minor": hold_minor,
            "payment_method": order.payment_method,
            "may_be_repeated": key is not None,
        },
        due_at=now + LEASE,
        created_at=now,
    )
    for row in (session, hold, operation):
        db.add(row)
        db.flush()
    return Opened(session, hold, operation, key)


def _add_key(
    db: Session, caller: Caller, order: Create, session_id: object, now: datetime
) -> IdempotencyKey | None:
    if order.idempotency_key is None:
        return None
    key = IdempotencyKey(
        scope=_scope(caller),
        key=order.idempotency_key,
        fingerprint=_fingerprint(order),
        subject_id=str(session_id),
        locked_until=now + LEASE,
        created_at=now,
    )
    db.add(key)
    db.flush()
    return key


def _person(db: Session, lot: Lot, *, kind: str, shown: str, normalised: str, now: datetime) -> object:
    insert = (postgresql if db.get_bind().dialect.name == "postgresql" else sqlite).insert
    row = {
        "id": uuid7(),
        "operator_id": lot.operator_id,
        "kind": kind,
        "normalised": normalised,
        "shown": shown,
        "created_at": now,
    }
    made = db.scalar(insert(Person).values(row).on_conflict_do_nothing().returning(Person.id))
    if made is not None:
        return made
    same = Person.operator_id == lot.operator_id, Person.kind == kind, Person.normalised == normalised
    return db.scalars(select(Person.id).where(*same)).one()


def _settle(
    db: Session, caller: Caller, opened: Opened, intent: processor.Intent, *, request_id: str
) -> None:
    now = datetime.now(UTC)
    session, hold, operation, key = opened.session, opened.hold, opened.operation, opened.key
    db.connection(execution_options={"writes": True})
    for row in (session, hold):
        db.refresh(row, with_for_update=True)  # an event of the processor's may have changed them meanwhile
    operation.state, operation.finished_at = "done", now
    hold.payment_intent_id, hold.client_secret, hold.status = intent.id, intent.client_secret, intent.status
    session.status, session.grace_until = "active", now + GRACE
    if key is not None:
        key.finished = True
    db.add(
        AuditEntry(
            id=uuid7(),
            at=now,
            operator_id=session.operator_id,
            other_operator_id=None if caller.operator_id == session.operator_id else caller.operator_id,
            project_id=caller.project_id,
            actor_type="api_key",
            actor_id=str(caller.key_id),
            action="session.create",
            agent_platform="openai",
            subject_type="session",
            subject_id=str(session.id),
            lot_id=session.lot_id,
            diff={
                "status": [None, "active"],
                "plate": [None, str(session.plate_id)],
                "planned_end_at": [None, session.planned_end_at.isoformat(timespec="seconds")],
                "hold": [None, Money(hold.amount_minor, session.currency).to_major()],
            },
            request_id=request_id,
        )
    )
    db.add(_event(session, hold, now))
    db.commit()


def _event(session: ParkingSession, hold: Hold, now: datetime) -> Event:
    return Event(
        id=uuid7(),
        type="session.created",
        world_id=LIVE_WORLD,
        operator_id=session.operator_id,
        project_id=session.project_id,
        subject_id=session.id,
        body=events.body("session.created", now, events.session(session, [hold])),
        created_at=now,
    )


def _present_again(db: Session, session: ParkingSession) -> SessionShown:
    plate = db.scalars(select(Person.shown).where(Person.id == session.plate_id)).one()
    hold = db.scalars(select(Hold).where(Hold.session_id == session.id)).one()
    return _present(session, hold, plate or "")


def _present(session: ParkingSession, hold: Hold, plate: str) -> SessionShown:
    return SessionShown(
        id=str(session.id),
        session_code=session.session_code,
        lot_id=str(session.lot_id),
        status="active",
        rate=tariffs[session.tariff_id].rate_at(session.started_at).to_major(),
        currency=session.currency,
        started_at=_instant(session.started_at),
        planned_end_at=_instant(session.planned_end_at),
        plate=plate,
        payment=Payment(
            status=session.payment_status,
            authorized=Money(hold.authorized_minor, session.currency).to_major(),
        ),
        receipt_url=f"{PAGES}/r/{session.receipt_token}",
        receipt_qr_url=f"{PAGES}/r/{session.receipt_token}/qr.svg",
        payment_intent_id=hold.payment_intent_id,
        client_secret=hold.client_secret,
        metadata=session.details or None,
    )


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _scope(caller: Caller) -> str:
    return f"api_key:{caller.key_id}"


def _fingerprint(order: Create) -> str:
    return sha256(order.model_dump_json(exclude={"idempotency_key"}).encode()).hexdigest()
