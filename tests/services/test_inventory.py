"""An operator's lots are made, changed and deleted under one set of rules; nobody parks in a deleted one."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app import database
from app.domain.errors import BadRequest, Conflict, IdempotencyKeyReused, NotFound, ParkGraphError
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from app.models import AuditEntry, Lot, LotAvailability, ParkingSession, Project
from app.presenters.inventory import OwnLot
from app.presenters.lots import LotDetails
from app.services import (
    audit,
    availability,
    inventory,
    inventory_imports,
    lot_imports,
    lots,
    session_starts,
)
from app.services.idempotency import Claim
from tests.conftest import SetClock
from tests.factories import caller_of, make_lot, make_project
from tests.services.importer import rows
from tests.services.parking import end, order, start
from tests.services.world import World, make_world

pytestmark = pytest.mark.usefixtures("db", "time")

FORD_PARK: dict[str, Any] = {
    "external_id": "ford-park",
    "name": "Ford Park Lot",
    "lat": 39.6402,
    "lng": -106.3634,
    "time_zone": "America/Denver",
    "currency": "USD",
    "type": "surface",
    "capacity": 190,
}
ONCE = Once(key="ford-park", fingerprint="a" * 64)


@pytest.fixture
def project(db: None, time: SetClock) -> Project:
    return make_project()


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def create(project: Project, **said: Any) -> OwnLot:
    return inventory.create(caller_of(project), FORD_PARK | said).value


def update(project: Project, lot: OwnLot, **said: Any) -> OwnLot:
    return inventory.update(caller_of(project), lot.facts.id, said).value


def fields_of(refusal: ParkGraphError) -> list[str]:
    return [detail.field for detail in refusal.details]


def entries(project: Project) -> list[tuple[str, dict[str, Any]]]:
    with database.reading() as db:
        written = audit.entries(db, operator_id=project.operator_id)
    return [(entry.action, entry.diff) for entry in written]


# Making


def test_a_new_lot_is_found_with_all_of_its_spaces(project: Project, time: SetClock) -> None:
    lot = create(project, city="Vail", accessible=8, amenities=["Covered"], tax_rate=4.9)
    (found,) = lots.search(caller_of(project), address="ford park vail")
    assert found == lot.facts._replace(details=None)
    assert (found.available, found.capacity, found.slug) == (190, 190, "ford-park-lot")
    assert (found.amenities, found.rate) == (["covered"], None)
    assert lot.facts.details == LotDetails(
        accessible_spaces=8, ev_charging_spaces=0, max_height_cm=None, max_stay_hours=24, tax_rate="4.9"
    )
    assert (lot.external_id, lot.agent_access, found.created_at) == ("ford-park", None, time.at)
    with database.reading() as db:
        assert availability.drift(db) == []


def test_a_new_lot_is_a_line_in_the_log(project: Project) -> None:
    lot = create(project, agent_access="blocked")
    ((action, diff),) = entries(project)
    assert (action, diff["id"], diff["agent_access"]) == ("lot.create", str(lot.facts.id), "blocked")


def test_a_sandbox_holds_a_thousand_lots_until_one_is_deleted(project: Project) -> None:
    inventory_imports.take(caller_of(project), rows(range(1_000)))
    with pytest.raises(Conflict, match="A sandbox holds at most 1,000 lots"):
        create(project)
    with database.reading() as db:
        some = db.scalars(select(Lot.id).where(Lot.external_id == "lot-0")).one()
    inventory.delete(caller_of(project), some)
    create(project)


def test_live_projects_hold_as_many_lots_as_there_are() -> None:
    live = make_project(kind="live")
    inventory_imports.take(caller_of(live), rows(range(1_001)))
    create(live)


def test_lots_are_made_at_the_time_of_their_world(time: SetClock) -> None:
    ahead = make_project(clock_runs_ahead=timedelta(days=3))
    assert create(ahead).facts.created_at == time.at + timedelta(days=3)


def test_every_wrong_field_is_named_at_once(project: Project) -> None:
    with pytest.raises(BadRequest) as refused:
        create(
            project,
            name=" ",
            time_zone="America/Vail",
            currency="XXY",
            opening_hours="all year",
            tax_rate=1.23456,
        )
    assert fields_of(refused.value) == ["name", "time_zone", "currency", "opening_hours", "tax_rate"]
    assert entries(project) == []


@pytest.mark.parametrize("kind", ["accessible", "ev_charging"])
def test_spaces_of_a_kind_are_among_the_spaces(project: Project, kind: str) -> None:
    with pytest.raises(BadRequest) as refused:
        create(project, **{kind: 191})
    assert fields_of(refused.value) == [kind]
    lot = create(project, **{kind: 190})
    with pytest.raises(BadRequest) as refused:
        update(project, lot, capacity=189)
    assert fields_of(refused.value) == ["capacity"]


VALUES: list[tuple[str, Any]] = [
    ("name", "Garage"),
    ("name", "x" * 201),
    ("name", ""),
    ("country", "US"),
    ("country", "us"),
    ("lat", 90.0001),
    ("lng", -180),
    ("capacity", 0),
    ("capacity", 1_000_001),
    ("max_height_cm", 210),
    ("max_height_cm", 0),
    ("max_stay_hours", 8785),
    ("time_zone", "Mars/Olympus"),
    ("time_zone", "Pacific/Auckland"),
    ("currency", "EUR"),
    ("currency", "EURO"),
    ("type", "barn"),
    ("tax_rate", 8.625),
    ("tax_rate", 100),
    ("amenities", ["covered", "EV charging"]),
    ("amenities", ["!"]),
]


@pytest.mark.parametrize(("field", "value"), VALUES)
def test_a_file_and_a_request_say_the_same_of_the_same_value(
    project: Project, field: str, value: Any
) -> None:
    said = FORD_PARK | {"external_id": "from-file", field: value}
    cells = [";".join(cell) if isinstance(cell, list) else str(cell) for cell in said.values()]
    report = lot_imports.run(
        caller_of(project),
        f"{','.join(said)}\n{','.join(cells)}".encode(),
        world_id=project.id,
        operator_id=project.operator_id,
    )
    if report.errors:
        with pytest.raises(BadRequest) as refused:
            create(project, **{field: value})
        assert fields_of(refused.value) == [fault.field for fault in report.errors] == [field]
    else:
        create(project, **{field: value})
        first, second = _rows(project)
        assert first == second


def _rows(project: Project) -> list[dict[str, Any]]:
    columns = [column for column in Lot.__table__.c if column.key not in {"id", "external_id"}]
    with database.reading() as db:
        return [dict(row._mapping) for row in db.execute(select(*columns).where(Lot.world_id == project.id))]


def test_an_external_id_is_one_lots_only(project: Project) -> None:
    lot, other = create(project), create(project, external_id="other")
    for attempt in (lambda: create(project), lambda: update(project, other, external_id="ford-park")):
        with pytest.raises(Conflict) as refused:
            attempt()
        assert fields_of(refused.value) == ["external_id"]
    create(make_project())
    inventory.delete(caller_of(project), lot.facts.id)
    assert update(project, other, external_id="ford-park").external_id == "ford-park"


def test_two_at_once_with_one_external_id_make_one_lot(project: Project) -> None:
    outcomes: list[str] = []

    def attempt() -> None:
        try:
            create(project)
            outcomes.append("created")
        except Conflict as refusal:
            outcomes.append(fields_of(refusal)[0])

    threads = [threading.Thread(target=attempt) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["created"] + ["external_id"] * 5


# Changing


def test_what_is_sent_changes_and_the_rest_stays(project: Project, time: SetClock) -> None:
    lot = create(project, city="Vail", max_height_cm=210, opening_hours="24/7")
    time.move(hours=1)
    after = update(
        project, lot, name="Ford Park", lat=39.65, max_height_cm=None, agent_access="blocked"
    ).facts
    assert (after.name, after.slug, after.lat) == ("Ford Park", "ford-park", 39.65)
    assert after.details is not None
    assert after.details.max_height_cm is None
    assert (after.city, after.opening_hours, after.updated_at) == ("Vail", "24/7", time.at)
    assert [found.id for found in lots.search(caller_of(project), lat=39.65, lng=-106.3634)] == [after.id]
    assert entries(project)[-1] == (
        "lot.update",
        {
            "name": ["Ford Park Lot", "Ford Park"],
            "lat": [39.6402, 39.65],
            "max_height_cm": [210, None],
            "agent_access": [None, "blocked"],
        },
    )


@pytest.mark.parametrize("said", [{}, {"name": "Ford Park Lot", "capacity": 190, "city": None}])
def test_what_changes_nothing_writes_nothing(project: Project, time: SetClock, said: dict[str, Any]) -> None:
    lot = create(project)
    time.move(hours=1)
    assert update(project, lot, **said) == lot
    assert [action for action, _ in entries(project)] == ["lot.create"]


def test_more_or_fewer_spaces_leave_parked_cars_where_they_are(world: World) -> None:
    start(world)
    for capacity, free in ((130, 96), (30, -4), (120, 86)):
        inventory.update(world.caller, world.lot.id, {"capacity": capacity})
        with database.reading() as db:
            assert db.get_one(LotAvailability, world.lot.id).free == free
            assert availability.drift(db) == []


def test_a_currency_stays_while_rates_are_in_it(project: Project) -> None:
    priced = make_lot(project=project, rate="6.00")
    with pytest.raises(Conflict) as refused:
        inventory.update(caller_of(project), priced.id, {"currency": "EUR"})
    assert fields_of(refused.value) == ["currency"]
    assert update(project, create(project), currency="EUR").facts.currency == "EUR"


def test_a_time_zone_changes_under_a_running_session_which_costs_the_same(
    world: World, time: SetClock
) -> None:
    facts = start(world, payment_method="pm_card_visa")
    changed = inventory.update(world.caller, world.lot.id, {"time_zone": "Asia/Tokyo"}).value
    assert changed.facts.time_zone == "Asia/Tokyo"
    time.move(hours=4)
    assert end(world, facts)["subtotal"] == 24.0


# Deleting


def test_a_deleted_lot_is_gone_everywhere(project: Project, time: SetClock) -> None:
    caller, lot_id = caller_of(project), create(project).facts.id
    inventory.delete(caller, lot_id)
    for look in (lots.get, availability.get, inventory.get, inventory.delete):
        with pytest.raises(NotFound):
            look(caller, lot_id)  # type: ignore[operator] # functions of different kinds
    with pytest.raises(NotFound):
        inventory.update(caller, lot_id, {"name": "Again"})
    assert lots.search(caller, address="ford park") == []
    assert entries(project)[-1] == ("lot.delete", {"name": "Ford Park Lot", "external_id": "ford-park"})
    with database.reading() as db:
        assert db.get_one(Lot, lot_id).deleted_at == time.at


def test_a_lot_in_which_sessions_run_is_not_deleted(world: World, time: SetClock) -> None:
    facts = start(world, payment_method="pm_card_visa")
    with pytest.raises(Conflict) as refused:
        inventory.delete(world.caller, world.lot.id)
    assert fields_of(refused.value) == ["lot_id"]
    time.move(hours=1)
    end(world, facts)
    inventory.delete(world.caller, world.lot.id)


def test_a_lot_is_never_deleted_under_a_session_that_begins(world: World) -> None:
    for number in range(8):
        lot = make_lot(project=world.project)
        outcomes = _race(world, lot, number)
        with database.reading() as db:
            sessions = db.scalar(select(func.count()).where(ParkingSession.lot_id == lot.id))
            is_deleted = db.get_one(Lot, lot.id).deleted_at is not None
        assert outcomes in ({"begun", "CONFLICT"}, {"NOT_FOUND", "deleted"})
        assert (sessions, is_deleted) == ((1, False) if "begun" in outcomes else (0, True))


def _race(world: World, lot: Lot, number: int) -> set[str]:
    plan = session_starts.plan(world.caller, order(world, f"RACE {number}", lot))
    barrier = threading.Barrier(2)
    outcomes: set[str] = set()

    def begin() -> str:
        session_starts.open_session(world.caller, plan, uuid7(), Claim("nobody", None))
        return "begun"

    def delete() -> str:
        inventory.delete(world.caller, lot.id)
        return "deleted"

    def run(work: Any) -> None:
        barrier.wait()
        try:
            outcomes.add(work())
        except ParkGraphError as refusal:
            outcomes.add(refusal.code)

    threads = [threading.Thread(target=run, args=(work,)) for work in (begin, delete)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


# Whose, and how often


def test_another_operators_lot_does_not_exist(project: Project) -> None:
    lot_id, stranger = create(project).facts.id, caller_of(make_project())
    for attempt in (
        lambda: inventory.update(stranger, lot_id, {"name": "Mine"}),
        lambda: inventory.delete(stranger, lot_id),
        lambda: inventory.update(caller_of(project), uuid7(), {}),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert len(entries(project)) == 1


def test_requests_sent_twice_are_done_once(project: Project) -> None:
    caller = caller_of(project)
    first, second = (inventory.create(caller, FORD_PARK, once=ONCE) for _ in range(2))
    assert (first.replayed, second.replayed, second.value) == (False, True, first.value)
    lot_id: UUID = first.value.facts.id
    for _ in range(2):
        inventory.update(caller, lot_id, {"capacity": 180}, once=Once("shrink", "b" * 64))
    gone = [inventory.delete(caller, lot_id, once=Once("gone", "c" * 64)).replayed for _ in range(2)]
    assert gone == [False, True]
    with pytest.raises(IdempotencyKeyReused):
        inventory.create(caller, FORD_PARK, once=Once("ford-park", "d" * 64))
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(AuditEntry)) == 3
