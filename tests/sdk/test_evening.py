"""The Vail evening against a running server, by both clients."""

import asyncio
import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from parkgraph import AsyncParkGraph, Conflict, NotFound, ParkGraph, PaymentRequired
from parkgraph.models import (
    CheckAvailabilityAction,
    CheckAvailabilityParameters,
    CreateSessionAction,
    CreateSessionParameters,
    EndSessionAction,
    EndSessionParameters,
    SearchParkingAction,
    SearchParkingParameters,
    Session,
)
from tests.servers import Server, running

FOUR_HOURS_AND_A_BIT = 14_472
LIONSHEAD = "Lionshead Public Parking"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, shared_database: dict[str, str]) -> Iterator[Server]:
    budget = {"PARKGRAPH_BUDGET_SANDBOX_AGENT": "3000"}
    with running(tmp_path_factory.mktemp("evening") / "home", **shared_database, **budget) as server:
        yield server


def new_key(server: Server) -> str:
    """Make a world of its own for a test."""
    with ParkGraph(base_url=server.url) as stranger:
        sandbox = stranger.sandbox.create_sandbox()
    assert sandbox.api_key is not None
    return sandbox.api_key


def assert_paid(server: Server, ended: Session) -> None:
    assert (ended.status, ended.duration_hours) == ("completed", 4.02)
    assert (ended.subtotal, ended.owner_payout) == (Decimal("24.12"), Decimal("21.71"))
    assert ended.line_items is not None
    assert sum(line.amount for line in ended.line_items) == ended.subtotal
    books = json.loads(server.command("sandbox", "books", ended.id).stdout)
    assert {name: books[name] for name in ("authorized", "captured", "fee", "released")} == {
        "authorized": 25.5,
        "captured": 24.12,
        "fee": 2.41,
        "released": 1.38,
    }


def test_a_driver_parks_for_four_hours(server: Server) -> None:
    with ParkGraph(new_key(server), base_url=server.url) as park:
        found = park.lots.search_lots(lat=39.6403, lng=-106.3742, radius_km=1.5, limit=5)
        [lot] = [each for each in found.lots if each.name == LIONSHEAD]
        assert (lot.rate, lot.available) == (Decimal(6), 87)
        started = park.sessions.create_session(lot_id=lot.id, plate="CO-7891")
        assert started.client_secret is not None
        assert park.availability.get_availability(lot.id).available == 86
        park.sandbox.advance_sandbox_clock(advance_seconds=FOUR_HOURS_AND_A_BIT)
        assert park.sessions.get_session(started.id).payment.authorized == Decimal("25.5")
        ended = park.sessions.end_session(started.id, session_code=started.session_code)
        assert_paid(server, ended)
        assert [each.id for each in park.sessions.search_sessions(plate="co 7891")] == [started.id]
        with pytest.raises(Conflict):
            park.sessions.end_session(started.id, session_code=started.session_code)


def test_an_agent_parks_for_four_hours(server: Server) -> None:
    asyncio.run(_park_as_an_agent(server, new_key(server)))


async def _park_as_an_agent(server: Server, key: str) -> None:
    async with AsyncParkGraph(key, base_url=server.url) as park:
        found = await park.agents.dispatch_action(
            SearchParkingAction(parameters=SearchParkingParameters(address="Lionshead"))
        )
        lot = found.lots[0]
        started = await park.agents.dispatch_action(
            CreateSessionAction(parameters=CreateSessionParameters(lot_id=lot.id, plate="CO-7891"))
        )
        left = await park.agents.dispatch_platform_action(
            "gemini",
            action=CheckAvailabilityAction(parameters=CheckAvailabilityParameters(lot_id=lot.id)),
        )
        assert left.available == 86
        await park.sandbox.advance_sandbox_clock(advance_seconds=FOUR_HOURS_AND_A_BIT)
        leaving = EndSessionParameters(session_id=started.id, session_code=started.session_code)
        assert_paid(server, await park.agents.dispatch_action(EndSessionAction(parameters=leaving)))


def test_the_same_key_gives_the_first_answer_again(server: Server) -> None:
    with ParkGraph(new_key(server), base_url=server.url) as park:
        lot = park.lots.search_lots(address="Lionshead").lots[0]
        first, again = (
            park.sessions.create_session(
                lot_id=lot.id,
                plate="CO-7892",
                payment_method="pm_card_visa",
                idempotency_key="vail-evening-1",
            )
            for _ in range(2)
        )
    assert first == again
    assert [first.answer.replayed, again.answer.replayed] == [False, True]


def test_what_goes_wrong_has_a_name(server: Server) -> None:
    with ParkGraph(new_key(server), base_url=server.url) as park:
        lot = park.lots.search_lots(address="Lionshead").lots[0]
        with pytest.raises(PaymentRequired):
            park.sessions.create_session(
                lot_id=lot.id, plate="CO-7891", payment_method="pm_card_visa_chargeDeclined"
            )
        with pytest.raises(NotFound) as caught:
            park.lots.get_lot("019bc262-9800-752e-89a7-834df2a74de4")
    assert caught.value.request_id is not None


def test_an_operator_finds_a_request_again(server: Server) -> None:
    with ParkGraph(server.sandbox["operator_key"], base_url=server.url) as operator:
        request_id = operator.projects.update_project(name="Vail").answer.request_id
        assert request_id is not None
        assert operator.traces.get_trace(request_id).operation_id == "updateProject"
