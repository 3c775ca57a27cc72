"""A session's whole life by every door, each write replayed when it is over: replays show what is now."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import httpx
import pytest

from gate import processor
from gate.client import Client
from gate.figures import Figures
from gate.installations import Installation
from gate.world import Tenant, World

DOORS = ("REST", "openai", "gemini")

_numbers = itertools.count(1)
_ENDED = {"ended_at", "duration_hours", "subtotal", "owner_payout"}
_lived: set[tuple[str, str]] = set()


@dataclass(frozen=True, slots=True)
class Door:
    """One way to the same sessions."""

    client: Client
    tenant: Tenant
    name: str
    installation: Installation

    def write(self, action: str, once: str, **parameters: Any) -> httpx.Response:
        """Send a write under an idempotency key, which goes into the header or among the parameters."""
        if self.name == "REST":
            path, body = _apart(parameters)
            headers = {"Idempotency-Key": once}
            operation = _OPERATIONS[action]
            return self.client.call(operation, key=self.tenant.key, path=path, json=body, headers=headers)
        # ChatGPT's own dispatcher does not extend; its document has extendSession beside it.
        if self.name == "openai" and action == "extend_session":
            return replace(self, name="REST").write(action, once, **parameters)
        parameters |= {"idempotency_key": once}
        return self.client.act(action, key=self.tenant.key, platform=self._platform, **parameters)

    def look(self, session_id: str) -> dict[str, Any]:
        """Look a session up."""
        if self.name == "REST":
            path = {"session_id": session_id}
            return session_in(self.client.call("getSession", key=self.tenant.key, path=path))
        answer = self.client.act(
            "get_session", key=self.tenant.key, platform=self._platform, session_id=session_id
        )
        return session_in(answer)

    @property
    def _platform(self) -> str | None:
        return None if self.name == "openai" else self.name


_OPERATIONS = {
    "create_session": "createSession",
    "extend_session": "extendSession",
    "end_session": "endSession",
}


def _apart(parameters: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    path = {name: value for name, value in parameters.items() if name == "session_id"}
    return path, {name: value for name, value in parameters.items() if name not in path}


def session_in(answer: httpx.Response) -> dict[str, Any]:
    """Return the session that a 2xx shows."""
    assert answer.is_success, answer.text
    session: dict[str, Any] = answer.json()["session"]
    return session


Mishap = Literal["let go", "asks for its driver"]


@dataclass(frozen=True, slots=True)
class Life:
    """How a session goes: with which card, after how long, ended or left; and what is known of it then."""

    seconds: int
    status: str
    payment: str
    card: str | None = "pm_card_visa"
    hours: float = 4
    is_ended: bool = True
    refund: dict[str, Any] | None = None
    """What is given back in the end, if anything is."""
    is_disputed: bool = False
    mishap: Mishap | None = None
    """What happens at the processor once the stay was prolonged, or is tried to be."""
    known: frozenset[str] = frozenset(_ENDED)


LIVES = {
    "paid": Life(14_472, "completed", "captured"),
    "partly refunded": Life(14_472, "completed", "partially_refunded", refund={"amount": 6.0}),
    "refunded": Life(14_472, "completed", "refunded", refund={}),
    "disputed": Life(14_472, "completed", "captured", card="pm_card_createDispute", is_disputed=True),
    "left at once": Life(0, "completed", "released"),
    "never authorised": Life(500, "completed", "past_due", card=None),
    "forgotten": Life(660, "expired", "released", card=None, is_ended=False, known=frozenset({"ended_at"})),
    "longer than its hold": Life(
        8 * 86_400, "active", "authorized", hours=300, is_ended=False, known=frozenset()
    ),
    "without its hold": Life(0, "active", "failed", is_ended=False, known=frozenset(), mishap="let go"),
    "held for too little": Life(
        0,
        "active",
        "authorized",
        card="pm_card_authenticationRequired",
        is_ended=False,
        known=frozenset(),
        mishap="asks for its driver",
    ),
}


@pytest.fixture
def rest(client: Client, world: World, installation: Installation) -> Door:
    """Come in by REST, where no simulated driver is about."""
    return Door(client, world.tenants["undriven"], "REST", installation)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", LIVES)
def test_a_life_is_told_alike_by_every_door_and_by_replays(
    rest: Door, name: str, door: str, figures: Figures
) -> None:
    life = LIVES[name]
    replays = _live(replace(rest, name=door), life)
    told = [replay() for replay in replays]
    for session in told:
        assert (session["status"], session["payment"]["status"]) == (life.status, life.payment)
        assert session.keys() & _ENDED == life.known
        assert session == told[0]
    _lived.add((name, door))
    figures.say("lives", f"{len(_lived)} lives of sessions, every write of them replayed at the end")


def test_every_life_is_listed_and_found_by_its_plate(rest: Door) -> None:
    # Of one plate a lot takes one session that runs, so what goes wrong has a plate of its own.
    plates = {name: f"LIFE {life.mishap or 'ON LIFE'}"[:12].upper() for name, life in LIVES.items()}
    for name, life in LIVES.items():
        _live(rest, life, plate=plates[name])
    for plate in sorted(set(plates.values())):
        lives = [life for name, life in LIVES.items() if plates[name] == plate]
        _is_listed_and_found(rest, plate, lives)


def _is_listed_and_found(rest: Door, plate: str, lives: Sequence[Life]) -> None:
    expected = sorted((life.status, life.payment) for life in lives)
    found = _pages(rest, "searchSessions", plate=plate.lower().replace(" ", "-"), limit=2)
    assert sorted((each["status"], each["payment"]["status"]) for each in found) == expected
    assert [each["started_at"] for each in found] == sorted(
        (each["started_at"] for each in found), reverse=True
    )
    ids = {each["id"] for each in found}
    for status, lot_id in {(each["status"], each["lot_id"]) for each in found}:
        listed = _pages(rest, "listSessions", status=status, lot_id=lot_id, limit=3)
        assert {each["status"] for each in listed} == {status}
        mine = {each["id"] for each in found if (each["status"], each["lot_id"]) == (status, lot_id)}
        assert {each["id"] for each in listed} >= mine
        ids -= mine
    assert not ids


BILLS: Mapping[str, tuple[dict[str, Any], Life, list[tuple[str, float]]]] = {
    "a fee and a maximum": (
        {"rate": 6, "flat_fee": 2, "daily_maximum": 10},
        Life(14_472, "completed", "captured"),
        [("flat_fee", 2.0), ("time", 24.12), ("daily_maximum", -16.12)],
    ),
    "a minimum": (
        {"rate": 6, "minimum_charge": 2},
        Life(108, "completed", "captured"),
        [("time", 0.18), ("minimum_charge", 1.82)],
    ),
    "half a cent": ({"rate": 6.5}, Life(14_436, "completed", "captured"), [("time", 26.07)]),
    "too little for a card": (
        {"rate": 6},
        Life(72, "completed", "released"),
        [("time", 0.12), ("adjustment", -0.12)],
    ),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", BILLS)
def test_a_bill_adds_up_by_every_door_in_replays_and_in_lists(
    client: Client, rest: Door, name: str, door: str
) -> None:
    rates, life, expected = BILLS[name]
    through = replace(rest, name=door)
    lot_id = through.tenant.special_lots["managed"]
    client.call("setRates", key=through.tenant.key, path={"lot_id": lot_id}, json=rates)
    told = [look() for look in _live(through, life, plate=f"BILL {door}", lot_id=lot_id)]
    told += _pages(through, "searchSessions", plate=f"BILL {door}", limit=1)[:1]
    told += [each for each in _pages(through, "listSessions", lot_id=lot_id, limit=50) if each == told[0]]
    assert len(told) == 6  # looked up, created, extended and ended again, found and listed
    for session in told:
        lines = session["line_items"]
        assert [(line["kind"], line["amount"]) for line in lines] == expected
        assert round(sum(line["amount"] for line in lines), 2) == session["subtotal"]


def _pages(door: Door, operation: str, **query: Any) -> list[dict[str, Any]]:
    """Read a list to its end, page by page."""
    read: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        page = door.client.call(operation, key=door.tenant.key, query=query | more).json()
        read += page["data"]
        if "next_cursor" not in page:
            assert len({each["id"] for each in read}) == len(read)
            return read
        assert len(page["data"]) == query["limit"]
        more = {"cursor": page["next_cursor"]}


def _live(
    door: Door, life: Life, *, plate: str | None = None, lot_id: str | None = None
) -> list[Callable[[], dict[str, Any]]]:
    """Let a session live; return every way to see it afterwards."""
    number = next(_numbers)
    order: dict[str, Any] = {"lot_id": lot_id or door.tenant.lots[0], "duration_hours": life.hours}
    order |= {"plate": plate or f"LIFE {number}", "metadata": {"trip": f"vail-{number}"}}
    if life.card is not None:
        order["payment_method"] = life.card
    written: list[tuple[str, str, dict[str, Any]]] = [("create_session", f"start-{number}", order)]
    session = session_in(door.write(*written[0][:2], **order))
    own = {"session_id": session["id"], "session_code": session["session_code"]}
    extension = ("extend_session", f"extend-{number}", own | {"extend_hours": 1})
    if life.mishap == "asks for its driver":
        intent, project_id = session["payment_intent_id"], door.tenant.project_id
        processor.authenticate(door.client, door.installation, project_id, intent=intent)
        assert door.write(*extension[:2], **extension[2]).status_code == 402
    else:
        written.append(extension)
        session_in(door.write(*extension[:2], **extension[2]))
    if life.mishap == "let go":
        _let_go(door, session["payment_intent_id"])
    _let_pass(door, life.seconds)
    if life.is_ended:
        written.append(("end_session", f"end-{number}", own))
        session_in(door.write(*written[-1][:2], **own))
    if life.refund is not None:
        _refund(door, session["id"], life.refund)
    if life.is_disputed:
        intent = session["payment_intent_id"]
        processor.tell(door.client, "charge.dispute.created", intent=intent, subject="dispute")
        assert door.look(session["id"])["payment"]["disputed"] == 24.12
    return [lambda: door.look(session["id"]), *(_replay(door, *each) for each in written)]


def _let_go(door: Door, intent: str) -> None:
    """Let go of a hold in the processor's own dashboard, and tell of it."""
    with processor.connected(door.installation, door.tenant.project_id) as client:
        client.v1.payment_intents.cancel(intent)
    assert processor.tell(door.client, "charge.expired", intent=intent, subject="charge").is_success


def _refund(door: Door, session_id: str, wanted: Mapping[str, Any]) -> None:
    """Give money back: through an action where there is one, which ChatGPT's own dispatcher lacks."""
    client, key = door.client, door.tenant.key
    if door.name == "gemini":
        answer = client.act("request_refund", key=key, platform="gemini", session_id=session_id, **wanted)
    else:
        answer = client.call("createRefund", key=key, path={"session_id": session_id}, json=wanted)
    assert answer.is_success, answer.text


def _replay(door: Door, action: str, once: str, parameters: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    def again() -> dict[str, Any]:
        answer = door.write(action, once, **parameters)
        assert answer.headers.get("idempotent-replayed") == "true", answer.text
        return session_in(answer)

    return again


def _let_pass(door: Door, seconds: int) -> None:
    advance = {"advance_seconds": seconds}
    door.client.call("advanceSandboxClock", key=door.tenant.key, json=advance)
