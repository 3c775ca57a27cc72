"""The dispatchers: every action is its REST twin, and leaves its line in the operator's log."""

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest

from app.contract.document import Contract
from app.domain import clock
from app.domain.callers import Caller
from app.domain.errors import BadRequest, Conflict
from app.domain.idempotency import Once
from app.services import due
from handlers import agents, availability, lots, rates, refunds, sessions
from tests.conftest import SetClock
from tests.factories import caller_of
from tests.handlers.contract import require_documented
from tests.services.world import World, make_world

OPENAI = {
    "search_parking",
    "check_availability",
    "get_rates",
    "create_session",
    "get_session",
    "end_session",
}
EVERY_ACTION = OPENAI | {"extend_session", "request_refund"}
VAIL = {"lat": 39.6436, "lng": -106.3866, "radius_km": 1.5, "limit": 5}


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def dispatch(
    caller: Caller, action: str, parameters: dict[str, Any] | None = None, once: Once | None = None
) -> Any:
    body = {"action": action, "parameters": parameters or {}}
    answer, status, _ = agents.dispatch_action(caller, body, once)
    assert status == 200
    return answer


def started(world: World, plate: str = "CO-7891") -> dict[str, Any]:
    parameters = {"lot_id": str(world.lot.id), "plate": plate}
    return dict(dispatch(world.caller, "create_session", parameters)["session"])


def by_code(session: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"session_id": session["id"], "session_code": session["session_code"]} | more


def test_the_contract_serves_exactly_these_actions() -> None:
    assert set(Contract.read().actions) == EVERY_ACTION


@pytest.mark.parametrize("name", sorted(EVERY_ACTION))
def test_an_action_calls_the_very_function_of_its_rest_twin(name: str) -> None:
    operation = Contract.read().action(name)
    twin = getattr(import_module(operation.module), operation.function)
    assert agents.action(name).handler is twin


def search_twice(world: World) -> tuple[Any, Any]:
    return dispatch(world.caller, "search_parking", VAIL), lots.search_lots(world.caller, **VAIL)  # type: ignore[arg-type]  # as REST passes them


def check_twice(world: World) -> tuple[Any, Any]:
    lot_id = str(world.lot.id)
    dispatched = dispatch(world.caller, "check_availability", {"lot_id": lot_id})
    return dispatched, availability.get_availability(world.caller, lot_id)


def price_twice(world: World) -> tuple[Any, Any]:
    lot_id = str(world.lot.id)
    return dispatch(world.caller, "get_rates", {"lot_id": lot_id}), rates.get_rates(world.caller, lot_id)


def look_twice(world: World) -> tuple[Any, Any]:
    session_id = started(world)["id"]
    dispatched = dispatch(world.caller, "get_session", {"session_id": session_id})
    return dispatched, sessions.get_session(world.caller, session_id)


def create_twice(world: World) -> tuple[Any, Any]:
    once = Once("create", "f" * 64)
    body = {"lot_id": str(world.lot.id), "plate": "CO-7891", "idempotency_key": "create"}
    dispatched = dispatch(world.caller, "create_session", body, once)
    return dispatched, sessions.create_session(world.caller, body, once)[0]


def extend_twice(world: World) -> tuple[Any, Any]:
    session, once = started(world), Once("extend", "f" * 64)
    dispatched = dispatch(world.caller, "extend_session", by_code(session, extend_hours=1), once)
    body = {"session_code": session["session_code"], "extend_hours": 1}
    return dispatched, sessions.extend_session(world.caller, session["id"], body, once)[0]


def end_twice(world: World) -> tuple[Any, Any]:
    session, once = started(world), Once("end", "f" * 64)
    dispatched = dispatch(world.caller, "end_session", by_code(session), once)
    body = {"session_code": session["session_code"]}
    return dispatched, sessions.end_session(world.caller, session["id"], body, once)[0]


def refund_twice(world: World) -> tuple[Any, Any]:
    parameters = {"lot_id": str(world.lot.id), "plate": "CO-7891", "payment_method": "pm_card_visa"}
    session = dispatch(world.caller, "create_session", parameters)["session"]
    due.run_until(world.project.id, clock.now() + timedelta(hours=4))
    dispatch(world.caller, "end_session", by_code(session))
    once = Once("refund", "f" * 64)
    dispatched = dispatch(world.caller, "request_refund", {"session_id": session["id"], "amount": 6}, once)
    return dispatched, refunds.create_refund(world.caller, session["id"], {"amount": 6}, once)[0]


TWICE: dict[str, Callable[[World], tuple[Any, Any]]] = {
    "search_parking": search_twice,
    "check_availability": check_twice,
    "get_rates": price_twice,
    "get_session": look_twice,
    "create_session": create_twice,
    "extend_session": extend_twice,
    "end_session": end_twice,
    "request_refund": refund_twice,
}


@pytest.mark.parametrize("name", sorted(EVERY_ACTION))
def test_an_action_answers_what_its_rest_twin_answers(name: str, world: World) -> None:
    dispatched, over_rest = TWICE[name](world)
    require_documented("dispatchPlatformAction", dispatched)
    assert dispatched == over_rest


def test_a_search_for_nowhere_is_refused_by_its_fields(world: World) -> None:
    with pytest.raises(BadRequest) as refusal:
        dispatch(world.caller, "search_parking")
    assert {detail.field.split(".")[0] for detail in refusal.value.details} == {"parameters"}


def test_other_platforms_run_the_same_actions(world: World) -> None:
    caller = caller_of(world.project, platform="gemini")
    body = {"action": "check_availability", "parameters": {"lot_id": str(world.lot.id)}}
    answer, status, _ = agents.dispatch_platform_action(caller, body)
    assert (status, answer["availability"]["available"]) == (200, 87)


def test_a_replay_says_so_and_a_new_session_has_no_location(world: World) -> None:
    once = Once("once", "f" * 64)
    body = {"action": "create_session", "parameters": {"lot_id": str(world.lot.id), "plate": "CO-7891"}}
    first = agents.dispatch_action(world.caller, body, once)
    again = agents.dispatch_action(world.caller, body, once)
    assert (first[1], first[2]) == (200, {})
    assert (again[0]["session"]["id"], again[1]) == (first[0]["session"]["id"], 200)
    assert again[2] == {"Idempotent-Replayed": "true"}


def test_a_bad_requests_fields_are_named_as_they_stand_in_the_request(world: World) -> None:
    with pytest.raises(BadRequest) as refusal:
        dispatch(world.caller, "search_parking", {"lat": 39.6})
    assert [detail.field for detail in refusal.value.details] == ["parameters.lng"]
    assert refusal.value.message.startswith("parameters.lng: ")


def test_a_conflicts_fields_are_named_as_they_stand_in_the_request(world: World) -> None:
    started(world)
    with pytest.raises(Conflict) as refusal:
        started(world, "co 7891")
    assert [detail.field for detail in refusal.value.details] == ["parameters.plate"]


def test_an_end_user_and_an_idempotency_key_are_not_the_handlers_business(world: World) -> None:
    parameters = {"lot_id": str(world.lot.id), "end_user_id": "driver-7f3a"}
    assert dispatch(world.caller, "check_availability", parameters)["availability"]["available"] == 87


def test_there_is_no_other_action() -> None:
    with pytest.raises(KeyError):
        agents.action("book_flight")
