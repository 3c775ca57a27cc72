"""A list over the API is imported once for its key, and goes on where a crash stopped it."""

import threading
from typing import Any

import pytest
from sqlalchemy import func, select

from app import database
from app.domain.errors import BadRequest, Conflict
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from app.models import AuditEntry, IdempotencyKey, Lot
from app.presenters.inventory import ImportFacts
from app.services import inventory, inventory_imports, lot_imports
from app.services.idempotency import LOCK
from tests.conftest import SetClock
from tests.factories import caller_of, make_project
from tests.services.importer import CITADEL, HEADER, PRICED, TRIADE, Importer, rows
from tests.services.test_lot_imports import NETHERLANDS
from tests.statements import statements_seen

pytestmark = pytest.mark.usefixtures("db", "time")

ONCE = Once(key="the-list", fingerprint="a" * 64)


@pytest.fixture
def importer(db: None, time: SetClock) -> Importer:
    """Import into a fresh sandbox."""
    return Importer(make_project())


KEY_ID = uuid7()
"""Of the one API key that sends everything: another one's idempotency keys are others."""


def take(importer: Importer, content: bytes, **options: Any) -> ImportFacts:
    caller = caller_of(importer.project, key_id=KEY_ID)
    return inventory_imports.take(caller, content, **options).value


def counts(done: ImportFacts) -> tuple[int, int, int]:
    return done.created, done.updated, done.unchanged


def rows_of(table: type[Any]) -> int:
    with database.reading() as db:
        return db.scalars(select(func.count()).select_from(table)).one()


def test_the_report_of_a_replay_is_the_first_one_and_nothing_is_imported_again(importer: Importer) -> None:
    importer.take(f"{CITADEL},2.50,,", header=PRICED)
    entries = rows_of(AuditEntry)
    lines = (HEADER + ",note", f"{CITADEL.replace('EUR', 'CHF')},", f"{TRIADE},x", "a3,too,few")
    content = "\n".join(lines).encode()
    first, second = (take(importer, content, once=ONCE) for _ in range(2))
    assert first == second
    assert counts(first) == (1, 0, 0)
    assert [(fault.line, fault.field) for fault in first.errors] == [(2, "currency"), (4, "row")]
    assert first.ignored_columns == ["note"]
    assert rows_of(AuditEntry) == entries + 1


def test_nothing_of_the_file_is_kept_under_the_key(importer: Importer) -> None:
    take(importer, f"{HEADER}\n{CITADEL}".encode(), once=ONCE)
    with database.reading() as db:
        (kept,) = db.scalars(select(IdempotencyKey.progress))
    assert kept == {"done": 1, "created": 1, "updated": 0, "unchanged": 0, "conflicts": []}


@pytest.mark.parametrize("options", [{"dry_run": True}, {"strict": True}])
def test_what_writes_nothing_is_answered_alike_again(importer: Importer, options: dict[str, Any]) -> None:
    content = f"{HEADER}\n{CITADEL}\na3,too,few".encode()
    first, second = (take(importer, content, once=ONCE, **options) for _ in range(2))
    assert first == second
    assert counts(first) == ((1, 0, 0) if "dry_run" in options else (0, 0, 0))
    assert rows_of(Lot) == rows_of(AuditEntry) == 0


def test_an_import_that_was_cut_short_goes_on_and_counts_each_lot_once(
    time: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    importer = Importer(make_project(kind="live"))  # a sandbox takes a list whole
    content, store = NETHERLANDS.read_bytes(), lot_imports.lot_changes.store
    calls: list[int] = []

    def breaking(*args: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt  # nothing is tidied up, as when the process is killed
        store(*args)

    monkeypatch.setattr(lot_imports.lot_changes, "store", breaking)
    with pytest.raises(KeyboardInterrupt):
        take(importer, content, once=ONCE)
    assert rows_of(Lot) == lot_imports.BATCH
    with pytest.raises(Conflict):
        take(importer, content, once=ONCE)
    time.move(seconds=LOCK.total_seconds() + 1)
    assert counts(take(importer, content, once=ONCE)) == (510, 0, 0)
    assert rows_of(Lot) == 510
    assert counts(take(importer, content, once=ONCE)) == (510, 0, 0)


def test_a_file_that_is_no_list_of_lots_names_the_body_and_stays_refused(importer: Importer) -> None:
    for _ in range(2):
        with pytest.raises(BadRequest) as refused:
            take(importer, b"name\nGarage Citadel\n", once=ONCE)
        assert [detail.field for detail in refused.value.details] == ["body"]
        assert refused.value.message.startswith("body: The file lacks these columns: external_id")


def test_a_few_at_once_with_one_key_import_once(importer: Importer) -> None:
    content, caller = NETHERLANDS.read_bytes(), importer.caller
    outcomes: list[tuple[int, int, int] | str] = []

    def attempt() -> None:
        try:
            outcomes.append(counts(inventory_imports.take(caller, content, once=ONCE).value))
        except Conflict as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=attempt) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(outcomes) <= {(510, 0, 0), "CONFLICT"}
    assert (510, 0, 0) in outcomes
    assert rows_of(Lot) == 510


# What a sandbox holds


@pytest.mark.parametrize("options", [{}, {"dry_run": True}, {"strict": True}])
def test_more_lots_than_a_sandbox_holds_are_refused_as_a_whole(
    importer: Importer, options: dict[str, Any]
) -> None:
    take(importer, rows(range(999)))
    with pytest.raises(Conflict, match="A sandbox holds at most 1,000 lots"):
        take(importer, rows(range(998, 1_001)), **options)
    assert rows_of(Lot) == 999


def test_a_list_longer_than_a_sandbox_is_refused_before_it_is_compared(importer: Importer) -> None:
    with statements_seen() as seen, pytest.raises(Conflict, match="A sandbox holds at most 1,000 lots"):
        take(importer, rows(range(1_001)))
    assert not [statement for statement in seen if "external_id" in statement]


def test_a_full_sandbox_can_still_be_brought_up_to_date(importer: Importer) -> None:
    take(importer, rows(range(1_000)))
    dearer = rows(range(1_000)).replace(b"Garage 7,", b"Garage Seven,")
    assert counts(take(importer, dearer)) == (0, 1, 999)


def test_a_refused_list_fits_under_the_same_key_once_there_is_room(importer: Importer) -> None:
    take(importer, rows(range(1_000)))
    with pytest.raises(Conflict):
        take(importer, rows([1_000]), once=ONCE)
    inventory.delete(importer.caller, importer.lot("lot-0").id)
    assert counts(take(importer, rows([1_000]), once=ONCE)) == (1, 0, 0)


def test_two_lists_at_once_fill_a_sandbox_no_further_than_one_after_the_other(importer: Importer) -> None:
    outcomes: list[tuple[int, int, int] | str] = []
    together = threading.Barrier(2)

    def attempt(numbers: range) -> None:
        together.wait()
        try:
            outcomes.append(counts(take(importer, rows(numbers))))
        except Conflict as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=attempt, args=[range(at, at + 600)]) for at in (0, 600)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [(600, 0, 0), "CONFLICT"]
    assert rows_of(Lot) == 600


def test_whoever_runs_the_installation_fills_a_sandbox_as_they_like(importer: Importer) -> None:
    assert importer.run(rows(range(1_001))).created == 1_001
