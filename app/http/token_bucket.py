"""Token buckets: so many requests a minute, refilled continuously, several judged in one step.

A bucket is one number, its backlog: the seconds until it is full again (the "theoretical arrival time" of
GCRA, seen from now). A token costs `period / limit` seconds of backlog, and no backlog exceeds `period`.
Flask-Limiter finds the strategy under the name `token-bucket`.
"""

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, cast

from limits import RateLimitItem
from limits.storage import MemoryStorage, RedisClusterStorage, RedisStorage, Storage
from limits.strategies import STRATEGIES, RateLimiter
from limits.util import WindowStats

NAME: Final = "token-bucket"
MINUTE: Final = 60.0
_FORGIVEN: Final = 0.002
"""The part of a token that is forgiven: adding to a large clock reading is never exact."""
_SWEEP_EVERY: Final = 30.0

_SCRIPT: Final = """
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] + time[2] / 1e6
end
local admitted, answer, full_at = 1, {0}, {}
for i, key in ipairs(KEYS) do
  local cost, period = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local before = math.max(tonumber(redis.call('GET', key) or now), now)
  full_at[i] = before + cost
  if full_at[i] - now > period + 0.002 * cost then admitted = 0 end
  answer[i + 1] = string.format('%.9f', before - now)
end
if admitted == 1 then
  for i, key in ipairs(KEYS) do
    local backlog = full_at[i] - now
    if tonumber(ARGV[2 * i]) > 0 then
      redis.call('SET', key, string.format('%.17g', full_at[i]), 'PX', math.ceil(backlog * 1000) + 1000)
    end
    answer[i + 1] = string.format('%.9f', backlog)
  end
end
answer[1] = admitted
return answer
"""

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Charge:
    """One request's claim on one bucket of `limit` tokens a period."""

    bucket: str
    limit: int
    tokens: int = 1
    period: float = MINUTE

    @property
    def cost(self) -> float:
        """Return what the claim adds to the backlog, in seconds."""
        return self.tokens * self.period / self.limit


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether all buckets admitted a request, and the state of the one with least left."""

    admitted: bool
    bucket: str
    limit: int
    remaining: int
    full_in: float
    """Seconds until that bucket is full again."""
    retry_after: float
    """Seconds until every bucket has a token again; 0 if the request was admitted."""


class Buckets(Protocol):
    """Where the backlogs are kept."""

    def charge(self, charges: Sequence[Charge]) -> tuple[bool, list[float]]:
        """Charge all buckets or none; return whether it did, and every backlog afterwards."""


class MemoryBuckets:
    """Backlogs of one process, on the monotonic clock.

    With `empty` an unknown bucket is one that had no token left when these buckets were made.
    """

    def __init__(self, *, clock: Clock = time.monotonic, empty: bool = False) -> None:
        self._clock = clock
        self._full_at: dict[str, float] = {}
        self._lock = threading.Lock()
        self._made_at = self._swept_at = clock()
        self._empty = empty

    def charge(self, charges: Sequence[Charge]) -> tuple[bool, list[float]]:
        """Charge all buckets or none; return whether it did, and every backlog afterwards."""
        with self._lock:
            now = self._clock()
            self._sweep(now)
            before = [self._backlog(charge, now) for charge in charges]
            after = [backlog + charge.cost for backlog, charge in zip(before, charges, strict=True)]
            for charge, backlog in zip(charges, after, strict=True):
                if backlog > charge.period + _FORGIVEN * charge.cost:
                    return False, before
            for charge, backlog in zip(charges, after, strict=True):
                self._full_at[charge.bucket] = now + backlog
        return True, after

    def __len__(self) -> int:
        return len(self._full_at)

    def forget(self, bucket: str) -> None:
        """Fill one bucket."""
        with self._lock:
            self._full_at.pop(bucket, None)

    def _backlog(self, charge: Charge, now: float) -> float:
        unknown = self._made_at + charge.period if self._empty else now
        return max(self._full_at.get(charge.bucket, unknown) - now, 0.0)

    def _sweep(self, now: float) -> None:
        if now - self._swept_at > _SWEEP_EVERY:
            self._swept_at = now
            self._full_at = {bucket: at for bucket, at in self._full_at.items() if at > now}


class RedisBuckets:
    """Backlogs shared by all workers, on Redis' own clock unless a test brings one."""

    def __init__(self, storage: RedisStorage, *, clock: Clock | None = None) -> None:
        self._storage = storage
        self._clock = clock
        self._script = storage.get_connection().register_script(_SCRIPT.encode())

    def charge(self, charges: Sequence[Charge]) -> tuple[bool, list[float]]:
        """Charge all buckets or none in one call; raise what Redis' client raises if it is away."""
        keys = [self._storage.prefixed_key(charge.bucket) for charge in charges]
        arguments: list[str | float] = [self._clock() if self._clock else ""]
        for charge in charges:
            arguments += [charge.cost, charge.period]
        admitted, *backlogs = self._script(keys, arguments)
        return bool(admitted), [float(backlog) for backlog in backlogs]

    def forget(self, bucket: str) -> None:
        """Fill one bucket."""
        self._storage.clear(bucket)


