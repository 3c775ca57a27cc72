"""Quotes: say what a stay will cost, and keep the word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import database, queries
from app.domain import clock, holds
from app.domain import quotes as rules
from app.domain import sessions as session_rules
from app.domain.callers import Caller
from app.domain.durations import hours_between
from app.domain.errors import Conflict, Detail, NotFound
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from app.domain.money import Money
from app.domain.tariff_bills import LineItem, settled
from app.domain.tariffs import Tariff
from app.gateways.amounts import chargeable
from app.models import Lot, Quote
from app.presenters.quotes import QuoteFacts
from app.services import audit, hold_amounts, idempotency, lot_search, rates, rows, worlds
from app.services.idempotency import Answer, Claim
from app.services.lot_search import Found

KEPT_FOR = rules.FARTHEST + timedelta(days=9)
"""Longer than any quote is of use, and then longer than an idempotency key."""
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which stay a quote is asked for."""

    starts_at: datetime | None = None
    duration_hours: Decimal | None = None


def create(caller: Caller, lot_id: UUID, wish: Wish, once: Once | None = None) -> Answer[QuoteFacts]:
    """Say what a stay in a lot costs, and hold the price for a while.

    Raise NotFound for the lot, BadRequest for a window in the past, Conflict for one that is too long or
    too dear for a card and for a lot without a tariff.
    """

    def work(claim: Claim) -> QuoteFacts:
        with queries.reading() as read:
            lot = lot_search.one(read, worlds.of(caller), lot_id, with_owner=True)
        tariff = rates.tariffs_of([lot])[0]
        if tariff is None:
            raise Conflict.of("lot_id", "This lot has no tariff yet, so nothing can be quoted.")
        quote = _quote(caller, lot, tariff, wish)
        with database.transaction() as db:
            claim.settle(db, quote.id)
            _add(db, caller, quote, lot.operator_id)
        return _facts(quote, tariff)

    return idempotency.perform(caller, once, work=work, again=lambda quote_id: _get(UUID(quote_id)))


def usable(caller: Caller, quote_id: UUID, *, lot_id: UUID, now: datetime, hours: Decimal | None) -> Quote:
    """Return a quote by which a session may start in a lot now, outside of any transaction.

    Raise NotFound for one that the caller may not know of, Conflict for one of another lot or another window
    and one that has expired; all of them name `quote_id`.
    """
    with database.reading() as db:
        quote = _visible(db, caller, quote_id)
    if quote.lot_id != lot_id:
        raise Conflict.of("quote_id", "This quote is for another lot.")
    until = None if hours is None else session_rules.planned_end(quote.starts_at, hours)
    rules.require_usable(
        starts_at=quote.starts_at, ends_at=quote.ends_at, expires_at=quote.expires_at, now=now, until=until
    )
    return quote


def charge_of(total: Money) -> Money:
    """Return what a card is charged of a total: nothing of one that is too little for it."""
    return chargeable(holds.payable(total))


def forget(now: datetime) -> int:
    """Delete old quotes, some at a time; sessions keep what they need of them. Return how many."""
    forgotten = 0
    while some := _forget_some(now):
        forgotten += some
    return forgotten


def _forget_some(now: datetime) -> int:
    # By real time: a sandbox's clock may be years ahead, and its quotes with it.
    old = select(Quote.id).where(Quote.created_at < now - KEPT_FOR).limit(_AT_ONCE)
    with database.transaction() as db:
        return len(db.scalars(delete(Quote).where(Quote.id.in_(old)).returning(Quote.id)).all())


def _quote(caller: Caller, lot: Found, tariff: Tariff, wish: Wish) -> Quote:
    now = lot_search.now_at(lot)
    starts_at = rules.window_start(wish.starts_at, now=now)
    hours = session_rules.planned_hours(wish.duration_hours, max_stay_hours=lot.max_stay_hours)
    ends_at = session_rules.planned_end(starts_at, hours)
    hold_amounts.for_stay(tariff, starts_at, hours)  # a price that nobody could pay is none to promise
    return Quote(
        id=uuid7(),
        lot_id=lot.id,
        project_id=None if caller.project is None else caller.project.id,
        tariff_id=lot.tariff_id,
        starts_at=starts_at,
        ends_at=ends_at,
        currency=lot.currency,
        total_minor=charge_of(tariff.price(starts_at, ends_at).total).minor,
        tax_rate=lot.tax_rate,
        expires_at=rules.expiry(starts_at, ends_at),
        created_at=clock.now(),
    )


def _add(db: Session, caller: Caller, quote: Quote, operator_id: UUID) -> None:
    columns = {column.key: getattr(quote, column.key) for column in Quote.__table__.columns}
    rows.add(db, Quote, columns)
    if caller.project is None:
        return  # a stranger's question binds nobody, and anyone could fill a log that can only grow
    audit.append(
        db,
        caller,
        "quote.create",
        operator_id=operator_id,
        other_operator_id=caller.project.operator_id,
        subject=("quote", quote.id),
        lot_id=quote.lot_id,
        diff={"total_minor": quote.total_minor, "currency": quote.currency, "expires_at": quote.expires_at},
    )


def _visible(db: Session, caller: Caller, quote_id: UUID) -> Quote:
    """Return a quote of the caller's project, or one that nobody's key asked for, in the caller's world."""
    here = select(Quote).join(Lot, Lot.id == Quote.lot_id).where(Lot.world_id == worlds.of(caller))
    quote = db.scalars(here.where(Quote.id == quote_id)).one_or_none()
    mine = None if caller.project is None else caller.project.id
    if quote is None or quote.project_id not in (None, mine):
        message = "There is no quote with this id."
        raise NotFound(message, details=[Detail("quote_id", message)])
    return quote


def _get(quote_id: UUID) -> QuoteFacts:
    with database.reading() as db:
        quote = db.get_one(Quote, quote_id)
        return _facts(quote, rates.tariff(db, quote.tariff_id))


def _facts(quote: Quote, tariff: Tariff) -> QuoteFacts:
    return QuoteFacts(
        quote=quote,
        hours=hours_between(quote.starts_at, quote.ends_at),
        lines=_lines(quote, tariff),
        free_cancellation_minutes=tariff.free_cancellation_minutes,
    )


def _lines(quote: Quote, tariff: Tariff) -> Sequence[LineItem]:
    price = tariff.price(quote.starts_at, quote.ends_at)
    return settled(price.line_items, Money(quote.total_minor, quote.currency))
