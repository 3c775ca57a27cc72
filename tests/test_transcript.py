"""The Vail evening of the reference, against `parkgraph run` on an empty home."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.servers import Server, running

ACTIONS = "/api/v1/agents/openai/actions"
FOUR_HOURS_AND_A_BIT = 14_472
VAIL = {"lat": 39.6403, "lng": -106.3742, "radius_km": 1.5, "limit": 5}
LIFTHOUSE, LIONSHEAD = "Vail Village Lifthouse Lot", "Lionshead Public Parking"

Call = Callable[[str, dict[str, Any]], httpx.Response]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, shared_database: dict[str, str]) -> Iterator[Server]:
    # 30 calls a minute are a sandbox's budget; these evenings are played one after another in seconds.
    budget = {"PARKGRAPH_BUDGET_SANDBOX_AGENT": "3000"}
    with running(tmp_path_factory.mktemp("vail") / "home", **shared_database, **budget) as server:
        yield server


def by_dispatcher(client: httpx.Client) -> Call:
    return lambda action, parameters: client.post(ACTIONS, json={"action": action, "parameters": parameters})


def by_rest(client: httpx.Client) -> Call:
    def call(action: str, parameters: dict[str, Any]) -> httpx.Response:
        rest = dict(parameters)
        match action:
            case "search_parking":
                return client.get("/api/v1/lots/search", params=rest)
            case "check_availability":
                return client.get(f"/api/v1/lots/{rest['lot_id']}/availability")
            case "get_rates":
                return client.get(f"/api/v1/lots/{rest['lot_id']}/rates")
            case "create_session":
                return client.post("/api/v1/sessions", json=rest)
            case "get_session":
                return client.get(f"/api/v1/sessions/{rest['session_id']}")
        return client.post(f"/api/v1/sessions/{rest.pop('session_id')}/end", json=rest)

    return call


@pytest.fixture(params=[by_dispatcher, by_rest])
def call(request: pytest.FixtureRequest, server: Server) -> Iterator[Call]:
    """Call Park Graph by the dispatcher and by REST, each time in a new sandbox."""
    sandbox = new_sandbox(server)
    with server.client(sandbox["api_key"]) as client:
        yield request.param(client)


def new_sandbox(server: Server, **wishes: str) -> dict[str, Any]:
    answer = httpx.post(f"{server.url}/api/v1/sandbox", json=wishes)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["sandbox"]
    return made


def ok(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code in {status, 200}, answer.text
    body: dict[str, Any] = answer.json()
    return body


def advance(server: Server, key: str, seconds: int) -> None:
    with server.client(key) as client:
        ok(client.post("/api/v1/sandbox/clock", json={"advance_seconds": seconds}))


def lots_near_vail(call: Call) -> dict[str, dict[str, Any]]:
    return {lot["name"]: lot for lot in ok(call("search_parking", VAIL))["lots"]}


def available(call: Call, lot_id: str) -> int:
    number: int = ok(call("check_availability", {"lot_id": lot_id}))["availability"]["available"]
    return number


def key_of(call: Call) -> str:
    """Find the key behind a way of calling, by asking for something harmless."""
    return call("search_parking", VAIL).request.headers["Authorization"].removeprefix("Bearer ")


def test_search_finds_both_lots_with_rates_and_spaces(call: Call) -> None:
    lots = lots_near_vail(call)
    seen = {name: (lots[name]["rate"], lots[name]["available"]) for name in (LIFTHOUSE, LIONSHEAD)}
    assert seen == {LIFTHOUSE: (8.0, 12), LIONSHEAD: (6.0, 87)}


@pytest.mark.parametrize("payment", [{}, {"payment_method": "pm_card_visa"}])
def test_a_driver_parks_at_lionshead_for_four_hours(
    call: Call, server: Server, payment: dict[str, str]
) -> None:
    lot_id = lots_near_vail(call)[LIONSHEAD]["id"]
    assert available(call, lot_id) == 87
    started = ok(call("create_session", {"lot_id": lot_id, "plate": "CO-7891", **payment}), 201)["session"]
    assert re.fullmatch(r"sess_[a-hjkmnp-z1-9]{6}", started["session_code"])
    assert started["rate"] == 6.0
    assert re.fullmatch(r"pi_\w+", started["payment_intent_id"])
    if not payment:
        assert re.fullmatch(started["payment_intent_id"] + r"_secret_\w+", started["client_secret"])
    assert available(call, lot_id) == 86

    advance(server, key_of(call), FOUR_HOURS_AND_A_BIT)
    seen = ok(call("get_session", {"session_id": started["id"]}))["session"]
    assert seen["payment"] == {"status": "authorized", "authorized": 25.5}

    end = {"session_id": started["id"], "session_code": started["session_code"]}
    ended = ok(call("end_session", end))["session"]
    figures = ("status", "duration_hours", "subtotal", "owner_payout")
    assert [ended[name] for name in figures] == ["completed", 4.02, 24.12, 21.71]
    assert available(call, lot_id) == 87

    books = server.command("sandbox", "books", started["id"])
    assert books.returncode == 0, books.stderr
    money = json.loads(books.stdout)
    assert {name: money[name] for name in ("authorized", "captured", "fee", "released")} == {
        "authorized": 25.5,
        "captured": 24.12,
        "fee": 2.41,
        "released": 1.38,
    }
    again = call("end_session", end)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "CONFLICT")


def test_nobody_authorises_and_the_session_expires(server: Server) -> None:
    sandbox = new_sandbox(server, simulated_driver="absent")
    with server.client(sandbox["api_key"]) as client:
        call = by_dispatcher(client)
        lot_id = lots_near_vail(call)[LIONSHEAD]["id"]
        started = ok(call("create_session", {"lot_id": lot_id, "plate": "CO-7891"}))["session"]
        advance(server, sandbox["api_key"], 11 * 60)
        assert ok(call("get_session", {"session_id": started["id"]}))["session"]["status"] == "expired"
        assert available(call, lot_id) == 87
        end = {"session_id": started["id"], "session_code": started["session_code"]}
        assert call("end_session", end).status_code == 409


def test_a_declined_card_is_402_and_changes_nothing(call: Call) -> None:
    lot_id = lots_near_vail(call)[LIONSHEAD]["id"]
    order = {"lot_id": lot_id, "plate": "CO-7891", "payment_method": "pm_card_visa_chargeDeclined"}
    declined = call("create_session", order)
    assert (declined.status_code, declined.json()["error"]["code"]) == (402, "PAYMENT_REQUIRED")
    assert available(call, lot_id) == 87
    assert ok(call("create_session", order | {"payment_method": "pm_card_visa"}), 201)["session"]


def test_the_receipt_page_shows_the_session(server: Server) -> None:
    with server.client() as client:
        call = by_dispatcher(client)
        lot_id = lots_near_vail(call)[LIFTHOUSE]["id"]
        session = ok(call("create_session", {"lot_id": lot_id, "plate": "CO-1234"}))["session"]
        assert session["receipt_url"].startswith(f"{server.url}/r/")
        page = httpx.get(session["receipt_url"])
    assert page.status_code == 200
    assert session["session_code"] in page.text
    assert LIFTHOUSE in page.text
    assert "no money moves" in page.text
    assert page.headers["Cache-Control"] == "no-store"
