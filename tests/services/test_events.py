"""Every change that others hear of is an event, written with it or not at all, on both databases."""

from decimal import Decimal
from typing import Any

import orjson
import pytest

from app.domain.errors import BadGateway, NotFound, PaymentRequired
from app.presenters import events as presenter
from app.services import agent_access, availability, inventory, keys, lot_imports, rates, sessions
from app.services.rates import Prices
from stripe_sandbox import Fault
from tests.conftest import SetClock
from tests.factories import make_key
from tests.services import hooks
from tests.services.parking import (
    CAPTURING,
    end,
    extend,
    order,
    pass_time,
    processor_meets,
    start,
    worker_goes_round,
)
from tests.services.world import World, make_world


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def types() -> list[str]:
    return [event.type for event in hooks.events()]


def test_the_vail_evening_is_told_as_it_went(world: World, time: SetClock) -> None:
    facts = start(world)
    pass_time(world, time, 30)
    extend(world, facts)
    pass_time(world, time, 14_442)
    end(world, facts)
    assert types() == [
        "session.created",
        "payment.authorized",
        "session.extended",
        "session.ended",
        "payment.captured",
    ]
    session = hooks.told()[-2][1]["session"]
    assert session == {
        "id": str(facts.session.id),
        "lot_id": str(world.lot.id),
        "status": "completed",
        "currency": "USD",
        "started_at": "2026-11-22T18:30:00Z",
        "planned_end_at": "2026-11-22T23:30:00Z",
        "latest_end_at": "2026-11-23T18:30:00Z",
        "ended_at": "2026-11-22T22:31:12Z",
        "duration_hours": 4.02,
        "subtotal": 24.12,
        "owner_payout": 21.71,
        "payment": {"status": "captured", "authorized": 31.5, "captured": 24.12},
    }


def test_what_is_not_known_yet_is_absent(world: World) -> None:
    start(world)
    [(_, data)] = hooks.told()
    assert data["session"]["payment"] == {"status": "requires_authorization", "authorized": 0.0}
    assert not {"ended_at", "subtotal"} & data["session"].keys()


def test_a_session_that_nobody_authorised_expired(world: World, time: SetClock) -> None:
    world.driver_stays_away()
    start(world)
    pass_time(world, time, 660)
    assert types() == ["session.created", "session.expired"]


def test_a_stay_that_nobody_authorised_is_a_failed_payment(world: World, time: SetClock) -> None:
    world.driver_stays_away()
    facts = start(world)
    pass_time(world, time, 500)
    end(world, facts)
    assert types() == ["session.created", "session.ended", "payment.failed"]
    assert hooks.told()[-1][1]["session"]["payment"]["status"] == "past_due"


def test_what_costs_nothing_has_no_payment_to_tell_of(world: World) -> None:
    end(world, start(world, payment_method="pm_card_visa"))
    assert types() == ["session.created", "payment.authorized", "session.ended"]


def test_of_a_session_that_never_started_nothing_is_told(world: World) -> None:
    with pytest.raises(PaymentRequired):
        start(world, payment_method="pm_card_visa_chargeDeclined")
    assert types() == []


def test_an_end_that_the_processor_did_not_hear_of_is_told_once_it_did(world: World, time: SetClock) -> None:
    facts = start(world, payment_method="pm_card_visa")
    pass_time(world, time, 3_600)
    processor_meets(Fault(path=CAPTURING))
    with pytest.raises(BadGateway):
        end(world, facts)
    assert "session.ended" not in types()
    worker_goes_round(time)
    assert types()[-2:] == ["session.ended", "payment.captured"]


