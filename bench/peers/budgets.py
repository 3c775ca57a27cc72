"""A token bucket per key in the memory of the process, as a few lines of anybody's own."""

import math
import threading
import time
from dataclasses import dataclass

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass, and what the rate headers say."""

    admitted: bool
    headers: dict[str, str]


_buckets: dict[str, tuple[float, float]] = {}
_lock = threading.Lock()


def take(bucket: str, *, per_minute: int) -> Verdict:
    """Take a token, if there is one."""
    now = time.monotonic()
    with _lock:
        tokens, at = _buckets.get(bucket, (float(per_minute), now))
        tokens = min(float(per_minute), tokens + (now - at) * per_minute / MINUTE)
        admitted = tokens >= 1
        tokens -= admitted
        _buckets[bucket] = tokens, now
    full_in = (per_minute - tokens) * MINUTE / per_minute
    headers = {
        "X-RateLimit-Limit": str(per_minute),
        "X-RateLimit-Remaining": str(int(tokens)),
        "X-RateLimit-Reset": str(math.ceil(time.time() + full_in)),
    }
    if not admitted:
        headers["Retry-After"] = str(math.ceil((1 - tokens) * MINUTE / per_minute))
    return Verdict(admitted, headers)
