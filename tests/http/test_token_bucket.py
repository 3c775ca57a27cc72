"""Token buckets: capacity, refill, several at once, and the same arithmetic in memory and in Redis."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from limits import parse
from limits.storage import MemoryStorage, RedisClusterStorage, RedisStorage, storage_from_string
from limits.strategies import STRATEGIES

from app.http.token_bucket import NAME, Charge, MemoryBuckets, TokenBucket, take
from tests.http.conftest import Ticker


@pytest.fixture(params=["memory", "redis"])
def bucket(request: pytest.FixtureRequest, ticker: Ticker) -> TokenBucket:
    """Make the strategy on each kind of storage, on the test's clock."""
    if request.param == "memory":
        return TokenBucket(MemoryStorage(), clock=ticker)
    return TokenBucket(storage_from_string(request.getfixturevalue("redis_url")), clock=ticker)


def test_a_full_bucket_admits_exactly_its_budget_at_once(bucket: TokenBucket) -> None:
    verdicts = [bucket.take([Charge("a", 60)]) for _ in range(61)]
    assert [verdict.admitted for verdict in verdicts] == [True] * 60 + [False]
    assert [verdict.remaining for verdict in verdicts[:3]] == [59, 58, 57]
    assert verdicts[-1].remaining == 0


def test_the_budget_refills_continuously(bucket: TokenBucket, ticker: Ticker) -> None:
    for _ in range(240):
        bucket.take([Charge("a", 240)])
    ticker.pass_by(0.24)
    assert not bucket.take([Charge("a", 240)]).admitted
    ticker.pass_by(0.02)
    assert bucket.take([Charge("a", 240)]).admitted
    ticker.pass_by(30)
    assert [bucket.take([Charge("a", 240)]).admitted for _ in range(121)] == [True] * 120 + [False]


def test_a_refusal_says_when_one_token_is_there_and_when_all_are(bucket: TokenBucket, ticker: Ticker) -> None:
    for _ in range(20):
        bucket.take([Charge("a", 20)])
    ticker.pass_by(1)
    verdict = bucket.take([Charge("a", 20)])
    assert verdict.retry_after == pytest.approx(2.0, abs=1e-6)
    assert verdict.full_in == pytest.approx(59.0, abs=1e-6)
    ticker.pass_by(verdict.retry_after)
    assert bucket.take([Charge("a", 20)]).admitted


def test_of_several_buckets_none_is_charged_unless_all_admit(bucket: TokenBucket) -> None:
    small, large = Charge("small", 2), Charge("large", 10)
    assert [bucket.take([large, small]).admitted for _ in range(4)] == [True, True, False, False]
    assert bucket.take([large]).remaining == 7


def test_the_bucket_with_least_left_is_the_one_shown(bucket: TokenBucket) -> None:
    bucket.take([Charge("small", 20)])
    verdict = bucket.take([Charge("large", 240), Charge("small", 20)])
    assert (verdict.limit, verdict.remaining) == (20, 18)
    verdict = bucket.take([Charge("large", 240), Charge("other", 300)])
    assert (verdict.limit, verdict.remaining) == (240, 238)


def test_a_refusal_waits_for_the_slowest_bucket(bucket: TokenBucket) -> None:
    for charge in (Charge("slow", 1), Charge("fast", 2), Charge("fast", 2)):
        bucket.take([charge])
    verdict = bucket.take([Charge("fast", 2), Charge("slow", 1)])
    assert verdict.retry_after == pytest.approx(60.0, abs=1e-6)
    assert verdict.limit == 1


def test_a_raised_budget_widens_the_same_bucket(bucket: TokenBucket) -> None:
    for _ in range(30):
        bucket.take([Charge("a", 30)])
    assert not bucket.take([Charge("a", 30)]).admitted
    assert not bucket.take([Charge("a", 3000)]).admitted
    assert bucket.take([Charge("b", 3000)]).remaining == 2999


def test_memory_and_redis_reach_the_same_verdicts(redis_url: str, ticker: Ticker) -> None:
    memory = TokenBucket(MemoryStorage(), clock=ticker)
    redis = TokenBucket(storage_from_string(redis_url), clock=ticker)
    dice = random.Random(20261122)
    for _ in range(2_000):
        ticker.pass_by(dice.choice((0.0, 0.0123, 0.1019, 0.7057)))
        names = dice.sample(("a", "b", "c"), dice.randint(1, 3))
        charges = [Charge(name, {"a": 20, "b": 60, "c": 240}[name]) for name in names]
        left, right = memory.take(charges), redis.take(charges)
        assert (left.admitted, left.limit, left.remaining) == (right.admitted, right.limit, right.remaining)
        assert left.full_in == pytest.approx(right.full_in, abs=1e-5)
        assert left.retry_after == pytest.approx(right.retry_after, abs=1e-5)


def test_redis_keeps_its_own_time_and_forgets_full_buckets(redis_url: str) -> None:
    storage = storage_from_string(redis_url)
    assert isinstance(storage, RedisStorage)
    verdict = TokenBucket(storage).take([Charge("a", 240)])
    assert verdict.full_in == pytest.approx(0.25, abs=0.01)
    assert 250 < storage.get_connection().pttl(storage.prefixed_key("a")) <= 1_250


@pytest.mark.parametrize("kind", ["memory", "redis"])
def test_many_threads_together_get_no_more_than_the_budget(
    kind: str, request: pytest.FixtureRequest, ticker: Ticker
) -> None:
    uri = "memory://" if kind == "memory" else request.getfixturevalue("redis_url")
    strategy = TokenBucket(storage_from_string(uri), clock=ticker)
    with ThreadPoolExecutor(8) as pool:
        verdicts = pool.map(lambda _: strategy.take([Charge("a", 500)]).admitted, range(1_000))
    assert sum(verdicts) == 500


def test_a_bucket_born_empty_fills_from_its_birth(ticker: Ticker) -> None:
    buckets = MemoryBuckets(clock=ticker, empty=True)
    assert not take(buckets, [Charge("a", 60)]).admitted
    ticker.pass_by(10)
    assert [take(buckets, [Charge("late", 60)]).admitted for _ in range(11)] == [True] * 10 + [False]


def test_full_buckets_are_swept_away(ticker: Ticker) -> None:
    buckets = MemoryBuckets(clock=ticker)
    for number in range(1_000):
        take(buckets, [Charge(f"ip:{number}", 60)])
    ticker.pass_by(61)
    take(buckets, [Charge("one", 60)])
    assert len(buckets) == 1


def test_flask_limiter_finds_the_strategy_and_its_interface_works(bucket: TokenBucket) -> None:
    item = parse("3/minute")
    assert STRATEGIES[NAME] is TokenBucket
    assert [bucket.hit(item, "me") for _ in range(4)] == [True, True, True, False]
    assert not bucket.test(item, "me")
    assert bucket.test(item, "you", cost=3)
    assert bucket.get_window_stats(item, "me").remaining == 0
    bucket.clear(item, "me")
    assert bucket.get_window_stats(item, "me").remaining == 3


def test_a_redis_cluster_is_refused_because_its_keys_lie_apart() -> None:
    cluster = RedisClusterStorage.__new__(RedisClusterStorage)
    with pytest.raises(NotImplementedError, match="RedisClusterStorage"):
        TokenBucket(cluster)
