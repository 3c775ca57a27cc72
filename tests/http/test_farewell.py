"""Every answer of a deprecated operation says so, refusals too; no other answer does."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from app.contract.document import Contract
from app.domain.errors import Conflict
from app.mcp.door import McpDoor
from app.settings import Settings
from tests.http.live import answers_to, live_app, running
from tests.http.site import LOT, Answer, Site, bearer, contract, site

SEARCH = "/api/v1/lots/search"
NEAR_VAIL = f"{SEARCH}?lat=39.6403&lng=-106.3742"
SESSIONS = "/api/v1/sessions"
OPENAI = "/api/v1/agents/openai/actions"
PLATFORMS = "/api/v1/agents/{platform}/actions"
CHANGELOG = "https://parking.example/developers/changelog"
FAREWELL = {
    "deprecation": "@1796083200",
    "sunset": "Tue, 01 Jun 2027 00:00:00 GMT",
    "link": f'<{CHANGELOG}>; rel="deprecation", <{CHANGELOG}>; rel="sunset"',
}
NAMES = (*FAREWELL,)


def leaving(*more: tuple[str, str]) -> Contract:
    """Return the contract with searchLots and createSession deprecated, and more by path and method."""
    document = deepcopy(contract().document)
    for path, method in ((SEARCH, "get"), (SESSIONS, "post"), *more):
        node = document["paths"][path][method]
        node |= {
            "deprecated": True,
            "x-deprecated-at": "2026-12-01T00:00:00Z",
            "x-sunset": "2027-06-01T02:00:00+02:00",
            "externalDocs": {"url": "https://parkgraph.com/developers/changelog"},
        }
    return Contract.of(document, manifest=contract().manifest, skill=contract().skill)


def settings(**more: Any) -> Settings:
    return Settings(threads=4, public_url="https://parking.example", **more)


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    def taken() -> None:
        raise Conflict("The lot is full.")

    with site(contract_of=leaving(), settings=settings(), handlers={"createSession": taken}) as made:
        yield made


def farewell(answer: Answer) -> dict[str, str]:
    """Return the headers that say goodbye."""
    return {name: value for name, value in answer.headers if name in NAMES}


JSON = {"Content-Type": "application/json"}
WRONG = {"Authorization": "Bearer pk_live_wrong"}
STAY = b'{"lot_id":"%s","plate":"CO-7891"}' % LOT.encode()


@pytest.mark.parametrize(
    ("status", "request_of"),
    [
        (200, ("GET", NEAR_VAIL, bearer())),
        (200, ("HEAD", NEAR_VAIL, bearer())),
        (400, ("GET", f"{SEARCH}?lat=91&lng=1", bearer())),
        (401, ("GET", NEAR_VAIL, WRONG)),
        (406, ("GET", NEAR_VAIL, {"Accept": "image/png"})),
        (401, ("POST", SESSIONS, JSON, STAY)),
        (415, ("POST", SESSIONS, {**bearer(), "Content-Type": "text/plain"}, STAY)),
        (409, ("POST", SESSIONS, {**bearer(), **JSON}, STAY)),
    ],
)
def test_every_answer_of_a_deprecated_operation_says_so(
    served: Site, status: int, request_of: tuple[Any, ...]
) -> None:
    answer = served.send(*request_of)
    assert (answer.status, farewell(answer)) == (status, FAREWELL)
    assert len([name for name, _ in answer.headers if name in NAMES]) == len(NAMES)


def test_a_budget_that_is_used_up_is_no_excuse() -> None:
    with site(contract_of=leaving(), settings=settings(budgets={"search": 1, "anonymous": 1})) as made:
        answers = [made.get(NEAR_VAIL) for _ in range(3)]
    assert answers[-1].status == 429
    assert [farewell(answer) for answer in answers] == [FAREWELL] * 3


def test_plaintext_is_told_as_well() -> None:
    with site(contract_of=leaving(), settings=settings(require_tls=True)) as made:
        answer = made.get(NEAR_VAIL)
    assert (answer.status, farewell(answer)) == (426, FAREWELL)


@pytest.mark.parametrize(
    ("method", "target"),
    [("GET", f"/api/v1/lots/{LOT}"), ("GET", SESSIONS), ("GET", "/nope"), ("GET", "/"), ("DELETE", SEARCH)],
)
def test_nothing_else_says_goodbye(served: Site, method: str, target: str) -> None:
    assert farewell(served.send(method, target, bearer())) == {}


def test_scripts_of_other_sites_may_read_it(served: Site) -> None:
    exposed = dict(served.get(NEAR_VAIL).headers)["access-control-expose-headers"].split(", ")
    assert {"Deprecation", "Sunset", "Link"} <= set(exposed)


def test_it_arrives_over_the_wire() -> None:
    request = f"GET {NEAR_VAIL} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    with running(live_app(settings(), [], contract_of=leaving())) as port:
        [answer] = answers_to(port, request)
    assert (answer.status, farewell(answer)) == (200, FAREWELL)


def test_our_own_contract_says_no_goodbye_yet() -> None:
    with site() as made:
        assert farewell(made.get(NEAR_VAIL, bearer())) == {}


ACTION = {"action": "search_parking", "parameters": {"lat": 39.6403, "lng": -106.3742}}
MESSAGE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "search_parking", "arguments": ACTION["parameters"]},
}
MCP = {"Accept": "application/json, text/event-stream", "Host": "localhost"}


def test_an_action_leaves_by_its_description_and_not_by_the_headers_of_its_twin(served: Site) -> None:
    answer = served.post(OPENAI, ACTION, bearer())
    assert (answer.status, farewell(answer)) == (200, {})
    assert served.get(NEAR_VAIL).status == 200


@pytest.mark.parametrize(
    "request_of", [ACTION, {**ACTION, "action": "get_rates", "parameters": {"lot_id": LOT}}]
)
def test_a_dispatcher_that_leaves_says_its_own_goodbye_whatever_the_action(request_of: Any) -> None:
    with site(contract_of=leaving((OPENAI, "post")), settings=settings()) as made:
        answer = made.post(OPENAI, request_of, bearer())
    assert (answer.status, farewell(answer)) == (200, FAREWELL)


@pytest.mark.parametrize("headers", [{}, bearer(), WRONG], ids=["nobody", "a key", "a wrong key"])
@pytest.mark.parametrize("era", [{}, {"Mcp-Param-Colour": "red"}], ids=["plain", "by the package"])
def test_a_call_within_a_message_says_no_goodbye(headers: dict[str, str], era: dict[str, str]) -> None:
    """What leaves is an address, and /mcp stays: neither the twin's farewell nor the dispatcher's is its."""
    departed = leaving((PLATFORMS, "post"))
    with site(contract_of=departed, settings=settings(), front=McpDoor(departed, settings())) as made:
        answer = made.post("/mcp", MESSAGE, {**MCP, **era, **headers})
        beside = made.get(NEAR_VAIL)
    assert (answer.status, farewell(answer)) == (200, {})
    assert farewell(beside) == FAREWELL
