"""Sandboxes and their clocks, against the embedded processor, on both databases."""

import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app import database
from app.domain import api_keys
from app.domain.callers import Actor, Caller, KeyIdentity
from app.domain.errors import BadGateway, Conflict, Forbidden
from app.domain.idempotency import Once
from app.domain.ids import request_id
from app.gateways import processors
from app.models import AuditEntry, Operator, Project
from app.presenters.lots import LotFacts, summary
from app.queries import Row
from app.services import due, idempotency, installation, key_readings, lots, projects, sandboxes, sessions
from app.services.sandboxes import Clock, Sandbox
from app.services.sessions import Order
from app.settings import Settings
from tests.conftest import EVENING, SetClock
from tests.factories import anyone, caller_of, make_project

pytestmark = pytest.mark.usefixtures("services", "time")

FOUR_HOURS = 14_472
TEN_YEARS = 315_360_000
VAIL = (39.6403, -106.3742)
PATIENCE = 5
"""Seconds after which a thread that another one waits for does not come any more."""
DRIVING = {"agent:act", "lots:read", "sessions:read", "sessions:write", "payments:write"}


def identity_of(key: str | None) -> KeyIdentity:
    assert key is not None
    found = key_readings.resolve(key)
    assert found is not None
    return found


def caller_with(key: str | None) -> Caller:
    found = identity_of(key)
    return Caller(
        actor=Actor("api_key", str(found.key_id)),
        request_id=request_id(),
        project=found.project,
        scopes=found.scopes,
    )


@pytest.fixture
def sandbox() -> Sandbox:
    return sandboxes.create(anyone()).value


@pytest.fixture
def caller(sandbox: Sandbox) -> Caller:
    return caller_with(sandbox.api_key)


def time_in(sandbox: Sandbox) -> datetime:
    with database.reading() as db:
        return projects.now(db, sandbox.project_id)


def time_at_the_processor(sandbox: Sandbox) -> datetime:
    return processors.embedded().advance(sandbox.project_id, seconds=0)


def park(caller: Caller) -> UUID:
    (lot,) = [lot for lot in nearby(caller) if lot.name == "Lionshead Public Parking"]
    return sessions.start(caller, Order(lot_id=lot.id, plate="CO-7891"), None).value.session.id


def nearby(caller: Caller) -> list[LotFacts]:
    return lots.search(caller, lat=VAIL[0], lng=VAIL[1], radius_km=1.5)


def actions(operator_id: UUID) -> list[str]:
    with database.reading() as db:
        mine = AuditEntry.operator_id == operator_id
        return list(db.scalars(select(AuditEntry.action).where(mine).order_by(AuditEntry.id)))


# Making


def test_a_sandbox_comes_with_two_keys_of_its_own_project(sandbox: Sandbox) -> None:
    api_key, operator_key = identity_of(sandbox.api_key), identity_of(sandbox.operator_key)
    assert api_key.scopes == DRIVING
    assert operator_key.scopes == DRIVING | {"operator"}
    assert api_key.project == operator_key.project
    assert (api_key.project.id, api_key.project.kind) == (sandbox.project_id, "sandbox")
    assert api_keys.kind_of(str(sandbox.api_key)) == "sandbox"
    assert (sandbox.plan, sandbox.now) == ("growth", EVENING)


def test_a_sandbox_has_the_two_lots_of_vail_with_their_spaces_and_rates(caller: Caller) -> None:
    shown = {lot.name: summary(lot) for lot in nearby(caller)}
    vail, lionshead = shown["Vail Village Lifthouse Lot"], shown["Lionshead Public Parking"]
    assert (vail["rate"], vail["available"]) == (8.0, 12)
    assert (lionshead["rate"], lionshead["available"]) == (6.0, 87)


def test_a_sandbox_sees_its_own_lots_and_no_other_ones(sandbox: Sandbox) -> None:
    other = sandboxes.create(anyone()).value
    mine = {lot.id for lot in nearby(caller_with(sandbox.api_key))}
    theirs = {lot.id for lot in nearby(caller_with(other.api_key))}
    assert mine
    assert not mine & theirs


def test_a_sandboxs_operator_has_an_account_at_the_embedded_processor(sandbox: Sandbox) -> None:
    with database.reading() as db:
        operator = db.get_one(Operator, projects.ref_of(db, sandbox.project_id).operator_id)
    assert operator.connected_account == processors.embedded().open_world(sandbox.project_id)


