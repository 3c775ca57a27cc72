"""A processor that is down, hangs or flaps: 502 in time, one effect, and searches go on meanwhile."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import count
from typing import Any

import pytest

from app import database
from app.gateways import processors
from app.settings import from_environment
from tests.factories import make_lot
from tests.fire.failing import Failing, Wish, failing
from tests.fire.town import make_keys, make_sandbox
from tests.installation import configure
from tests.servers import environment

AN_HOUR = 3600
LONGEST_SECONDS = 8
CROWD = 16
"""Drivers at a hanging processor, beside the four: more than there are threads that may wait for it."""
SEARCHES_AT_LEAST = 20

_numbers = count(1)


@pytest.fixture(scope="module", params=["sqlite_databases", "durable_postgres_databases"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failing]:
    databases = request.getfixturevalue(request.param)
    url, home = databases.fresh(), tmp_path_factory.mktemp("failing")
    settings = {"PARKGRAPH_DATABASE_URL": url}
    configure(from_environment(environment(home, **settings)))
    project = make_sandbox()
    lot = make_lot(project=project, capacity=500)
    [key] = make_keys(project, number=1)
    processors.close()
    database.engine().dispose()
    with failing(home, key, lot.id, **settings) as running:
        yield running
    databases.drop(url)


class Scene:
    """One running session to extend, one to end, and one that is paid, to give something back of."""

    def __init__(self, site: Failing) -> None:
        self.site = site
        self.extended, self.ended, self.paid = (self._started() for _ in range(3))
        self.offset = self._an_hour_later()
        self._done(Wish(f"sessions/{self.paid['id']}/end", _code(self.paid), _once()))

    def wishes(self) -> Mapping[str, Wish]:
        """Return a request for every operation that asks the processor to change something."""
        return {
            "create": self.creating(),
            "extend": Wish(
                f"sessions/{self.extended['id']}/extend", {**_code(self.extended), "extend_hours": 1}, _once()
            ),
            "end": Wish(f"sessions/{self.ended['id']}/end", _code(self.ended), _once()),
            "refund": Wish(f"sessions/{self.paid['id']}/refunds", {"amount": 1.0}, _once()),
        }

    def creating(self) -> Wish:
        order = {"lot_id": str(self.site.lot_id), "plate": f"FAIL {next(_numbers)}", "duration_hours": 2}
        return Wish("sessions", {**order, "payment_method": "pm_card_visa"}, _once())

    def faults(self, wishes: Mapping[str, Wish], *, ended_at: float) -> list[str]:
        """Send everything once more until it is done, and name what was done twice, or billed too long."""
        done = {name: self.site.ask_until_done(wish) for name, wish in wishes.items()}
        refused = [f"{name}: {reply}" for name, reply in done.items() if reply.status not in {200, 201}]
        if refused:
            return refused
        created, extended, ended = (done[name].body["session"] for name in ("create", "extend", "end"))
        billed = datetime.fromisoformat(ended["ended_at"]).timestamp() - self.offset
        refunded = self._intents_of(self.paid)
        right = {
            "one hold for what was created": len(self._intents_of(created)) == 1,
            "extended once": _hours(extended) == 3,
            f"ended {billed - ended_at:.1f} s after it was asked for": -1
            <= billed - ended_at
            < LONGEST_SECONDS,
            "what was due is taken, once": [each["amount_received"] for each in self._intents_of(self.ended)]
            == [round(ended["subtotal"] * 100)],
            "one refund of a dollar": self._refunded(refunded[0]["latest_charge"]) == 100,
        }
        return [sentence for sentence, is_right in right.items() if not is_right]

    def _started(self) -> dict[str, Any]:
        session: dict[str, Any] = self._done(self.creating())["session"]
        return session

    def _an_hour_later(self) -> int:
        moved = self._done(Wish("sandbox/clock", {"advance_seconds": AN_HOUR}, _once()))
        return int(moved["clock"]["offset_seconds"])

    def _done(self, wish: Wish) -> Any:
        reply = self.site.ask_until_done(wish)
        assert reply.status in {200, 201}, reply
        return reply.body

    def _intents_of(self, session: Mapping[str, Any]) -> list[dict[str, Any]]:
        intents = self.site.server.intents()
        return [each for each in intents if each["metadata"].get("session_id") == session["id"]]

    def _refunded(self, charge_id: str) -> int:
        found = self.site.server.at_the_processor("charge")
        return sum(
            each["amount_refunded"] - each["amount"] + each["amount_captured"]
            for each in found
            if each["id"] == charge_id
        )


def _code(session: Mapping[str, Any]) -> dict[str, Any]:
    return {"session_code": session["session_code"]}


def _hours(session: Mapping[str, Any]) -> float:
    started, planned = (datetime.fromisoformat(session[name]) for name in ("started_at", "planned_end_at"))
    return (planned - started).total_seconds() / 3600


def _once() -> str:
    return f"failing-{next(_numbers)}"


FAULTS = {
    "is down": [{"lost": True, "method": method} for method in ("GET", "POST")],
    "says 500": [{"status": 500, "method": method} for method in ("GET", "POST")],
    "does it and says 500": [{"status": 500, "when": "after"}],
    "does it and is gone": [{"lost": True, "when": "after"}],
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS.keys())
def test_a_processor_that_fails_is_a_502_in_time_and_a_retry_has_one_effect(
    site: Failing, faults: list[dict[str, Any]]
) -> None:
    scene = Scene(site)
    wishes = scene.wishes()
    for fault in faults:
        site.fails(**fault)
    replies = dict(zip(wishes, site.ask_at_once([*wishes.values()]), strict=True))
    assert {name: reply.status for name, reply in replies.items()} == dict.fromkeys(wishes, 502), replies
    assert max(reply.seconds for reply in replies.values()) < LONGEST_SECONDS
    site.heals()
    assert scene.faults(wishes, ended_at=replies["end"].sent_at) == []


def test_a_processor_that_hangs_keeps_nobody_longer_than_eight_seconds_and_no_search_at_all(
    site: Failing,
) -> None:
    scene = Scene(site)
    wishes = scene.wishes()
    site.fails(method="GET", when="after", status=None, hang_seconds=8)
    site.fails(method="POST", path=r".*(capture|refunds)", when="before", status=None, hang_seconds=8)
    site.fails(method="POST", when="after", status=None, hang_seconds=8)
    asked = [*wishes.values(), *(scene.creating() for _ in range(CROWD))]
    replies: list[Any] = []
    searches = site.search_while(lambda: replies.extend(site.ask_at_once(asked)))
    site.heals()
    assert [reply.status for reply in replies] == [502] * len(asked)
    assert max(reply.seconds for reply in replies) < LONGEST_SECONDS
    assert searches >= SEARCHES_AT_LEAST
    assert scene.faults(wishes, ended_at=replies[list(wishes).index("end")].sent_at) == []


def test_a_processor_that_flaps_is_not_even_noticed(site: Failing) -> None:
    scene = Scene(site)
    wishes = scene.wishes()
    for method in ("GET", "POST"):
        site.fails(times=1, method=method, status=500)
        site.fails(times=40, method=method, status=503, spares=1)
    replies = {name: site.ask(wish) for name, wish in wishes.items()}
    site.heals()
    assert {reply.status for reply in replies.values()} <= {200, 201}, replies
    assert scene.faults(wishes, ended_at=replies["end"].sent_at) == []