def test_no_event_names_a_person_or_opens_anything(world: World, time: SetClock) -> None:
    metadata = {"note": "CO-7891"}
    facts = start(world, email="driver@example.com", metadata=metadata, payment_method="pm_card_visa")
    pass_time(world, time, 3_600)
    end(world, facts)
    session = facts.session
    hidden = ["CO-7891", "CO7891", "driver@example.com", session.session_code, session.receipt_token]
    hidden += [str(session.plate_id), str(facts.holds[0].client_secret)]
    everything = b"".join(event.body for event in hooks.events()).decode()
    assert len(hooks.events()) == 4
    assert not [secret for secret in hidden if secret in everything]


def test_whose_event_it_is_stands_with_it(world: World) -> None:
    facts = start(world)
    [event] = hooks.events()
    project = world.project
    assert (event.project_id, event.operator_id, event.world_id, event.subject_id) == (
        project.id,
        project.operator_id,
        project.id,
        facts.session.id,
    )


def changes_of_a_lot(world: World) -> dict[str, Any]:
    caller, lot_id = world.caller, world.lot.id
    return {
        "lot.update": lambda: inventory.update(caller, lot_id, {"max_height_cm": 210}),
        "rates.set": lambda: rates.change(caller, lot_id, Prices(rate=Decimal("7.00"))),
        "agent_access.set": lambda: agent_access.choose(caller, lot_id, "blocked"),
        "lot.delete": lambda: inventory.delete(caller, lot_id),
    }


def test_each_change_of_a_lot_is_told_with_its_action_and_the_same_again_is_not(world: World) -> None:
    for action, change in changes_of_a_lot(world).items():
        before = len(hooks.events())
        change()
        if action != "lot.delete":
            change()
        [(event_type, data)] = hooks.told()[before:]
        assert event_type == "lot.updated"
        assert data == {"lot": {"id": str(world.lot.id), "action": action}}


def test_lots_that_are_imported_are_told_of_each(world: World) -> None:
    table = (
        b"external_id,name,lat,lng,type,capacity,time_zone,currency\n"
        b"a,A,39,-106,garage,5,America/Denver,USD\nb,B,39,-106,garage,5,America/Denver,USD\n"
    )
    project = world.project
    for _ in range(2):
        lot_imports.run(world.caller, table, world_id=project.id, operator_id=project.operator_id)
    assert [data["lot"]["action"] for _, data in hooks.told()] == ["lot.import"] * 2


def test_a_report_that_changes_the_figure_is_told_and_one_that_repeats_it_is_not(world: World) -> None:
    for occupied, told in ((40, 1), (40, 1), (41, 2)):
        availability.report(world.caller, world.lot.id, occupied=occupied)
        assert types() == ["occupancy.changed"] * told
    assert hooks.told()[-1][1]["availability"] == {
        "lot_id": str(world.lot.id),
        "available": 79,
        "capacity": 120,
        "occupied_elsewhere": 41,
    }


def test_a_rotated_key_is_told_without_its_text(world: World) -> None:
    old = make_key(project=world.project)
    new = keys.rotate(world.caller, old.row.id).value
    [(event_type, data)] = hooks.told()
    assert event_type == "key.rotated"
    assert data["api_key"] == {
        "id": str(new.record.id),
        "replaces": str(old.row.id),
        "last_four": new.record.last_four,
    }


def test_what_is_not_done_is_not_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise NotFound("This fails after everything was written.")

    monkeypatch.setattr(keys.events, "of_rotated_key", fail)
    old = make_key(project=world.project)
    with pytest.raises(NotFound):
        keys.rotate(world.caller, old.row.id)
    assert types() == []
    assert keys.page(world.caller, limit=10).entries[0].id == old.row.id


def test_an_event_has_the_standard_s_form_and_a_cap(world: World) -> None:
    sessions.start(world.caller, order(world))
    [event] = hooks.events()
    said = orjson.loads(event.body)
    assert list(said) == ["type", "timestamp", "data"]
    assert said["timestamp"] == "2026-11-22T18:30:00.000000Z"
    with pytest.raises(ValueError, match="larger than a mebibyte"):
        presenter.body("lot.updated", event.created_at, {"note": "x" * 1_048_576})
