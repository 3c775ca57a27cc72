"""Token buckets: so many requests a minute, refilled continuously, several judged in one step.

A bucket is one number, its backlog: the seconds until it is full again (the "theoretical arrival time" of
GCRA, seen from now). A token costs `period / limit` seconds of backlog, and no backlog exceeds `period`.
Flask-Limiter finds the strategy under the name `token-bucket`.
"""

import hashlib
import math
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol, cast

from limits import RateLimitItem
from limits.storage import MemoryStorage, RedisClusterStorage, RedisStorage, Storage
from limits.strategies import STRATEGIES, RateLimiter
from limits.util import WindowStats
from redis import Redis
from redis.connection import ConnectionInterface
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError

from app.services.key_memory import EPOCH

NAME: Final = "token-bucket"
MINUTE: Final = 60.0
_FORGIVEN: Final = 0.002
"""The part of a token that is forgiven: adding to a large clock reading is never exact."""
_SWEEP_EVERY: Final = 30.0
_ANY: Final = "any"
"""Believes in nothing, so that no number contradicts it."""

_SCRIPT: Final = """
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] + time[2] / 1e6
end
local epoch = redis.call('GET', KEYS[1])
if not epoch then
  epoch = ARGV[2]
  redis.call('SET', KEYS[1], epoch)
end
if ARGV[3] ~= 'any' and ARGV[3] ~= epoch then return {-1, epoch} end
local admitted, answer, full_at = 1, {0, epoch}, {}
for i = 2, #KEYS do
  local cost, room = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local before = math.max(tonumber(redis.call('GET', KEYS[i]) or now), now)
  full_at[i] = before + cost
  if full_at[i] - now > room + 0.002 * cost then admitted = 0 end
  answer[i + 1] = string.format('%.9f', before - now)
end
if admitted == 1 then
  for i = 2, #KEYS do
    local backlog = full_at[i] - now
    if tonumber(ARGV[2 * i]) > 0 then
      redis.call('SET', KEYS[i], string.format('%.17g', full_at[i]), 'PX', math.ceil(backlog * 1000) + 1000)
    end
    answer[i + 1] = string.format('%.9f', backlog)
  end
end
answer[1] = admitted
return answer
"""
"""Judges all buckets in one step, and beside them the number that changes when an API key is revoked: who
still believes in another number is told so, and is charged nothing."""
_DIGEST: Final = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()
"""The name under which Redis keeps the script."""

Clock = Callable[[], float]


