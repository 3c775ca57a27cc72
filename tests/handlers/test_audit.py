"""What listAuditLog and exportLotAuditCsv answer, by the contract."""

import csv
import io

import pytest

from app import database
from app.domain.callers import Caller
from app.models import Lot, Project
from app.presenters.audit import COLUMNS
from app.services import audit as service
from app.services import inventory
from handlers import audit
from tests.conftest import SetClock
from tests.factories import caller_of, make_lot, make_project
from tests.handlers.contract import require_documented

DIFF = {"capacity": [87, 90], "name": 'Lionshead "Public"\r\nParking, é'}


@pytest.fixture
def project(db: None, time: SetClock) -> Project:
    return make_project(kind="live")


@pytest.fixture
def caller(project: Project) -> Caller:
    return caller_of(project, platform="openai")


@pytest.fixture
def lot(project: Project) -> Lot:
    return make_lot(project=project)


def write(caller: Caller, lot: Lot, *, action: str = "lot.update", subject: str | None = None) -> None:
    with database.transaction() as db:
        service.append(
            db,
            caller,
            action,
            operator_id=lot.operator_id,
            subject=("lot", subject or lot.id),
            lot_id=lot.id,
            diff=DIFF,
        )


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_an_entry_tells_who_did_what_to_which_thing(caller: Caller, lot: Lot) -> None:
    write(caller, lot)
    [entry] = require_documented("listAuditLog", audit.list_audit_log(caller))["data"]
    assert caller.project is not None
    assert {name: value for name, value in entry.items() if name != "id"} == {
        "at": "2026-11-22T18:30:00.000000Z",
        "actor": {"type": "api_key", "id": caller.actor.id},
        "action": "lot.update",
        "agent_platform": "openai",
        "subject": {"type": "lot", "id": str(lot.id)},
        "lot_id": str(lot.id),
        "diff": DIFF,
        "project_id": str(caller.project.id),
        "request_id": caller.request_id,
    }


def test_filters_are_read_as_they_are_written(caller: Caller, lot: Lot) -> None:
    write(caller, lot)
    wanted = {
        "lot_id": str(lot.id).upper(),
        "action": "lot.update",
        "actor_type": "api_key",
        "after": "2026-11-22T18:30:00Z",
        "before": "2026-11-22T18:30:01Z",
    }
    assert len(audit.list_audit_log(caller, **wanted)["data"]) == 1
    assert audit.list_audit_log(caller, **wanted | {"action": "lot.delete"})["data"] == []


def test_the_file_is_csv_that_any_reader_takes(caller: Caller, lot: Lot) -> None:
    write(caller, lot)
    answer = audit.export_lot_audit_csv(caller, str(lot.id))
    text = require_documented("exportLotAuditCsv", answer)
    assert answer[2] == {"Content-Disposition": f'attachment; filename="audit-{lot.id}.csv"'}
    assert text.startswith(",".join(COLUMNS) + "\r\n")
    assert text.endswith("\r\n")
    names, row = rows_of(text)
    entry = dict(zip(names, row, strict=True))
    assert entry["at"] == "2026-11-22T18:30:00.000000Z"
    assert entry["diff"] == '{"capacity":[87,90],"name":"Lionshead \\"Public\\"\\r\\nParking, é"}'


def test_the_file_of_a_lot_that_is_deleted_stays(caller: Caller, lot: Lot) -> None:
    write(caller, lot)
    inventory.delete(caller, lot.id)
    _, *rows = rows_of(audit.export_lot_audit_csv(caller, str(lot.id))[0])
    actions = [row[COLUMNS.index("action")] for row in rows]
    assert sorted(actions) == ["lot.delete", "lot.update"]


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_calculate_is_defused(caller: Caller, lot: Lot, formula: str) -> None:
    write(caller, lot, subject=formula)
    [_, row] = rows_of(audit.export_lot_audit_csv(caller, str(lot.id))[0])
    assert row[COLUMNS.index("subject_id")] == f"'{formula}"


def test_a_long_log_goes_on_where_the_link_leads(caller: Caller, lot: Lot, time: SetClock) -> None:
    for action in ("a.one", "a.two", "a.three"):
        write(caller, lot, action=action)
        time.move(seconds=1)
    first = audit.export_lot_audit_csv(caller, str(lot.id), limit=2, after="2026-11-22T18:30:00Z")
    link = first[2]["Link"]
    cursor = link.partition("cursor=")[2].partition(">")[0]
    assert link == (
        f"</api/v1/operator/lots/{lot.id}/audit.csv?after=2026-11-22T18%3A30%3A00Z&limit=2&cursor={cursor}>"
        '; rel="next"'
    )
    last = audit.export_lot_audit_csv(caller, str(lot.id), limit=2, cursor=cursor)
    found = [row[1] for part in (first, last) for row in rows_of(part[0])[1:]]
    assert found == ["a.three", "a.two", "a.one"]
    assert "Link" not in last[2]
