"""Threads: handlers off the event loop, and a hanging payment processor that starves nobody."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from app.domain.errors import ServiceUnavailable
from app.http.bridge import LONGEST_WAIT_SECONDS, Pools, unless_too_late
from app.http.exchange import Exchange
from tests.http.conftest import Ticker, generous
from tests.http.site import JSON, LOT, SESSION, Answer, Site, bearer, site

CREATION = b'{"lot_id":"%s","plate":"CO-7891"}' % LOT.encode()
SEARCH = "/api/v1/lots/search?address=Vail"


class Processor:
    """A payment processor that hangs until a test lets it answer."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.waiting = threading.Semaphore(0)
        self.begun = 0

    def create_session(self) -> dict[str, Any]:
        self.begun += 1
        self.waiting.release()
        assert self.answers.wait(20)
        return {}

    def dispatch_action(self, body: dict[str, Any]) -> dict[str, Any]:
        return self.create_session() if body["action"] == "create_session" else {}


@pytest.fixture
def processor() -> Processor:
    """Hang."""
    return Processor()


@pytest.fixture
def hanging(processor: Processor) -> Iterator[Site]:
    """Run the chain with four threads and a processor that hangs."""
    handlers = {
        "createSession": processor.create_session,
        "dispatchAction": processor.dispatch_action,
        "createApiKey": processor.create_session,
    }
    with site(handlers=handlers, settings=generous()) as made:
        yield made
        processor.answers.set()


def create(made: Site, times: int) -> list["asyncio.Task[Answer]"]:
    """Begin to create sessions."""
    headers = {**bearer(), **JSON}
    sent = (made.exchange("POST", "/api/v1/sessions", headers, CREATION) for _ in range(times))
    return [made.loop.create_task(one) for one in sent]


async def in_time(awaitable: Any) -> Any:
    """Wait, but not for ever."""
    return await asyncio.wait_for(awaitable, 10)


def test_a_hanging_processor_leaves_searches_alone(hanging: Site, processor: Processor) -> None:
    async def scene() -> None:
        creations = create(hanging, 10)
        await in_time(asyncio.to_thread(processor.waiting.acquire))
        searches = [hanging.exchange("GET", SEARCH) for _ in range(20)]
        looks = [hanging.exchange("GET", f"/api/v1/sessions/{SESSION}", bearer()) for _ in range(20)]
        answers = await in_time(asyncio.gather(*searches, *looks, hanging.exchange("GET", "/")))
        assert {answer.status for answer in answers} == {200}
        assert not any(creation.done() for creation in creations)
        assert processor.begun <= 2
        processor.answers.set()
        assert {answer.status for answer in await in_time(asyncio.gather(*creations))} == {200}

    hanging.loop.run_until_complete(scene())


def test_operators_writes_that_wait_leave_searches_alone(hanging: Site, processor: Processor) -> None:
    wanted = b'{"name":"a","scopes":["lots:read"]}'
    target, headers = "/api/v1/operator/api-keys", {**bearer(), **JSON}

    async def scene() -> None:
        sent = (hanging.exchange("POST", target, headers, wanted) for _ in range(10))
        writes = [hanging.loop.create_task(one) for one in sent]
        await in_time(asyncio.to_thread(processor.waiting.acquire))
        searches = [hanging.exchange("GET", SEARCH) for _ in range(20)]
        assert {answer.status for answer in await in_time(asyncio.gather(*searches))} == {200}
        assert processor.begun == 1
        processor.answers.set()
        assert {answer.status for answer in await in_time(asyncio.gather(*writes))} == {200}

    hanging.loop.run_until_complete(scene())


def test_a_dispatchers_action_decides_its_pool(hanging: Site, processor: Processor) -> None:
    body = b'{"action":"create_session","parameters":%s}' % CREATION
    search = b'{"action":"search_parking","parameters":{"address":"Vail"}}'
    target, headers = "/api/v1/agents/openai/actions", {**bearer(), **JSON}

    async def scene() -> None:
        tasks = [hanging.loop.create_task(hanging.exchange("POST", target, headers, body)) for _ in range(6)]
        await in_time(asyncio.to_thread(processor.waiting.acquire))
        searches = [hanging.exchange("POST", target, headers, search) for _ in range(10)]
        assert {answer.status for answer in await in_time(asyncio.gather(*searches))} == {200}
        processor.answers.set()
        await in_time(asyncio.gather(*tasks))

    hanging.loop.run_until_complete(scene())
    assert processor.begun == 6


@pytest.mark.parametrize(
    ("method", "target", "body", "pool"),
    [
        ("GET", SEARCH, b"", "reading"),
        ("GET", f"/api/v1/sessions/{SESSION}", b"", "reading"),
        ("POST", "/api/v1/sessions", CREATION, "paying"),
        ("POST", f"/api/v1/sessions/{SESSION}/end", b'{"session_code":"sess_abc123"}', "paying"),
        (
            "POST",
            f"/api/v1/sessions/{SESSION}/extend",
            b'{"session_code":"sess_abc123","extend_hours":1}',
            "paying",
        ),
        ("POST", "/api/v1/sandbox", b"{}", "paying"),
        ("POST", "/api/v1/sandbox/clock", b'{"advance_seconds":1}', "paying"),
        ("POST", "/api/v1/operator/api-keys", b'{"name":"a","scopes":["lots:read"]}', "reading"),
    ],
)
def test_what_may_wait_for_the_processor_has_threads_of_its_own(
    served: Site, method: str, target: str, body: bytes, pool: str
) -> None:
    answer = served.send(method, target, {**bearer(), **JSON}, body)
    assert answer.status == 200
    assert answer.json["thread"].startswith(pool)


def test_what_drivers_send_from_their_pages_waits_with_what_pays_and_looking_does_not() -> None:
    pools = Pools(threads=4)
    sent, looked = (Exchange(method=method, path="/r/token/end", ip="") for method in ("POST", "GET"))
    assert (pools.of(sent), pools.of(looked)) == (pools.paying, pools.reading)
    pools.close()


def test_what_waited_so_long_that_nobody_listens_is_refused_and_not_done(ticker: Ticker) -> None:
    done = []
    answer = (200, [], b"")
    works = [unless_too_late(lambda: done.append("work") or answer, clock=ticker) for _ in range(2)]
    ticker.pass_by(LONGEST_WAIT_SECONDS)
    assert works[0]() == answer
    ticker.pass_by(0.1)
    with pytest.raises(ServiceUnavailable) as refusal:
        works[1]()
    assert refusal.value.headers == {"Retry-After": "5"}
    assert done == ["work"]