def test_a_starter_sandbox_has_no_agent_scope() -> None:
    made = sandboxes.create(anyone(), plan="starter").value
    assert identity_of(made.api_key).scopes == DRIVING - {"agent:act"}
    assert identity_of(made.operator_key).project.plan == "starter"


def test_a_sandboxs_simulated_driver_can_be_absent() -> None:
    made = sandboxes.create(anyone(), simulated_driver="absent").value
    with database.reading() as db:
        assert db.get_one(Project, made.project_id).simulated_driver == "absent"


def test_making_one_again_under_the_same_idempotency_key_leaves_the_keys_out() -> None:
    once = Once("mine", "f" * 64)
    first = sandboxes.create(anyone(), once=once).value
    again = sandboxes.create(anyone(), once=once)
    assert again.replayed
    assert again.value == replace(first, api_key=None, operator_key=None)
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Project)) == 1


def test_making_one_is_written_down_without_its_keys(sandbox: Sandbox) -> None:
    operator_id = identity_of(sandbox.api_key).project.operator_id
    assert actions(operator_id).count("sandbox.create") == 1
    with database.reading() as db:
        diffs = str(list(db.scalars(select(AuditEntry.diff))))
    assert str(sandbox.api_key) not in diffs
    assert str(sandbox.operator_key) not in diffs


# Moving the clock


def test_the_clock_moves_by_what_is_asked_here_and_at_the_processor(
    sandbox: Sandbox, caller: Caller, time: SetClock
) -> None:
    moved = sandboxes.advance(caller, seconds=FOUR_HOURS).value
    later = EVENING + timedelta(seconds=FOUR_HOURS)
    assert moved == Clock(later, FOUR_HOURS)
    assert time_in(sandbox) == time_at_the_processor(sandbox) == later
    time.move(minutes=1)
    assert time_in(sandbox) == time_at_the_processor(sandbox) == later + timedelta(minutes=1)


def test_moves_add_up_and_none_reads_the_clock(caller: Caller, time: SetClock) -> None:
    sandboxes.advance(caller, seconds=60)
    time.move(seconds=5)
    sandboxes.advance(caller, seconds=60)
    assert sandboxes.advance(caller, seconds=0).value == Clock(EVENING + timedelta(seconds=125), 120)


