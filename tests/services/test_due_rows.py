"""What is due is found by its index, however many cars are parked, and in each project's own time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text, update

from app import database
from app.domain import ids
from app.models import Hold, Lot, ParkingSession, Person, Project
from app.services import due
from tests.conftest import EVENING, SetClock
from tests.factories import caller_of, make_lot, make_project
from tests.services.session_rows import make_sessions
from tests.statements import plans_seen

PARKED, GONE = 200, 1_000
"""Cars in each of five towns: what is parked is always the smaller part of all that ever was."""
FAR = EVENING + timedelta(days=300)
DUE = {
    "authorize": (ParkingSession, "simulated_at"),
    "expire": (ParkingSession, "grace_until"),
    "end": (ParkingSession, "latest_end_at"),
    "remind": (ParkingSession, "remind_at"),
    "renew": (Hold, "renew_at"),
    "refresh": (Hold, "capture_before"),
}


@pytest.fixture
def project(services: None, time: SetClock) -> Project:
    return make_project(kind="sandbox")


def park(project: Project) -> tuple[ParkingSession, Hold]:
    """Park a car to whose session nothing is due before long."""
    [session_id] = make_sessions(make_lot(project=project), caller_of(project), 1, status="active")
    with database.transaction() as db:
        session = db.get_one(ParkingSession, session_id)
        session.latest_end_at = FAR
        hold = Hold(**hold_of(session_id))
        db.add(hold)
    return session, hold


def hold_of(session_id: object) -> dict[str, Any]:
    return {
        "id": ids.uuid7(),
        "session_id": session_id,
        "purpose": "stay",
        "status": "requires_capture",
        "amount_minor": 600,
        "capture_before": FAR,
        "renew_at": FAR,
        "created_at": EVENING,
    }


def set_instant(kind: str, rows: tuple[ParkingSession, Hold], at: datetime) -> None:
    model, column = DUE[kind]
    subject = rows[model is Hold]
    with database.transaction() as db:
        db.execute(update(model).where(model.id == subject.id).values({column: at}))


def move_clock(project: Project, by: timedelta) -> None:
    with database.transaction() as db:
        db.get_one(Project, project.id).clock_offset = by // timedelta(microseconds=1)


def due_kinds() -> list[str]:
    return [item.kind for item in due.due_now()]


@pytest.mark.parametrize("kind", DUE)
def test_what_falls_due_is_listed_from_its_instant_on(project: Project, time: SetClock, kind: str) -> None:
    set_instant(kind, park(project), EVENING + timedelta(hours=1))
    time.move(minutes=59)
    assert due_kinds() == []
    time.move(minutes=1)
    assert due_kinds() == [kind]


@pytest.mark.parametrize("kind", DUE)
def test_in_a_sandbox_it_is_listed_from_that_instant_of_its_own_clock_on(project: Project, kind: str) -> None:
    set_instant(kind, park(project), EVENING + timedelta(hours=1))
    park(make_project(kind="sandbox"))
    move_clock(project, timedelta(minutes=59))
    assert due_kinds() == []
    move_clock(project, timedelta(hours=1))
    assert due_kinds() == [kind]


def test_what_is_due_by_both_clocks_is_listed_once(project: Project, time: SetClock) -> None:
    set_instant("end", park(project), EVENING)
    move_clock(project, timedelta(hours=1))
    assert due_kinds() == ["end"]


@pytest.fixture
def full_town(project: Project) -> Iterator[Project]:
    """Park many cars, to whom nothing is due, in five live projects, and one in a sandbox that is ahead."""
    projects = [make_project(kind="live") for _ in range(5)]
    for number, each in enumerate(projects):
        _fill(make_lot(project=each, capacity=PARKED), each, number)
    park(project)
    move_clock(project, timedelta(hours=1))
    if database.engine().dialect.name == "postgresql":  # which looks by itself, while SQLite waits to be told
        with database.engine().connect() as connection:
            connection.execute(text("ANALYZE"))
            connection.commit()
    yield project


def _fill(lot: Lot, project: Project, town: int) -> None:
    plates = [_plate(lot, number) for number in range(PARKED)]
    sessions = [
        _session(lot, project, plates[number % PARKED]["id"], f"{town} {number}")
        for number in range(PARKED + GONE)
    ]
    for gone in sessions[PARKED:]:
        gone |= {"status": "completed", "grace_until": None, "simulated_at": None}
    holds = [hold_of(session["id"]) for session in sessions]
    for taken in holds[PARKED:]:
        taken |= {"status": "succeeded"}
    with database.transaction() as db:
        db.execute(insert(Person), plates)
        db.execute(insert(ParkingSession), sessions)
        db.execute(insert(Hold), holds)


def _plate(lot: Lot, number: int) -> dict[str, Any]:
    return {
        "id": ids.uuid7(),
        "operator_id": lot.operator_id,
        "kind": "plate",
        "normalised": f"SYN{number}",
        "shown": f"SYN{number}",
        "created_at": EVENING,
    }


def _session(lot: Lot, project: Project, plate_id: object, token: str) -> dict[str, Any]:
    return {
        "id": ids.uuid7(),
        "session_code": "sess_abc123",
        "receipt_token": token,
        "project_id": project.id,
        "operator_id": lot.operator_id,
        "lot_id": lot.id,
        "plate_id": plate_id,
        "tariff_id": lot.tariff_id,
        "status": "active",
        "payment_status": "requires_authorization",
        "currency": "USD",
        "details": {},
        "started_at": EVENING,
        "planned_end_at": FAR,
        "latest_end_at": FAR,
        "grace_until": FAR,
        "simulated_at": FAR,
        "remind_at": FAR,
    }


def test_nobody_looks_at_every_parked_car_to_find_that_nothing_is_due(full_town: Project) -> None:
    with plans_seen() as steps:
        assert due.due_now() == []
    _refuse_scans(steps)


def test_nobody_looks_at_every_parked_car_for_what_is_next_in_one_sandbox(full_town: Project) -> None:
    with plans_seen() as steps:
        due.run_until(full_town.id, EVENING + timedelta(hours=2))
    _refuse_scans(steps)


def _refuse_scans(steps: list[str]) -> None:
    assert any("sessions" in step for step in steps)
    assert any("holds" in step for step in steps)
    for table in ("sessions", "holds"):
        assert not [step for step in steps if f"SCAN {table}" in step or f"Seq Scan on {table}" in step]
        # What lies ahead without an end is nearly all that is parked, also where an index has it.
        endless = (step for step in steps if ">?" in step and "<?" not in step)
        assert not [step for step in endless if step.startswith(f"SEARCH {table}")]