class TokenBucket(RateLimiter):
    """The strategy: `limits`' interface for Flask-Limiter, and `take` for several buckets at once."""

    def __init__(self, storage: Storage, *, clock: Clock | None = None) -> None:
        super().__init__(storage)
        if isinstance(storage, RedisStorage) and not isinstance(storage, RedisClusterStorage):
            self.buckets: MemoryBuckets | RedisBuckets = RedisBuckets(storage, clock=clock)
        elif isinstance(storage, MemoryStorage):
            self.buckets = MemoryBuckets(clock=clock or time.monotonic)
        else:
            raise NotImplementedError(
                f"{NAME} keeps its buckets in memory or Redis, not {type(storage).__name__}"
            )

    def take(self, charges: Sequence[Charge]) -> Verdict:
        """Charge every bucket or none of them."""
        return take(self.buckets, charges)

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Take `cost` tokens, if there are so many."""
        return self.take([_charge(item, identifiers, cost)]).admitted

    def test(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Tell whether there are `cost` tokens, and take none."""
        return self.take([_charge(item, identifiers, 0)]).remaining >= cost

    def get_window_stats(self, item: RateLimitItem, *identifiers: str) -> WindowStats:
        """Return when the bucket is full again (Unix seconds) and how many tokens it has."""
        verdict = self.take([_charge(item, identifiers, 0)])
        return WindowStats(time.time() + verdict.full_in, verdict.remaining)

    def clear(self, item: RateLimitItem, *identifiers: str) -> None:
        """Fill the bucket."""
        self.buckets.forget(item.key_for(*identifiers))


def take(buckets: Buckets, charges: Sequence[Charge]) -> Verdict:
    """Charge every bucket or none of them; at least one charge is needed."""
    admitted, backlogs = buckets.charge(charges)
    shown, backlog = min(
        zip(charges, backlogs, strict=True), key=lambda pair: (_tokens(*pair), -_wait(*pair))
    )
    waits = (_wait(*pair) for pair in zip(charges, backlogs, strict=True))
    return Verdict(
        admitted=admitted,
        bucket=shown.bucket,
        limit=shown.limit,
        remaining=min(max(math.floor(_tokens(shown, backlog)), 0), shown.limit),
        full_in=backlog,
        retry_after=0.0 if admitted else max(waits),
    )


def _tokens(charge: Charge, backlog: float) -> float:
    return (charge.period - backlog) * charge.limit / charge.period + _FORGIVEN


def _wait(charge: Charge, backlog: float) -> float:
    return max(0.0, backlog + charge.cost - charge.period)


def _charge(item: RateLimitItem, identifiers: tuple[str, ...], tokens: int) -> Charge:
    return Charge(item.key_for(*identifiers), item.amount, tokens, float(item.get_expiry()))


cast(dict[str, type[RateLimiter]], STRATEGIES)[NAME] = TokenBucket
