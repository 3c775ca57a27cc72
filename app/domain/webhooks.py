"""Webhooks by Standard Webhooks 1.0: the types of events, when a delivery is tried, when it is given up."""

import base64
import secrets
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

EventType = Literal[
    "session.created",
    "session.extended",
    "session.expiring",
    "session.expired",
    "session.ended",
    "payment.authorized",
    "payment.captured",
    "payment.failed",
    "refund.created",
    "refund.failed",
    "dispute.opened",
    "dispute.closed",
    "lot.updated",
    "occupancy.changed",
    "key.rotated",
]
PING: Final = "webhook.ping"
"""What a receiver is tried out with; nobody subscribes to it."""

RETRIES: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""The published schedule: how long after the first, the second … failure the next attempt comes."""
MOST_ATTEMPTS: Final = len(RETRIES) + 1
JITTER: Final = 0.1
"""By how much of itself a wait may be longer, so that receivers do not meet everything at once."""
LONGEST_RETRY_AFTER: Final = timedelta(hours=24)

FAILURES_TO_PAUSE: Final = 5
"""After so many failures in a row a receiver is left alone for a while."""
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(minutes=15)

LARGEST_BODY: Final = 1_048_576
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 -- it stands before secrets and is none
SECRET_BYTES: Final = 24
BOTH_SECRETS_FOR: Final = timedelta(hours=24)
"""How long events are signed with the old secret beside the new one."""
KEPT_FOR: Final = timedelta(days=30)

GONE: Final = 410
LONGEST_EXCERPT: Final = 200

Failure = Literal[
    "name_not_found",
    "address_refused",
    "connection_failed",
    "tls_failed",
    "timed_out",
    "not_http",
]
"""Why no answer came."""

Verdict = Literal["delivered", "failed", "again"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to: a status, or the reason why there is none."""

    duration_ms: int
    status: int | None = None
    failure: Failure | None = None
    excerpt: str = ""
    """The beginning of what the receiver said."""
    retry_after: timedelta | None = None

    @property
    def is_delivered(self) -> bool:
        """Tell whether the receiver took the event: any 2xx, and no redirect."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 -- the range of 2xx

    @property
    def is_gone(self) -> bool:
        """Tell whether the receiver asked to be sent nothing any more."""
        return self.status == GONE


def new_secret() -> str:
    """Make a secret to sign with: `whsec_` and 24 random bytes in base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def verdict(outcome: Outcome, *, attempts: int) -> Verdict:
    """Say what becomes of a delivery after its `attempts`-th attempt."""
    if outcome.is_delivered:
        return "delivered"
    return "failed" if outcome.is_gone or attempts >= MOST_ATTEMPTS else "again"


def next_attempt_at(now: datetime, outcome: Outcome, *, attempts: int, chance: float) -> datetime:
    """Return when to try again after the `attempts`-th attempt; `chance` lies between 0 and 1.

    A receiver that names a time in Retry-After is not tried before, unless that is more than a day.
    """
    wait = RETRIES[attempts - 1] * (1 + JITTER * chance)
    asked = min(outcome.retry_after or timedelta(), LONGEST_RETRY_AFTER)
    return now + max(wait, asked)


def pause_after(failures: int) -> timedelta | None:
    """Return how long a receiver is left alone after so many failures in a row; None for not at all."""
    if failures < FAILURES_TO_PAUSE:
        return None
    doublings = min(failures - FAILURES_TO_PAUSE, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def wants(subscribed: Collection[str], event_type: str) -> bool:
    """Tell whether a receiver asked for events of a type."""
    return event_type in subscribed


def excerpt(said: bytes) -> str:
    """Keep the beginning of what a receiver said, in one line and without control characters."""
    text = said[: LONGEST_EXCERPT * 4].decode("utf-8", "replace")
    plain = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in text)
    return " ".join(plain.split())[:LONGEST_EXCERPT].rstrip()
