"""What a list of lots may change of lots that are known, and what it leaves to those who are faster."""

import threading

import pytest

from app import database
from app.domain.prices import Prices
from app.services import operator_lots, rates
from app.services.lot_files import Fault
from app.services.lot_imports import Report
from tests.factories import make_project
from tests.services.importer import CITADEL, HEADER, PRICED, Importer, counts, rate_of

pytestmark = pytest.mark.usefixtures("db", "time")


@pytest.fixture
def importer(db: None, time: object) -> Importer:
    """Import into a fresh sandbox."""
    return Importer(make_project())


def test_a_lot_does_not_shrink_below_the_spaces_that_the_file_says_nothing_of(importer: Importer) -> None:
    importer.take(f"{CITADEL},6", header=f"{HEADER},accessible")
    report = importer.take(CITADEL.replace("550", "5"))
    assert list(report.errors) == [Fault(2, "capacity", "is less than the lot's accessible")]
    assert counts(importer.take(f"{CITADEL.replace('550', '5')},5", header=f"{HEADER},accessible")) == (
        0,
        1,
        0,
    )


def test_what_an_operator_changes_meanwhile_is_not_written_over(importer: Importer) -> None:
    importer.take(f"{CITADEL},2.50,,", header=PRICED)
    lot_id, report = importer.lot().id, list[Report]()
    importing = threading.Thread(target=lambda: report.append(importer.take(CITADEL.replace("550", "551"))))
    with database.transaction() as db:
        lot = operator_lots.for_change(db, importer.caller, lot_id)
        importing.start()
        importing.join(timeout=0.3)  # long enough for one that does not wait
        lot.tariff_id = None
    importing.join()
    assert counts(report[0]) == (0, 1, 0)
    assert rate_of(importer) is None


def test_a_lot_that_moves_to_another_time_zone_takes_its_bands_with_it(importer: Importer) -> None:
    importer.take(f"{CITADEL},2.50,,", header=PRICED)
    band = {"days": ["fri"], "from": "18:00", "to": "24:00", "rate": 1}
    rates.change(importer.caller, importer.lot().id, Prices.read({"rate": 2, "bands": [band]}))
    assert counts(importer.take(CITADEL.replace("Amsterdam", "Berlin"))) == (0, 1, 0)
    told = rates.get(importer.caller, importer.lot().id).tariff
    assert told is not None
    assert (told.time_zone, len(told.week)) == ("Europe/Berlin", 1)
    assert counts(importer.take(CITADEL.replace("Amsterdam", "Berlin"))) == (0, 0, 1)
