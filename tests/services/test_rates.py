"""A lot's rates are its tariff's, which never changes once it was read."""

import pytest
from sqlalchemy import update

from app import database
from app.domain.errors import NotFound
from app.domain.ids import uuid7
from app.domain.money import Money
from app.models import Lot
from app.services import rates
from tests.conftest import SetClock
from tests.factories import anyone, caller_of, make_lot, make_project, make_tariff

pytestmark = pytest.mark.usefixtures("db", "time")


def test_a_lot_tells_its_tariff_at_this_moment(time: SetClock) -> None:
    lot = make_lot(rate="8.00")
    told = rates.get(anyone(), lot.id)
    assert told.tariff is not None
    assert (told.lot_id, told.currency, told.at) == (lot.id, "USD", time.at)
    assert told.tariff.rate_at(told.at) == Money(800, "USD")


def test_a_lot_without_a_tariff_tells_none() -> None:
    lot = make_lot(rate=None, currency="EUR")
    told = rates.get(anyone(), lot.id)
    assert (told.tariff, told.currency) == (None, "EUR")
    with database.reading() as db:
        assert rates.tariff_of(db, lot) is None


def test_a_lot_of_another_world_has_no_rates() -> None:
    lot = make_lot(project=make_project())
    with pytest.raises(NotFound):
        rates.get(caller_of(make_project()), lot.id)


def test_new_prices_are_seen_at_once_because_they_are_a_new_tariff() -> None:
    lot = make_lot(rate="8.00")
    rates.get(anyone(), lot.id)
    dearer = make_tariff(operator_id=lot.operator_id, rate="9.50")
    with database.transaction() as db:
        db.execute(update(Lot).where(Lot.id == lot.id).values(tariff_id=dearer.id))
    told = rates.get(anyone(), lot.id)
    assert told.tariff is not None
    assert told.tariff.hourly_rate == Money(950, "USD")


def test_a_tariff_is_read_once() -> None:
    lot = make_lot(rate="8.00")
    with database.reading() as db:
        assert rates.tariff_of(db, lot) is rates.tariff_of(db, lot)


def test_only_so_many_tariffs_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "REMEMBERED_AT_MOST", 3)
    lots = [make_lot(rate=f"{number}.00") for number in range(1, 6)]
    with database.reading() as db:
        told = [rates.tariff_of(db, lot) for lot in [*lots, *lots]]
    assert [tariff.hourly_rate.minor for tariff in told if tariff] == [100, 200, 300, 400, 500] * 2
    assert len(rates._remembered) == 3


def test_none_is_forgotten_before_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "REMEMBERED_AT_MOST", len(rates._remembered) + 5)
    lots = [make_lot(rate=f"{number}.00") for number in range(1, 5)]
    before = len(rates._remembered)
    with database.reading() as db:
        for lot in lots:
            rates.tariff_of(db, lot)
    assert len(rates._remembered) == before + 4


def test_a_tariff_that_does_not_exist_is_an_error_and_not_a_price() -> None:
    with database.reading() as db, pytest.raises(KeyError):
        rates.tariff(db, uuid7())
