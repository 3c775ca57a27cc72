"""Rates: which tariff a lot has, and what it says."""

from collections.abc import Collection, Mapping
from threading import Lock
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import database
from app.domain.callers import Caller
from app.domain.tariffs import Tariff
from app.models import Lot
from app.models import Tariff as TariffRow
from app.presenters.rates import RatesFacts
from app.services import lot_search, worlds

REMEMBERED_AT_MOST = 10_000

# A tariff's row never changes, so what was read once stays true; the oldest makes room for the newest.
_remembered: dict[UUID, Tariff] = {}
_lock = Lock()


def get(caller: Caller, lot_id: UUID) -> RatesFacts:
    """Tell what parking in a lot costs; raise NotFound."""
    with database.reading() as db:
        found = lot_search.one(db, worlds.of(caller), lot_id)
        tariff_id = found.tariff_id
        return RatesFacts(
            lot_id=found.id,
            currency=found.currency,
            tariff=None if tariff_id is None else tariff(db, tariff_id),
            at=lot_search.now_at(found),
        )


def tariff_of(db: Session, lot: Lot) -> Tariff | None:
    """Return the tariff of a lot; None for one that has none and can't be booked."""
    return None if lot.tariff_id is None else tariff(db, lot.tariff_id)


def tariff(db: Session, tariff_id: UUID) -> Tariff:
    """Return one version of a price list."""
    return tariffs(db, {tariff_id})[tariff_id]


def tariffs(db: Session, tariff_ids: Collection[UUID]) -> Mapping[UUID, Tariff]:
    """Return several price lists by their ids; the database is asked for those never seen before."""
    known = {tariff_id: _remembered.get(tariff_id) for tariff_id in tariff_ids}
    missing = [tariff_id for tariff_id, found in known.items() if found is None]
    return {tariff_id: found for tariff_id, found in known.items() if found} | _read(db, missing)


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
        for oldest in list(_remembered)[: len(_remembered) - REMEMBERED_AT_MOST]:
            del _remembered[oldest]
