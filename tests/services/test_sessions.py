"""The life of a session and its money, against the embedded processor, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import event, func, select

from app import database
from app.domain.callers import Caller
from app.domain.errors import (
    AgentOptInRequired,
    BadRequest,
    Conflict,
    LotFull,
    NotFound,
    PaymentRequired,
)
from app.domain.idempotency import Once
from app.gateways import processors
from app.models import AuditEntry, Base, LotAvailability, Operator, ParkingSession, Person
from app.presenters.sessions import present
from app.services import availability, sessions
from app.services.session_starts import Order
from app.settings import Settings
from tests.conftest import EVENING, SetClock
from tests.factories import anyone, caller_of, make_lot, make_operator, make_project
from tests.services.parking import end, free_spaces, in_parallel, look_up, order, pass_time, start
from tests.services.world import World, make_world

FOUR_HOURS_AND_A_BIT = 14_472
JANUARY = EVENING.replace(year=2026, month=1, day=2)
DECEMBER = EVENING.replace(year=2025, month=12, day=31)


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def actions(world: World) -> list[str]:
    with database.reading() as db:
        mine = AuditEntry.operator_id == world.project.operator_id
        return list(db.scalars(select(AuditEntry.action).where(mine).order_by(AuditEntry.id)))


def rows(table: type[Base]) -> int:
    with database.reading() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def test_the_vail_evening(world: World, time: SetClock) -> None:
    started = present(start(world))
    assert started["status"] == "active"
    assert started["rate"] == 6.0
    assert str(started["session_code"]).startswith("sess_")
    assert str(started["payment_intent_id"]).startswith("pi_")
    assert str(started["client_secret"]).startswith(f"{started['payment_intent_id']}_secret_")
    assert started["payment"] == {"status": "requires_authorization", "authorized": 0.0}
    assert free_spaces(world.lot) == 86

    pass_time(world, time, FOUR_HOURS_AND_A_BIT)
    session_id = UUID(str(started["id"]))
    seen = present(sessions.get(world.caller, session_id))
    assert seen["payment"] == {"status": "authorized", "authorized": 25.5}
    assert "client_secret" not in seen

    ended = present(sessions.end(world.caller, session_id, session_code=str(started["session_code"])).value)
    assert ended["status"] == "completed"
    assert ended["duration_hours"] == 4.02
    assert ended["subtotal"] == 24.12
    assert ended["owner_payout"] == 21.71
    assert ended["payment"] == {"status": "captured", "authorized": 25.5, "captured": 24.12}
    assert free_spaces(world.lot) == 87
    assert world.books() == {"authorized": 2550, "captured": 2412, "fee": 241, "released": 138}
    with pytest.raises(Conflict):
        sessions.end(world.caller, session_id, session_code=str(started["session_code"]))
    assert actions(world)[-4:] == ["session.create", "payment.authorized", "session.remind", "session.end"]


def test_a_tokenised_card_authorises_at_once(world: World) -> None:
    seen = present(start(world, payment_method="pm_card_visa"))
    assert seen["payment"] == {"status": "authorized", "authorized": 25.5}
    assert "client_secret" not in seen


@pytest.mark.parametrize("card", ["pm_card_visa_chargeDeclined", "pm_card_of_nobody"])
def test_a_declined_or_unknown_card_leaves_no_session_and_no_hole(world: World, card: str) -> None:
    with pytest.raises(PaymentRequired):
        start(world, payment_method=card)
    assert free_spaces(world.lot) == 87
    with database.reading() as db:
        assert db.scalars(select(ParkingSession.status)).all() == ["failed"]
        hidden = db.scalars(select(ParkingSession.id)).one()
    with pytest.raises(NotFound):
        sessions.get(world.caller, hidden)
    assert start(world, payment_method="pm_card_visa").session.status == "active"


def test_nobody_authorises_and_the_session_expires(world: World, time: SetClock) -> None:
    world.driver_stays_away()
    facts = start(world)
    pass_time(world, time, 11 * 60)
    seen = look_up(world, facts)
    assert seen["status"] == "expired"
    assert seen["payment"] == {"status": "released", "authorized": 0.0}
    assert seen["ended_at"] == "2026-11-22T18:40:00Z"
    assert free_spaces(world.lot) == 87
    with pytest.raises(Conflict):
        end(world, facts)


def test_a_session_in_its_grace_time_runs_on(world: World, time: SetClock) -> None:
    world.driver_stays_away()
    facts = start(world)
    pass_time(world, time, 9 * 60)
    assert look_up(world, facts)["status"] == "active"


def test_a_session_ended_unpaid_is_completed_and_past_due(world: World, time: SetClock) -> None:
    world.driver_stays_away()
    facts = start(world)
    pass_time(world, time, 6 * 60)
    ended = end(world, facts)
    assert ended["status"] == "completed"
    assert ended["payment"] == {"status": "past_due", "authorized": 0.0, "captured": 0.0}
    assert str(ended["receipt_url"]).startswith("https://parkgraph.com/r/")
    assert free_spaces(world.lot) == 87


def test_a_stay_that_costs_nothing_releases_the_hold(world: World) -> None:
    ended = end(world, start(world, payment_method="pm_card_visa"))
    assert ended["subtotal"] == 0.0
    assert ended["payment"] == {"status": "released", "authorized": 25.5, "captured": 0.0}
    assert world.books()["captured"] == 0


def test_a_free_lot_takes_a_smallest_hold_and_gives_it_back(world: World, time: SetClock) -> None:
    facts = start(world, lot=make_lot(project=world.project, rate="0"), payment_method="pm_card_visa")
    assert present(facts)["payment"] == {"status": "authorized", "authorized": 0.5}
    pass_time(world, time, FOUR_HOURS_AND_A_BIT)
    ended = end(world, facts)
    assert (ended["subtotal"], ended["payment"]["status"]) == (0.0, "released")  # type: ignore[index] # JSON


def test_extending_moves_the_end_and_raises_the_hold(world: World, time: SetClock) -> None:
    facts = start(world)
    extended = sessions.extend(
        world.caller,
        facts.session.id,
        session_code=facts.session.session_code,
        extend_hours=Decimal(2),
    ).value
    assert present(extended)["planned_end_at"] == "2026-11-23T00:30:00Z"
    pass_time(world, time, 60)
    assert look_up(world, facts)["payment"] == {"status": "authorized", "authorized": 37.5}


def test_extending_an_authorised_hold_raises_it_too(world: World) -> None:
    facts = start(world, payment_method="pm_card_visa")
    code = facts.session.session_code
    extended = sessions.extend(
        world.caller, facts.session.id, session_code=code, extend_hours=Decimal(1)
    ).value
    assert present(extended)["payment"] == {"status": "authorized", "authorized": 31.5}


def test_a_stay_beyond_the_lots_longest_is_refused_naming_the_field(world: World) -> None:
    with pytest.raises(Conflict) as refusal:
        start(world, duration_hours=Decimal(25))
    assert refusal.value.details[0].field == "duration_hours"
    facts = start(world)
    with pytest.raises(Conflict) as refusal:
        sessions.extend(
            world.caller,
            facts.session.id,
            session_code=facts.session.session_code,
            extend_hours=Decimal(21),
        )
    assert refusal.value.details[0].field == "extend_hours"
    assert look_up(world, facts)["planned_end_at"] == "2026-11-22T22:30:00Z"


def test_a_wrong_code_is_as_unknown_as_a_wrong_id(world: World) -> None:
    facts = start(world)
    for change in (
        lambda: sessions.end(world.caller, facts.session.id, session_code="sess_zzzzzz"),
        lambda: sessions.extend(
            world.caller, facts.session.id, session_code="sess_zzzzzz", extend_hours=Decimal(1)
        ),
    ):
        with pytest.raises(NotFound):
            change()


def test_the_last_space_has_one_winner(world: World) -> None:
    lot = make_lot(project=world.project, capacity=1)
    start(world, "CO-1", lot=lot)
    with pytest.raises(LotFull) as refusal:
        start(world, "CO-2", lot=lot)
    assert refusal.value.details[0].field == "lot_id"


def test_whoever_was_late_for_the_last_space_does_not_queue_to_let_go_of_a_key(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(*_: object) -> None:
        raise LotFull

    monkeypatch.setattr(availability, "take", taken)
    commits: list[object] = []
    event.listen(database.engine(), "commit", commits.append)
    with pytest.raises(LotFull):
        sessions.start(world.caller, order(world, "CO-1"), Once(key="late", fingerprint="f" * 64))
    assert commits == []


def test_a_full_lot_says_so_while_the_writer_is_busy(world: World) -> None:
    lot = make_lot(project=world.project, capacity=1)
    parked = start(world, "CO-1", lot=lot)
    with ThreadPoolExecutor(1) as elsewhere, database.transaction() as db:
        db.get_one(LotAvailability, lot.id, with_for_update=True)
        with pytest.raises(LotFull):
            elsewhere.submit(start, world, "CO-2", lot=lot).result(timeout=5)
        with pytest.raises(Conflict, match=str(parked.session.id)):
            elsewhere.submit(start, world, "co 1", lot=lot).result(timeout=5)


def test_a_plate_parks_once_in_a_lot_however_it_is_written(world: World) -> None:
    facts = start(world, "CO-7891")
    with pytest.raises(Conflict, match=str(facts.session.id)) as refusal:
        start(world, "co 78.91")
    assert refusal.value.details[0].field == "plate"
    assert free_spaces(world.lot) == 86
    end(world, facts)
    assert start(world, "co 78.91").session.status == "active"


def test_a_conflict_over_a_plate_names_the_session_only_to_those_who_may_see_it(
    services: None, settings: Settings
) -> None:
    processors.configure(replace(settings, payments_live="embedded"))
    lots_operator, maker, stranger = make_operator(), make_operator(), make_operator()
    lot = make_lot(operator=lots_operator)
    asked = Order(lot_id=lot.id, plate="CO-7891", payment_method="pm_card_visa")

    def caller(operator: Operator) -> Caller:
        return caller_of(make_project(operator=operator, kind="live"))

    made = sessions.start(caller(maker), asked).value.session
    with pytest.raises(Conflict) as to_stranger:
        sessions.start(caller(stranger), asked)
    with pytest.raises(Conflict) as to_operator:
        sessions.start(caller(lots_operator), asked)
    assert str(made.id) not in to_stranger.value.message
    assert str(made.id) in to_operator.value.message


def test_one_plate_may_be_in_two_lots(world: World) -> None:
    other = make_lot(project=world.project)
    start(world)
    assert start(world, lot=other).session.status == "active"


def test_a_lot_without_a_tariff_is_not_bookable(world: World) -> None:
    lot = make_lot(project=world.project, rate=None)
    with pytest.raises(Conflict) as refusal:
        start(world, lot=lot)
    assert refusal.value.details[0].field == "lot_id"


@pytest.mark.parametrize(
    ("access", "created_at", "bookable"),
    [
        (None, JANUARY, True),
        (None, DECEMBER, False),
        ("allowed", DECEMBER, True),
        ("blocked", JANUARY, False),
    ],
)
def test_the_lots_operator_decides_whether_agents_book(
    world: World, access: str | None, created_at: object, bookable: bool
) -> None:
    lot = make_lot(project=world.project, agent_access=access, created_at=created_at)  # type: ignore[arg-type] # test sugar
    if bookable:
        assert start(world, lot=lot).session.status == "active"
    else:
        with pytest.raises(AgentOptInRequired):
            start(world, lot=lot)


def test_what_is_no_plate_and_no_email_is_named(world: World) -> None:
    with pytest.raises(BadRequest) as refusal:
        start(world, "---")
    assert refusal.value.details[0].field == "plate"
    with pytest.raises(BadRequest) as refusal:
        start(world, email="nobody")
    assert refusal.value.details[0].field == "email"


def test_a_plate_and_an_email_stand_in_one_row_each(world: World) -> None:
    end(world, start(world, "CO-7891", email="driver@example.com"))
    end(world, start(world, "co7891", email="Driver@example.com"))
    with database.reading() as db:
        assert sorted(db.scalars(select(Person.kind))) == ["email", "plate"]


@pytest.mark.parametrize("reader", ["other project", "nobody"])
def test_a_session_does_not_exist_for_others(world: World, reader: str) -> None:
    facts = start(world)
    other = caller_of(make_project()) if reader == "other project" else anyone()
    for attempt in (
        lambda: sessions.get(other, facts.session.id),
        lambda: end(world, facts, caller=other),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_the_same_key_in_parallel_makes_one_session(world: World) -> None:
    once = Once(key="vail-evening", fingerprint="f" * 64)
    answers, refusals = in_parallel(20, lambda: sessions.start(world.caller, order(world), once))
    assert rows(ParkingSession) == 1
    assert len({answer.value.session.id for answer in answers}) == 1
    assert all(isinstance(refusal, Conflict) for refusal in refusals)
    assert len(world.payment_intents()) == 1


def test_ending_twice_at_once_captures_once(world: World, time: SetClock) -> None:
    facts = start(world, payment_method="pm_card_visa")
    pass_time(world, time, FOUR_HOURS_AND_A_BIT)
    answers, refusals = in_parallel(8, lambda: end(world, facts))
    assert {answer["subtotal"] for answer in answers} == {24.12}
    assert all(isinstance(refusal, Conflict) for refusal in refusals)
    assert world.books()["captured"] == 2412
    assert free_spaces(world.lot) == 87
    assert actions(world).count("session.end") == 1


def test_the_processor_is_never_called_while_a_transaction_is_open(world: World) -> None:
    payments = processors.card_payments_for("sandbox", world.project.id)
    with database.transaction(), pytest.raises(RuntimeError, match="inside an open transaction"):
        payments.fetch("pi_any")
