"""A thousand calls at once against the real budgets: each succeeds or is told why not; none is too many."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from limits.storage import MemoryStorage

from app.http.token_bucket import TokenBucket
from parkgraph import AsyncParkGraph, ParkGraph, RateLimited, Retries
from tests.fire.budget_log import Request, largest_burst
from tests.http.conftest import Ticker
from tests.http.site import LOT, Site, contract, site
from tests.sdk.storms import Hourglass

CALLS = 1_000
PER_MINUTE = {name: budget.limit for name, budget in contract().budgets.items()}
SESSION = contract().document["components"]["examples"]["SessionStarted"]["value"]
FORGIVEN = 0.002
"""The part of one request by which the limiter rounds, as its clock is never exact."""
LOTS: dict[str, list[Any]] = {"lots": []}
PATIENT = Retries(attempts=1_000, patience=3_600, random=random.Random(7).random)
HURRIED = Retries(random=random.Random(7).random)


@dataclass
class Storm:
    """The server's chain with the contract's own budgets, all of it on one clock."""

    site: Site
    ticker: Ticker
    admitted: list[Request] = field(default_factory=list)
    """What reached a handler, and when."""

    def overrun(self, budget: str) -> float:
        """Return by how much some window of time was given more than its budget."""
        per_minute = PER_MINUTE[budget]
        return max(0.0, largest_burst(self.admitted, per_minute=per_minute) - per_minute - FORGIVEN)

    def admit(self) -> None:
        """Note that the server did something."""
        at = self.ticker.at
        self.admitted.append(Request(sent=at, received=at, status=200, limit=0, retry_after=0))


@pytest.fixture
def storm() -> Iterator[Storm]:
    ticker = Ticker()

    def create_session() -> Any:
        made.admit()
        return SESSION, 201

    def search_lots() -> Any:
        made.admit()
        return LOTS

    handlers = {"createSession": create_session, "searchLots": search_lots}
    with site(handlers=handlers, strategy=TokenBucket(MemoryStorage(), clock=ticker)) as running:
        made = Storm(running, ticker)
        yield made


async def rage(storm: Storm, retries: Retries, operation: str) -> list[Any]:
    """Call an operation a thousand times at once, and return answers and refusals."""
    glass = Hourglass(storm.ticker)
    transport = httpx.ASGITransport(storm.site.app)
    async with AsyncParkGraph("live", transport=transport, retries=retries, sleep=glass.sleep) as park:

        async def call() -> Any:
            try:
                if operation == "createSession":
                    return await park.sessions.create_session(lot_id=LOT, plate="CO-7891")
                return await park.lots.search_lots(address="Vail")
            except RateLimited as refusal:
                return refusal

        return await glass.run([call] * CALLS)


def test_every_call_succeeds_or_raises_rate_limited(storm: Storm) -> None:
    came_of_it = storm.site.loop.run_until_complete(rage(storm, HURRIED, "createSession"))
    refused = [each for each in came_of_it if isinstance(each, RateLimited)]
    done = [each for each in came_of_it if not isinstance(each, RateLimited)]
    assert len(refused) + len(done) == CALLS
    assert len(done) == len(storm.admitted) >= PER_MINUTE["session_creation"]
    assert refused
    assert all(each.retry_after and each.budget.remaining == 0 for each in refused)
    assert storm.overrun("session_creation") == 0
    assert storm.ticker.at - 1_000 <= HURRIED.patience


def test_with_patience_every_call_succeeds_and_none_is_done_twice(storm: Storm) -> None:
    came_of_it = storm.site.loop.run_until_complete(rage(storm, PATIENT, "searchLots"))
    assert [type(each).__name__ for each in came_of_it] == ["SearchResult"] * CALLS
    assert len(storm.admitted) == CALLS
    assert storm.overrun("search") == 0
    budgets = [each.answer.budget for each in came_of_it]
    assert {budget.limit for budget in budgets} == {PER_MINUTE["search"]}
    assert max(budget.remaining for budget in budgets) == PER_MINUTE["search"] - 1
    assert storm.ticker.at - 1_000 >= (CALLS - PER_MINUTE["search"]) / PER_MINUTE["search"] * 60 - 1


def test_one_after_another_all_of_them_come_through(storm: Storm) -> None:
    def carry(request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        answer = storm.site.get(target, dict(request.headers))
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)

    with ParkGraph("live", transport=httpx.MockTransport(carry), sleep=storm.ticker.pass_by) as park:
        for _ in range(CALLS):
            assert park.lots.search_lots(address="Vail").lots == []
    assert len(storm.admitted) == CALLS
    assert storm.overrun("search") == 0