@dataclass(slots=True)  # frozen, it would take three times as long to make
class Charge:
    """One request's claim on one bucket of `limit` tokens a period, or an equal share of it; unchanging."""

    bucket: str
    limit: int
    tokens: int = 1
    period: float = MINUTE
    shares: int = 1
    """Among how many processes the bucket is divided, each of which counts its own share."""

    interval: float = field(init=False)
    """How long one token takes to come back, in seconds."""
    cost: float = field(init=False)
    """What the claim adds to the backlog, in seconds."""
    room: float = field(init=False)
    """The longest backlog, in seconds; even the smallest share holds one token."""
    capacity: int = field(init=False)
    """The tokens of a full bucket, or of a full share."""

    def __post_init__(self) -> None:
        self.interval = self.period * self.shares / self.limit
        self.cost = self.tokens * self.interval
        self.room = max(self.period, self.interval)
        self.capacity = max(self.limit // self.shares, 1)


class Verdict(NamedTuple):
    """Whether all buckets admitted a request, and the state of the one with least left."""

    admitted: bool
    bucket: str
    limit: int
    remaining: int
    full_in: float
    """Seconds until that bucket is full again."""
    retry_after: float
    """Seconds until every bucket has a token again; 0 if the request was admitted."""
    epoch: str | None = None
    """The number of revocations that stands beside shared buckets."""


class Outdated(Exception):
    """What is believed of a key may be from before a revocation; nothing was charged."""

    def __init__(self, epoch: str | None = None) -> None:
        super().__init__("Keys were revoked since, or nobody can tell.")
        self.epoch = epoch


class Counted(NamedTuple):
    """What became of charges."""

    admitted: bool
    backlogs: list[float]
    epoch: str | None = None


class Buckets(Protocol):
    """Where the backlogs are kept."""

    def charge(self, charges: Sequence[Charge], *, believed: str | None = None) -> Counted:
        """Charge all buckets or none; tell whether it did, and every backlog afterwards.

        `believed` is the number of revocations under which the caller's key was read, if that was before this
        request. Raise Outdated where there is such a number beside the buckets, and it is another.
        """


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

    def charge(self, charges: Sequence[Charge], *, believed: str | None = None) -> Counted:
        """Charge all buckets or none; tell whether it did, and every backlog afterwards."""
        del believed  # nothing stands beside the buckets of one process
        with self._lock:
            now = self._clock()
            self._sweep(now)
            before = [self._backlog(charge, now) for charge in charges]
            after = [backlog + charge.cost for backlog, charge in zip(before, charges, strict=True)]
            for charge, backlog in zip(charges, after, strict=True):
                if backlog > charge.room + _FORGIVEN * charge.cost:
                    return Counted(False, before)
            for charge, backlog in zip(charges, after, strict=True):
                self._full_at[charge.bucket] = now + backlog
        return Counted(True, after)

    def __len__(self) -> int:
        return len(self._full_at)

    def forget(self, bucket: str) -> None:
        """Fill one bucket."""
        with self._lock:
            self._full_at.pop(bucket, None)

    def _backlog(self, charge: Charge, now: float) -> float:
        unknown = self._made_at + charge.room if self._empty else now
        return max(self._full_at.get(charge.bucket, unknown) - now, 0.0)

    def _sweep(self, now: float) -> None:
        if now - self._swept_at > _SWEEP_EVERY:
            self._swept_at = now
            self._full_at = {bucket: at for bucket, at in self._full_at.items() if at > now}


class RedisBuckets:
    """Backlogs shared by all workers, on Redis' own clock unless a test brings one.

    Each thread calls the script on a connection of its own, past the client and its pool, which take several
    times as long over a call as everything else in it.
    """

    def __init__(self, storage: RedisStorage, *, clock: Clock | None = None) -> None:
        self._storage = storage
        self._clock = clock
        self._pool = cast(Redis, storage.get_connection()).connection_pool
        self._of_thread = threading.local()

    def charge(self, charges: Sequence[Charge], *, believed: str | None = None) -> Counted:
        """Charge all buckets or none in one call; raise what Redis' client raises if it is away."""
        keys = [EPOCH, *(self._storage.prefixed_key(charge.bucket) for charge in charges)]
        arguments: list[str | float] = [
            self._clock() if self._clock else "",
            secrets.token_hex(8),
            _ANY if believed is None else believed,
        ]
        for charge in charges:
            arguments += [charge.cost, charge.room]
        admitted, epoch, *backlogs = self._call(len(keys), *keys, *arguments)
        if admitted < 0:
            raise Outdated(epoch.decode())
        return Counted(bool(admitted), [float(backlog) for backlog in backlogs], epoch.decode())

    def _call(self, *words: str | float) -> Any:
        """Call the script, once more where the connection turns out to be an old one."""
        connection: Any = self._connection()
        try:
            return _answer(connection, *words)
        except RedisConnectionError:
            connection.disconnect()
            return _answer(connection, *words)

    def _connection(self) -> ConnectionInterface:
        """Return this thread's connection; it connects by itself when it is used."""
        if (known := getattr(self._of_thread, "connection", None)) is None:
            known = self._of_thread.connection = self._pool.make_connection()
        return cast(ConnectionInterface, known)

    def forget(self, bucket: str) -> None:
        """Fill one bucket."""
        self._storage.clear(bucket)


def _answer(connection: Any, *words: str | float) -> Any:  # Any: redis annotates no connection's methods
    try:
        connection.send_command("EVALSHA", _DIGEST, *words)
        return connection.read_response()
    except NoScriptError:
        connection.send_command("EVAL", _SCRIPT, *words)
        return connection.read_response()


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

    def take(self, charges: Sequence[Charge], *, believed: str | None = None) -> Verdict:
        """Charge every bucket or none of them; raise Outdated as `Buckets.charge` does."""
        return take(self.buckets, charges, believed=believed)

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


def take(buckets: Buckets, charges: Sequence[Charge], *, believed: str | None = None) -> Verdict:
    """Charge every bucket or none of them; at least one charge is needed."""
    admitted, backlogs, epoch = buckets.charge(charges, believed=believed)
    pairs = list(zip(charges, backlogs, strict=True))
    shown, backlog = min(pairs, key=_least_left)
    return Verdict(
        admitted=admitted,
        bucket=shown.bucket,
        limit=shown.capacity,
        remaining=min(max(math.floor(_tokens(shown, backlog)), 0), shown.capacity),
        full_in=backlog,
        retry_after=0.0 if admitted else max(_wait(*pair) for pair in pairs),
        epoch=epoch,
    )


def _least_left(pair: tuple[Charge, float]) -> tuple[float, float]:
    return _tokens(*pair), -_wait(*pair)


def _tokens(charge: Charge, backlog: float) -> float:
    return (charge.room - backlog) / charge.interval + _FORGIVEN


def _wait(charge: Charge, backlog: float) -> float:
    return max(0.0, backlog + charge.cost - charge.room)


def _charge(item: RateLimitItem, identifiers: tuple[str, ...], tokens: int) -> Charge:
    return Charge(item.key_for(*identifiers), item.amount, tokens, float(item.get_expiry()))


cast(dict[str, type[RateLimiter]], STRATEGIES)[NAME] = TokenBucket
