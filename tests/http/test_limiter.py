"""The limiter with Redis there, slow, gone, back and flushed."""

import asyncio
import logging
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from limits.storage import Storage, storage_from_string

from app.gateways.key_epochs import KeyEpoch
from app.http.limiter import PATIENCE, SOCKET_TIMEOUT, Limiter, build_strategy
from app.http.token_bucket import Charge, Outdated, TokenBucket, Verdict
from tests.http.conftest import Ticker
from tests.redis_server import RedisServer, slow_road_to

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


def test_without_redis_each_worker_has_its_part(ticker: Ticker) -> None:
    with limiter_on(None, clock=ticker, workers=4) as limiter:
        verdicts = takes(limiter, Charge("parts", 30), times=8)
    assert (admitted(verdicts), verdicts[0].limit, verdicts[0].remaining) == (7, 7, 6)


def test_parts_that_do_not_come_out_even_never_make_more_than_the_whole(ticker: Ticker) -> None:
    with limiter_on(NOWHERE, clock=ticker, workers=4) as limiter:
        taken = 0
        for _ in range(1_200):
            taken += admitted(takes(limiter, Charge("uneven", 30)))
            ticker.pass_by(0.5)
    assert taken == 30 // 4 * 10 + 5 - 1  # ten minutes at seven and a half


def test_the_smallest_part_is_one_token_in_its_time(ticker: Ticker) -> None:
    with limiter_on(NOWHERE, clock=ticker, workers=4) as limiter:
        refused = takes(limiter, Charge("small", 2))[0]
        assert (refused.admitted, refused.limit, refused.remaining) == (False, 1, 0)
        assert refused.retry_after == pytest.approx(120, abs=0.5)
        ticker.pass_by(refused.retry_after)
        assert admitted(takes(limiter, Charge("small", 2), times=2)) == 1


def test_what_a_refusal_says_while_redis_is_away_is_enough(ticker: Ticker) -> None:
    with limiter_on(NOWHERE, clock=ticker, workers=4) as limiter:
        for _ in range(20):
            refused = takes(limiter, Charge("patient", 60))[0]
            assert not refused.admitted
            ticker.pass_by(math.ceil(refused.retry_after))
            assert takes(limiter, Charge("patient", 60))[0].admitted


class Noting(TokenBucket):
    """The strategy, noting when it was asked."""

    def __init__(self, storage: Storage, *, clock: Ticker) -> None:
        super().__init__(storage)
        self.ticker = clock
        self.asked: list[float] = []

    def take(self, charges: Sequence[Charge], *, believed: str | None = None) -> Verdict:
        self.asked.append(self.ticker.at - 1_000)
        return super().take(charges, believed=believed)


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
    own_redis: RedisServer, ticker: Ticker, caplog: pytest.LogCaptureFixture
) -> None:
    with limiter_on(own_redis.url, clock=ticker) as limiter:
        assert takes(limiter, Charge("slow", 60))[0].admitted
        own_redis.client.execute_command("CLIENT", "PAUSE", 1_000)
        with caplog.at_level(logging.WARNING, "parkgraph.limits"):
            verdicts = takes(limiter, Charge("slow", 60), times=50)
    assert len(verdicts) == 50
    assert limiter.outages == 1
    assert [record.message for record in caplog.records] == [
        "Redis is away (TimeoutError); this process counts alone"
    ]


async def crowd(limiter: Limiter, bucket: str) -> list[Verdict]:
    """Take forty times at once."""
    return await asyncio.gather(*(limiter.take([Charge(bucket, 60)]) for _ in range(40)))


def test_a_crowd_that_loses_redis_together_waits_for_it_once(own_redis: RedisServer, ticker: Ticker) -> None:
    with limiter_on(own_redis.url, clock=ticker) as limiter:
        takes(limiter, Charge("crowd", 60))
        own_redis.stop_answering()
        waits = []
        for _ in range(2):
            began = time.monotonic()
            assert len(asyncio.run(crowd(limiter, "crowd"))) == 40
            waits.append(time.monotonic() - began)
        own_redis.answer_again()
        assert limiter.outages == 1
    # The forty wait side by side, not one after another; those that come later do not wait at all.
    assert waits[0] < PATIENCE + 0.25
    assert waits[1] < SOCKET_TIMEOUT


