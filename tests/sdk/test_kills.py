"""A server is killed in the middle of a write: the client repeats it by itself, and nobody pays twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from parkgraph import ParkGraph
from parkgraph.models import Session
from tests.sdk.doomed import DIES_AT, HOURS_LATER
from tests.servers import STOPPED_WITHIN_SECONDS, Server, kill, start, stop

DOOMED = ("-m", "tests.sdk.doomed")
FOUR_HOURS_AND_A_BIT = 14_472
POINTS = ("after", "committed")


@dataclass
class Installation:
    """A server that dies while its client writes, and is started again while the client waits."""

    home: Path
    database: dict[str, str]
    server: Server = field(init=False)
    deaths: int = 0
    keys: list[str] = field(default_factory=list)
    """The idempotency key of each write that was sent."""

    def begin(self, point: str) -> None:
        """Start a server that dies at a point."""
        self.server = start(self.home, program=DOOMED, **self.database, **{DIES_AT: point})

    def wait(self, _seconds: float) -> None:
        """Wait as the client does: meanwhile the server dies, and another takes its place an hour later."""
        if self.deaths:
            return
        self.server.process.wait(timeout=STOPPED_WITHIN_SECONDS)
        self.deaths += 1
        later = {HOURS_LATER: "1"}
        self.server = start(self.home, program=DOOMED, port=self.server.port, **self.database, **later)

    def note(self, request: httpx.Request) -> None:
        """Keep the key of a write."""
        if request.method == "POST":
            self.keys.append(request.headers["Idempotency-Key"])

    @contextmanager
    def park(self) -> Iterator[ParkGraph]:
        """Give a client of this installation, whose waits are this installation's."""
        key, url = self.server.sandbox["api_key"], self.server.url
        with httpx.Client(timeout=30, event_hooks={"request": [self.note]}) as http:
            yield ParkGraph(key, base_url=url, http=http, sleep=self.wait)


@pytest.fixture
def installation(tmp_path: Path, durable_database: dict[str, str]) -> Iterator[Installation]:
    made = Installation(tmp_path / "home", durable_database)
    yield made
    if made.server.process.poll() is None:
        stop(made.server)
    else:
        kill(made.server)


def park_at_lionshead(park: ParkGraph) -> Session:
    lot = park.lots.search_lots(address="Lionshead").lots[0]
    return park.sessions.create_session(lot_id=lot.id, plate="CO-7891", payment_method="pm_card_visa")


@pytest.mark.parametrize("point", POINTS)
def test_a_start_that_was_cut_short_holds_once(installation: Installation, point: str) -> None:
    installation.begin(f"{point} payment_intents")
    with installation.park() as park:
        session = park_at_lionshead(park)
        assert [each.id for each in park.sessions.list_sessions()] == [session.id]
    assert installation.deaths == 1
    assert_sent_again_under_one_key(installation.keys)
    assert (session.status, session.payment.status) == ("active", "authorized")
    assert session.payment.authorized == Decimal("25.5")
    [intent] = installation.server.intents()
    assert (intent["id"], intent["amount"]) == (session.payment_intent_id, 2550)


@pytest.mark.parametrize("point", POINTS)
def test_an_end_that_was_cut_short_charges_once(installation: Installation, point: str) -> None:
    installation.begin(f"{point} capture")
    with installation.park() as park:
        session = park_at_lionshead(park)
        park.sandbox.advance_sandbox_clock(advance_seconds=FOUR_HOURS_AND_A_BIT)
        installation.keys.clear()
        ended = park.sessions.end_session(session.id, session_code=session.session_code)
    assert installation.deaths == 1
    assert_sent_again_under_one_key(installation.keys)
    assert (ended.status, ended.payment.status) == ("completed", "captured")
    assert (ended.subtotal, ended.payment.captured) == (Decimal("24.12"), Decimal("24.12"))
    [intent] = installation.server.intents()
    assert (intent["amount_received"], intent["status"]) == (2412, "succeeded")
    assert [charge["amount_captured"] for charge in installation.server.at_the_processor("charge")] == [2412]


def assert_sent_again_under_one_key(keys: list[str]) -> None:
    assert len(keys) >= 2
    assert len(set(keys)) == 1
