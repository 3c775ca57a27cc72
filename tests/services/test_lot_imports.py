"""Real lots come in by the hundred, each fault by line, field and reason; importing again changes nothing."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app import database
from app.domain.callers import LIVE_WORLD
from app.domain.errors import BadRequest, NotFound
from app.domain.ids import uuid7
from app.domain.money import Money
from app.models import AuditEntry, Lot, Tariff
from app.services import audit_lists, availability, lot_imports, lots
from app.services.lot_files import Fault
from app.services.lot_imports import Report
from app.services.timelines import Window
from tests.conftest import SetClock
from tests.factories import caller_of, make_operator, make_project, operator_of
from tests.services.importer import CITADEL, HEADER, PRICED, TRIADE, Importer, counts, rate_of

pytestmark = pytest.mark.usefixtures("db", "time")

NETHERLANDS = Path(__file__).parents[1] / "data" / "lots-netherlands.csv"
UTRECHT: dict[str, Any] = {"lat": 52.0894, "lng": 5.1100}


@pytest.fixture
def importer(db: None, time: SetClock) -> Importer:
    """Import into a fresh sandbox."""
    return Importer(make_project())


def rows_of(table: type[Any]) -> int:
    with database.reading() as db:
        return db.scalars(select(func.count()).select_from(table)).one()


# The Dutch register


def test_a_list_that_says_nothing_of_cities_is_not_told_so_row_by_row(importer: Importer) -> None:
    header, row = (line.replace(city, "") for line, city in ((HEADER, ",city"), (CITADEL, ",Assen")))
    assert importer.take(row, header=header).warnings == []
    assert [warning.field for warning in importer.take(CITADEL.replace("Assen", "")).warnings] == ["city"]


def test_the_dutch_register_is_taken_whole(importer: Importer) -> None:
    report = importer.run(NETHERLANDS)
    assert (report.taken, report.created, list(report.errors)) == (510, 510, [])
    assert report.warnings_by_kind == {
        "no city": 48,
        "hours not understood": 47,
        "height under 150 cm": 23,
    }
    with database.reading() as db:
        assert availability.drift(db) == []


def test_real_lots_are_found_in_utrecht_and_by_a_citys_name(importer: Importer) -> None:
    importer.run(NETHERLANDS)
    near = lots.search(importer.caller, **UTRECHT)
    distances = [lot.distance_km for lot in near]
    assert len(near) == 10
    assert distances == sorted(distances, key=lambda distance: distance or 0)
    assert near[0].name.startswith("Garage Hoog Catharijne")
    assert "Garage Citadel" in importer.names(address="Assen")
    assert all(lot.rate is None and not lot.agent_bookable for lot in near)


def test_a_second_import_changes_nothing_and_writes_nothing(importer: Importer, time: SetClock) -> None:
    importer.run(NETHERLANDS)
    entries = rows_of(AuditEntry)
    before = importer.lot("106_CITA").updated_at
    time.move(hours=1)
    assert counts(importer.run(NETHERLANDS)) == (0, 0, 510)
    assert importer.lot("106_CITA").updated_at == before
    assert rows_of(AuditEntry) == entries


def test_progress_is_told_up_to_the_last_row(importer: Importer) -> None:
    told: list[tuple[int, int]] = []
    importer.run(NETHERLANDS, progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 510), (250, 510), (500, 510), (510, 510)]


def spoiled() -> tuple[bytes, list[Fault]]:
    """Spoil a copy of the Dutch register in every way, and say what should be reported."""
    lines = NETHERLANDS.read_bytes().splitlines()
    spoil: dict[int, tuple[bytes, str, str]] = {
        3: (lines[1], "external_id", "stands on line 2 already"),
        10: (change(lines[9], 7, b""), "lng", "is missing"),
        20: (change(lines[19], 6, b"91"), "lat", "is not between -90 and 90"),
        30: (change(lines[29], 7, b"6.9.0"), "lng", "is not a number"),
        40: (change(lines[39], 9, b"many"), "capacity", "is not a whole number from 1 to 1,000,000"),
        50: (change(lines[49], 9, b""), "capacity", "is missing"),
        60: (change(lines[59], 10, b"-1"), "accessible", "is not a whole number from 0 to 1,000,000"),
        70: (change(lines[69], 11, b"1.5"), "ev_charging", "is not a whole number from 0 to 1,000,000"),
        80: (change(lines[79], 12, b"2m10"), "max_height_cm", "is not a whole number from 1 to 10,000"),
        90: (change(lines[89], 8, b"barn"), "type", "is not one of garage, surface, p_and_r, street_paid"),
        100: (
            change(lines[99], 4, b"Europe/Nowhere"),
            "time_zone",
            "is not a time zone of the IANA database",
        ),
        110: (change(lines[109], 5, b"FLORIN"), "currency", "is not a currency of ISO 4217"),
        120: (change(lines[119], 1, b""), "name", "is missing"),
        130: (change(lines[129], 0, b""), "external_id", "is missing"),
        140: (change(lines[139], 3, b"Holland"), "country", "is not a country of ISO 3166 in two capitals"),
        150: (lines[149] + b",one,two", "row", "it has 17 columns instead of 15"),
        160: (b"half,a,row", "row", "it has 3 columns instead of 15"),
        170: (change(lines[169], 1, b"Caf\xe9"), "row", "it is not UTF-8"),
        180: (change(lines[179], 1, b'"Garage'), "row", "its quotation marks do not match"),
        190: (change(lines[189], 1, b"Garage\x07"), "name", "holds a control character"),
        511: (change(lines[510], 6, b"nan"), "lat", "is not a number"),
    }
    for line, (content, _, _) in spoil.items():
        lines[line - 1] = content
    return b"\n".join(lines), [Fault(line, field, reason) for line, (_, field, reason) in spoil.items()]


def change(line: bytes, column: int, value: bytes) -> bytes:
    cells = line.split(b",")
    cells[column] = value
    return b",".join(cells)


def test_a_copy_spoiled_in_every_way_names_each_fault_and_takes_the_rest(importer: Importer) -> None:
    content, faults = spoiled()
    report = importer.run(content)
    assert list(report.errors) == faults
    assert report.taken == report.created == 510 - len(faults)
    assert rows_of(Lot) == report.taken
    assert counts(importer.run(NETHERLANDS)) == (len(faults), 0, 510 - len(faults))


def test_strictly_one_error_keeps_every_row_out(importer: Importer) -> None:
    content, faults = spoiled()
    report = importer.run(content, strict=True)
    assert report.taken == 0
    assert list(report.errors) == faults
    assert rows_of(Lot) == rows_of(AuditEntry) == 0
    assert importer.run(NETHERLANDS, strict=True).taken == 510


def test_a_rehearsal_says_what_would_happen_and_writes_nothing(importer: Importer) -> None:
    importer.take(CITADEL)
    report = importer.take(CITADEL.replace("550", "551"), TRIADE, "a3,too,few", dry_run=True)
    assert counts(report) == (1, 1, 0)
    assert [fault.line for fault in report.errors] == [4]
    assert (importer.lot().capacity, rows_of(Lot)) == (550, 1)


# Bringing up to date


def test_a_known_lot_is_changed_and_found_anew(importer: Importer, time: SetClock) -> None:
    importer.take(CITADEL)
    lot = importer.lot()
    time.move(hours=1)
    report = importer.take(
        CITADEL.replace("Garage Citadel,Assen,52.9975282", "Parkhaus Zitadelle,Vaals,50.77")
    )
    after = importer.lot()
    assert counts(report) == (0, 1, 0)
    assert (after.id, after.created_at, after.updated_at) == (lot.id, lot.created_at, time.at)
    assert (after.name, after.slug, after.city) == ("Parkhaus Zitadelle", "parkhaus-zitadelle", "Vaals")
    assert importer.names(address="zitadelle vaals") == ["Parkhaus Zitadelle"]
    assert importer.names(lat=50.77, lng=6.5669) == ["Parkhaus Zitadelle"]
    assert importer.names(address="Assen") == importer.names(lat=52.9975, lng=6.5669) == []


def test_more_or_fewer_spaces_leave_the_parked_cars_where_they_are(importer: Importer) -> None:
    importer.take(CITADEL)
    lot = importer.lot()
    availability.report(operator_of(lot), lot.id, occupied_elsewhere=50)
    importer.take(CITADEL.replace("550", "560"))
    assert importer.free() == 510
    importer.take(CITADEL.replace("550", "40"))
    assert importer.free() == -10
    with database.reading() as db:
        assert availability.drift(db) == []


def test_columns_that_the_file_lacks_are_left_alone(importer: Importer) -> None:
    importer.take(f"{CITADEL},Gedempte Singel 1,210", header=f"{HEADER},address,max_height_cm")
    importer.take(CITADEL.replace("Garage Citadel", "Citadel"))
    lot = importer.lot()
    assert (lot.name, lot.address, lot.max_height_cm) == ("Citadel", "Gedempte Singel 1", 210)
    assert importer.names(address="gedempte") == ["Citadel"]


def test_an_empty_cell_takes_a_value_away(importer: Importer) -> None:
    importer.take(CITADEL)
    importer.take(CITADEL.replace("Assen", ""))
    assert importer.lot().city is None


def test_a_deleted_lot_is_made_anew(importer: Importer, time: SetClock) -> None:
    importer.take(CITADEL)
    first = importer.lot().id
    with database.transaction() as db:
        db.get_one(Lot, first).deleted_at = time.at
    assert counts(importer.take(CITADEL)) == (1, 0, 0)
    assert importer.lot().id != first


def test_two_operators_may_use_the_same_ids(importer: Importer) -> None:
    other = Importer(make_project())
    importer.take(CITADEL)
    assert counts(other.take(CITADEL)) == (1, 0, 0)


def test_lots_are_made_at_the_time_of_their_world(time: SetClock) -> None:
    ahead = Importer(make_project(clock_runs_ahead=timedelta(days=3)))
    ahead.take(CITADEL)
    assert ahead.lot().created_at == time.at + timedelta(days=3)


def test_a_live_projects_lots_come_into_the_live_world() -> None:
    project = make_project(kind="live")
    source = f"{HEADER}\n{CITADEL}".encode()
    lot_imports.run(caller_of(project), source, world_id=LIVE_WORLD, operator_id=project.operator_id)
    assert [lot.name for lot in lots.search(caller_of(project), address="citadel")] == ["Garage Citadel"]


def test_a_feature_collection_is_taken_like_a_table(importer: Importer) -> None:
    content = b"""{"type": "FeatureCollection", "features": [
        {"type": "Feature", "id": "a1", "geometry": {"type": "Point", "coordinates": [6.5669367, 52.9975282]},
         "properties": {"name": "Garage Citadel", "city": "Assen", "type": "garage", "capacity": 550,
                        "time_zone": "Europe/Amsterdam", "currency": "EUR", "rate": 2.5}},
        {"type": "Feature", "id": "a2", "geometry": {"type": "Point", "coordinates": [6.5642, 952]},
         "properties": {"name": "Garage Triade", "city": "Assen", "type": "garage", "capacity": 300,
                        "time_zone": "Europe/Amsterdam", "currency": "EUR"}}]}"""
    report = importer.run(content)
    assert counts(report) == (1, 0, 0)
    assert list(report.errors) == [Fault(2, "lat", "is not between -90 and 90")]
    assert counts(importer.take(CITADEL)) == (0, 0, 1)


# Prices


def test_lots_with_the_same_prices_share_a_tariff(importer: Importer) -> None:
    report = importer.take(f"{CITADEL},2.50,20,30", f"{TRIADE},2.50,20,30", header=PRICED)
    assert counts(report) == (2, 0, 0)
    assert rows_of(Tariff) == 1
    assert rate_of(importer) == rate_of(importer, "a2") == Money(250, "EUR")


def test_a_new_price_is_a_new_tariff_and_the_old_one_stays(importer: Importer) -> None:
    importer.take(f"{CITADEL},2.50,20,30", header=PRICED)
    assert counts(importer.take(f"{CITADEL},2.50,20,30", header=PRICED)) == (0, 0, 1)
    assert counts(importer.take(f"{CITADEL},3.00,20,30", header=PRICED)) == (0, 1, 0)
    assert (rate_of(importer), rows_of(Tariff)) == (Money(300, "EUR"), 2)


def test_a_change_of_something_else_makes_no_new_tariff(importer: Importer) -> None:
    importer.take(f"{CITADEL},2.50,20,30", header=PRICED)
    importer.take(f"{CITADEL.replace('550', '551')},2.50,20,30", header=PRICED)
    assert (rate_of(importer), rows_of(Tariff)) == (Money(250, "EUR"), 1)


def test_a_list_without_prices_leaves_tariffs_alone(importer: Importer) -> None:
    importer.take(f"{CITADEL},2.50,,", header=PRICED)
    importer.take(CITADEL.replace("550", "551"))
    assert rate_of(importer) == Money(250, "EUR")


def test_empty_prices_take_the_tariff_away(importer: Importer) -> None:
    importer.take(f"{CITADEL},2.50,,", header=PRICED)
    assert counts(importer.take(f"{CITADEL},,,", header=PRICED)) == (0, 1, 0)
    assert rate_of(importer) is None


@pytest.mark.parametrize("options", [{}, {"strict": True}, {"dry_run": True}])
def test_a_currency_is_not_changed_under_a_tariff(importer: Importer, options: dict[str, Any]) -> None:
    importer.take(f"{CITADEL},2.50,,", header=PRICED)
    report = importer.take(CITADEL.replace("EUR", "CHF"), **options)
    assert list(report.errors) == [Fault(2, "currency", "is not that of the lot's tariff, EUR")]
    assert report.taken == 0
    assert rate_of(importer) == Money(250, "EUR")
    assert counts(importer.take(f"{CITADEL.replace('EUR', 'CHF')},3.00,,", header=PRICED)) == (0, 1, 0)
    assert rate_of(importer) == Money(300, "CHF")


# Audit, refusals, and two at once


def entries() -> list[AuditEntry]:
    with database.reading() as db:
        return list(db.scalars(select(AuditEntry).order_by(AuditEntry.at, AuditEntry.id)))


def test_each_lot_has_an_entry_that_says_what_the_list_made_of_it(importer: Importer) -> None:
    importer.take(CITADEL)
    importer.take(CITADEL.replace("550", "551"), TRIADE)
    first, *second = entries()
    assert (first.action, first.operator_id) == ("lot.import", importer.project.operator_id)
    assert (first.diff["created"]["name"], first.diff["created"]["capacity"]) == ("Garage Citadel", 550)
    said = {entry.lot_id: entry.diff for entry in second}
    assert said[importer.lot().id] == {"capacity": [550, 551]}
    assert said[importer.lot("a2").id]["created"]["external_id"] == "a2"
    assert {entry.subject_id for entry in second} == {str(lot_id) for lot_id in said}


def test_a_rate_change_stands_in_the_export_of_its_lot(importer: Importer) -> None:
    importer.take(f"{CITADEL},2.50,,", header=PRICED)
    importer.take(f"{CITADEL},3.00,,", header=PRICED)
    repriced, made = audit_lists.export(importer.caller, importer.lot().id, Window(limit=10)).entries
    before, after = repriced.diff["tariff"]
    assert (before["hourly_rate_minor"], after["hourly_rate_minor"]) == (250, 300)
    assert made.diff["created"]["tariff"] == before


def test_an_unknown_operator_has_no_lots(importer: Importer) -> None:
    for dry_run in (False, True):
        with pytest.raises(NotFound):
            lot_imports.run(
                importer.caller,
                NETHERLANDS,
                world_id=importer.project.id,
                operator_id=uuid7(),
                dry_run=dry_run,
            )


def test_a_file_that_is_no_list_of_lots_is_refused(importer: Importer) -> None:
    with pytest.raises(BadRequest):
        importer.run(b"name\nGarage Citadel\n")


def test_two_imports_at_once_make_each_lot_once() -> None:
    project = make_project(operator=make_operator())
    reports: list[Report] = []

    def take() -> None:
        reports.append(Importer(project).run(NETHERLANDS))

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(report.created for report in reports) == rows_of(Lot) == 510
    assert sum(report.taken for report in reports) == 3 * 510


def test_columns_that_mean_nothing_to_us_are_named(importer: Importer) -> None:
    report = importer.take(f"{CITADEL},2.50,yes,", header=f"{HEADER},paid,hourly_rate,")
    assert report.ignored_columns == ["hourly_rate", "paid"]
    assert (report.taken, report.errors, report.warnings) == (1, [], [])
    assert importer.take(CITADEL).ignored_columns == []