def test_a_redis_that_answers_every_step_just_in_time_is_not_waited_for_longer(
    own_redis: RedisServer, ticker: Ticker
) -> None:
    with slow_road_to(own_redis, delay=0.15) as url, limiter_on(url, clock=ticker) as limiter:
        began = time.monotonic()
        takes(limiter, Charge("steps", 60))
        assert time.monotonic() - began < PATIENCE + 0.25
        assert limiter.outages == 1


def test_budgets_are_shared_again_once_redis_is_back(own_redis: RedisServer, ticker: Ticker) -> None:
    with limiter_on(own_redis.url, clock=ticker) as limiter:
        assert takes(limiter, Charge("back", 60))[0].remaining == 59
        own_redis.client.execute_command("CLIENT", "PAUSE", 250)
        assert admitted(takes(limiter, Charge("back", 60), times=3)) == 0
        own_redis.client.ping()
        ticker.pass_by(1)
        verdict = takes(limiter, Charge("back", 60))[0]
    assert verdict.admitted
    assert verdict.remaining >= 57


def test_a_redis_that_is_shut_down_never_fails_a_request(own_redis: RedisServer, ticker: Ticker) -> None:
    with limiter_on(own_redis.url, clock=ticker) as limiter:
        assert takes(limiter, Charge("gone", 60))[0].admitted
        own_redis.kill()
        assert admitted(takes(limiter, Charge("gone", 60), times=3)) == 0
        ticker.pass_by(60)
        assert admitted(takes(limiter, Charge("gone", 60), times=70)) == 60


def test_a_flushed_redis_admits_one_extra_budget_once(own_redis: RedisServer, ticker: Ticker) -> None:
    with limiter_on(own_redis.url, clock=ticker) as limiter:
        assert admitted(takes(limiter, Charge("flushed", 2), times=3)) == 2
        own_redis.client.flushall()
        own_redis.client.script_flush()
        assert admitted(takes(limiter, Charge("flushed", 2), times=3)) == 2
        assert limiter.outages == 0


def test_a_charge_of_this_process_never_waits_for_redis(ticker: Ticker) -> None:
    with limiter_on(NOWHERE, clock=ticker) as limiter:
        assert limiter.take_here([Charge("parser", 2)]).remaining == 1
        assert limiter.outages == 0


# What is remembered of keys


@contextmanager
def listening(url: str | None, clock: Ticker) -> Iterator[tuple[Limiter, list[str]]]:
    """Build a limiter that notes what it heard."""
    heard: list[str] = []
    limiter = Limiter(build_strategy(url), clock=clock, heard=heard.append)
    yield limiter, heard
    limiter.close()


def believing(limiter: Limiter, epoch: str) -> Verdict:
    """Take for a key that was read under this number."""
    return asyncio.run(limiter.take([Charge("key", 60)], believed=epoch))


def test_a_key_is_believed_until_redis_says_that_keys_were_revoked(redis_url: str, ticker: Ticker) -> None:
    with listening(redis_url, ticker) as (limiter, heard):
        takes(limiter, Charge("key", 60))
        assert believing(limiter, heard[-1]).remaining == 58
        assert KeyEpoch(redis_url).draw()
        with pytest.raises(Outdated):
            believing(limiter, heard[-1])
        assert len(set(heard)) == 2
        assert believing(limiter, heard[-1]).remaining == 57  # being outdated cost nothing


def test_a_flushed_redis_vouches_for_no_key(
    redis_server: RedisServer, redis_url: str, ticker: Ticker
) -> None:
    with listening(redis_url, ticker) as (limiter, heard):
        takes(limiter, Charge("key", 60))
        redis_server.client.flushall()
        with pytest.raises(Outdated):
            believing(limiter, heard[0])


def test_a_key_read_before_anything_was_heard_is_not_believed(redis_url: str, ticker: Ticker) -> None:
    with listening(redis_url, ticker) as (limiter, _), pytest.raises(Outdated):
        believing(limiter, "")


def test_while_redis_is_away_no_key_is_believed(ticker: Ticker) -> None:
    with listening(NOWHERE, ticker) as (limiter, heard):
        for _ in range(3):
            with pytest.raises(Outdated):
                believing(limiter, "whatever")
        assert (limiter.outages, heard) == (1, [])
        assert not KeyEpoch(NOWHERE).draw()


def test_without_redis_there_is_nothing_to_contradict_a_key(ticker: Ticker) -> None:
    with listening(None, ticker) as (limiter, _):
        assert believing(limiter, "").admitted