def test_the_time_that_the_work_takes_is_not_lost(
    sandbox: Sandbox, caller: Caller, time: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_until = due.run_until

    def slowly(project_id: UUID, target: datetime) -> None:
        time.move(seconds=2.5)
        run_until(project_id, target)

    monkeypatch.setattr(due, "run_until", slowly)
    assert sandboxes.advance(caller, seconds=60).value.offset_seconds == 60
    assert time_in(sandbox) == EVENING + timedelta(seconds=62.5)


def test_another_sandboxs_clock_stays_where_it_is(caller: Caller) -> None:
    other = sandboxes.create(anyone()).value
    sandboxes.advance(caller, seconds=FOUR_HOURS)
    assert time_in(other) == time_at_the_processor(other) == EVENING


def test_what_falls_due_on_the_way_is_done_before_the_answer(caller: Caller) -> None:
    session_id = park(caller)
    sandboxes.advance(caller, seconds=29)
    assert sessions.get(caller, session_id).session.payment_status == "requires_authorization"
    sandboxes.advance(caller, seconds=1)
    assert sessions.get(caller, session_id).session.payment_status == "authorized"


def test_a_session_that_nobody_authorises_has_expired_after_eleven_minutes() -> None:
    caller = caller_with(sandboxes.create(anyone(), simulated_driver="absent").value.api_key)
    session_id = park(caller)
    sandboxes.advance(caller, seconds=660)
    session = sessions.get(caller, session_id).session
    assert (session.status, session.payment_status) == ("expired", "released")
    assert session.ended_at == EVENING + timedelta(minutes=10)


def test_any_key_of_the_sandbox_moves_its_clock(sandbox: Sandbox) -> None:
    project = identity_of(sandbox.api_key).project
    reader = Caller(actor=Actor("api_key", "reader"), request_id=request_id(), project=project)
    assert sandboxes.advance(reader, seconds=1).value.offset_seconds == 1


def test_a_live_projects_clock_cannot_be_moved() -> None:
    with pytest.raises(Forbidden):
        sandboxes.advance(caller_of(make_project(kind="live")), seconds=1)


def test_a_clock_runs_at_most_ten_years_ahead(sandbox: Sandbox, caller: Caller) -> None:
    sandboxes.advance(caller, seconds=TEN_YEARS)
    with pytest.raises(Conflict) as refusal:
        sandboxes.advance(caller, seconds=1)
    assert refusal.value.details[0].field == "advance_seconds"
    assert sandboxes.advance(caller, seconds=0).value.offset_seconds == TEN_YEARS
    assert time_in(sandbox) == EVENING + timedelta(seconds=TEN_YEARS)


def test_stripes_own_test_mode_has_no_account_and_no_clock_to_move(settings: Settings) -> None:
    installation.configure(replace(settings, payments_sandbox="stripe-test"))
    made = sandboxes.create(anyone()).value
    with pytest.raises(Conflict, match="test mode"):
        sandboxes.advance(caller_with(made.api_key), seconds=1)
    with database.reading() as db:
        operator = db.get_one(Operator, projects.ref_of(db, made.project_id).operator_id)
    assert operator.connected_account is None


def test_the_same_move_under_one_idempotency_key_is_made_once(
    sandbox: Sandbox, caller: Caller, time: SetClock
) -> None:
    once = Once("move", "f" * 64)
    first = sandboxes.advance(caller, seconds=60, once=once)
    at_once = sandboxes.advance(caller, seconds=60, once=once)
    time.move(minutes=10)
    later = sandboxes.advance(caller, seconds=60, once=once)
    for again in (at_once, later):
        assert (again.value, again.replayed) == (first.value, True)
    assert time_in(sandbox) == EVENING + timedelta(minutes=11)


def test_a_move_that_stopped_half_way_goes_on_under_its_idempotency_key(
    sandbox: Sandbox, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = Once("move", "f" * 64)
    session_id = park(caller)

    def stops_half_way(project_id: UUID, target: datetime) -> None:
        raise BadGateway("The payment processor did not answer. Try again.")

    with monkeypatch.context() as patched:
        patched.setattr(due, "run_until", stops_half_way)
        with pytest.raises(BadGateway):
            sandboxes.advance(caller, seconds=FOUR_HOURS, once=once)
    assert time_in(sandbox) == EVENING
    assert sandboxes.advance(caller, seconds=FOUR_HOURS, once=once).value.offset_seconds == FOUR_HOURS
    assert time_in(sandbox) == EVENING + timedelta(seconds=FOUR_HOURS)
    assert sessions.get(caller, session_id).session.payment_status == "authorized"


def test_of_two_who_ask_at_once_for_one_move_one_is_told_to_wait_before_it_is_made(
    sandbox: Sandbox, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = Once("move", "f" * 64)
    both_found_nothing, told = threading.Barrier(2, timeout=PATIENCE), threading.Event()
    find, run_until = idempotency._find, due.run_until

    def find_together(scope: str, key: str) -> Row | None:
        found = find(scope, key)
        if found is None:
            both_found_nothing.wait()
        return found

    def run_once_the_other_is_told(project_id: UUID, target: datetime) -> None:
        told.wait(2 * PATIENCE)
        run_until(project_id, target)

    monkeypatch.setattr(idempotency, "_find", find_together)
    monkeypatch.setattr(due, "run_until", run_once_the_other_is_told)
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(sandboxes.advance, caller, seconds=60, once=once) for _ in range(2)]
        answered, moving = wait(asked, return_when=FIRST_COMPLETED, timeout=PATIENCE)
        told.set()
    assert [type(future.exception()) for future in answered] == [Conflict]
    assert [future.result().value.offset_seconds for future in moving] == [60]
    assert sandboxes.advance(caller, seconds=60, once=once).replayed
    assert time_in(sandbox) == EVENING + timedelta(seconds=60)
    assert caller.project is not None
    assert actions(caller.project.operator_id).count("clock.advance") == 1


def test_moves_at_once_all_count(sandbox: Sandbox, caller: Caller) -> None:
    park(caller)
    with ThreadPoolExecutor(8) as threads:
        moved = list(threads.map(lambda _: sandboxes.advance(caller, seconds=60).value, range(8)))
    assert sorted(clock.offset_seconds for clock in moved) == [60 * n for n in range(1, 9)]
    assert time_in(sandbox) == time_at_the_processor(sandbox) == EVENING + timedelta(minutes=8)


def test_every_move_is_written_down(caller: Caller) -> None:
    assert caller.project is not None
    sandboxes.advance(caller, seconds=60)
    with database.reading() as db:
        moves = select(AuditEntry).where(AuditEntry.action == "clock.advance")
        entry = db.scalars(moves).one()
    assert entry.diff == {"advance_seconds": 60, "offset_seconds": 60}
    assert (entry.operator_id, entry.subject_id) == (caller.project.operator_id, str(caller.project.id))
