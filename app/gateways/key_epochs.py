"""The number in Redis that every worker compares with each request, drawn anew when a key is revoked."""

import logging
import secrets
from typing import Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

NAME: Final = "{parkgraph}:keys:epoch"
"""Where the number stands: under the hash tag of the budgets, so that one call may see both."""
_TIMEOUT: Final = 0.5
"""Seconds; a revocation may wait longer than a request's budget may."""

log = logging.getLogger("parkgraph.keys")


class KeyEpoch:
    """The number of one Redis; nothing is connected to before it is drawn."""

    def __init__(self, url: str) -> None:
        self._redis: Redis = Redis.from_url(
            url.replace("redis+unix", "unix"),
            socket_timeout=_TIMEOUT,
            socket_connect_timeout=_TIMEOUT,
            retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        )

    def draw(self) -> bool:
        """Draw a new number; return whether Redis took it."""
        try:
            self._redis.set(NAME, secrets.token_hex(8))
        except RedisError as error:
            log.warning("Redis was not told of a revoked key (%s)", type(error).__name__)
            return False
        return True
