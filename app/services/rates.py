"""Rates: which tariff a lot has, what it says, and how the operator gives it another."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from threading import Lock
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import database, queries
from app.domain.callers import Caller
from app.domain.idempotency import Once
from app.domain.prices import Prices
from app.domain.tariffs import Tariff
from app.models import Lot
from app.models import Tariff as TariffRow
from app.presenters.rates import RatesFacts
from app.services import audit, events, idempotency, lot_records, lot_search, operator_lots, worlds
from app.services.idempotency import Answer, Claim
from app.services.lot_search import Found

REMEMBERED_AT_MOST = 10_000

# A tariff's row never changes, so what was read once stays true; the oldest makes room for the newest.
_remembered: dict[UUID, Tariff] = {}
_lock = Lock()


def get(caller: Caller, lot_id: UUID) -> RatesFacts:
    """Tell what parking in a lot costs; raise NotFound."""
    with queries.reading() as read:
        found = lot_search.one(read, worlds.of(caller), lot_id)
    return RatesFacts(
        lot_id=found.id,
        currency=found.currency,
        tariff=tariffs_of([found])[0],
        at=lot_search.now_at(found),
    )


def change(caller: Caller, lot_id: UUID, prices: Prices, *, once: Once | None = None) -> Answer[RatesFacts]:
    """Give a lot another tariff; sessions that run keep theirs, and the same one again changes nothing.

    Raise NotFound for a lot that is not the operator's, BadRequest for an amount that the currency can't hold
    and for a minimum charge above the daily maximum.
    """

    def work(claim: Claim) -> RatesFacts:
        with database.transaction() as db:
            claim.settle(db, lot_id)
            lot = operator_lots.for_change(db, caller, lot_id)
            _replace(db, caller, lot, prices.in_lot(currency=lot.currency, time_zone=lot.time_zone))
        return get(caller, lot_id)

    return idempotency.perform(caller, once, work=work, again=lambda _: get(caller, lot_id))


def tariff_of(db: Session, lot: Lot) -> Tariff | None:
    """Return the tariff of a lot; None for one that has none and can't be booked."""
    return None if lot.tariff_id is None else tariff(db, lot.tariff_id)


def tariff(db: Session, tariff_id: UUID) -> Tariff:
    """Return one version of a price list."""
    return tariffs(db, {tariff_id})[tariff_id]


def tariffs_of(lots: Sequence[Found]) -> list[Tariff | None]:
    """Return the price list of each of some lots, None where it has none; outside of any transaction."""
    known = [_remembered.get(lot.tariff_id) for lot in lots]
    new = {lot.tariff_id for lot, tariff in zip(lots, known, strict=True) if lot.tariff_id and not tariff}
    if not new:
        return known
    with database.reading() as db:
        read = tariffs(db, new)
    return [tariff or read.get(lot.tariff_id) for lot, tariff in zip(lots, known, strict=True)]


def tariffs(db: Session, tariff_ids: Collection[UUID]) -> Mapping[UUID, Tariff]:
    """Return several price lists by their ids; the database is asked for those never seen before."""
    known = _known(tariff_ids)
    return known | _read(db, [tariff_id for tariff_id in tariff_ids if tariff_id not in known])


def _known(tariff_ids: Iterable[UUID]) -> dict[UUID, Tariff]:
    return {tariff_id: found for tariff_id in tariff_ids if (found := _remembered.get(tariff_id))}


def _replace(db: Session, caller: Caller, lot: Lot, new: Tariff) -> None:
    """Add a version of the lot's tariff, unless it says what the last one does."""
    old = tariff_of(db, lot)
    if new == old:
        return
    now = worlds.now(db, lot.world_id)
    lot.tariff_id = lot_records.add_tariffs(db, [new], operator_id=lot.operator_id, at=now)[new]
    lot.updated_at = now
    versions = [None if version is None else version.as_json() for version in (old, new)]
    audit.append(
        db,
        caller,
        "rates.set",
        operator_id=lot.operator_id,
        subject=("lot", lot.id),
        lot_id=lot.id,
        diff={"tariff": versions},
    )
    events.of_lot(db, "rates.set", lot)


def _read(db: Session, tariff_ids: Collection[UUID]) -> dict[UUID, Tariff]:
    if not tariff_ids:
        return {}
    rows = db.execute(select(TariffRow.id, TariffRow.rules).where(TariffRow.id.in_(tariff_ids)))
    read = {row.id: Tariff.from_json(row.rules) for row in rows}
    _remember(read)
    return read


def _remember(read: Mapping[UUID, Tariff]) -> None:
    with _lock:
        _remembered.update(read)
        too_many = max(len(_remembered) - REMEMBERED_AT_MOST, 0)
        for oldest in list(islice(_remembered, too_many)):
            del _remembered[oldest]
