"""What happens between a call and its answer, apart from the sending and the waiting themselves.

`exchange` asks to send and to wait, and whoever drives it does so, blocking or not: one set of rules, two
clients.
"""

import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Final, TypeVar

import httpx

from parkgraph.calls import ACCEPTED, Call, Reply
from parkgraph.errors import NotModified, NotReached, ParkGraphError
from parkgraph.readings import refusal
from parkgraph.retries import Retries

T = TypeVar("T")

LOG: Final = logging.getLogger("parkgraph")
REPETITION: Final = "%s is sent again in %.1f seconds, attempt %d of %d: %s"

NOT_MODIFIED: Final = 304
CONFLICT: Final = 409
RATE_LIMITED: Final = 429
TIMED_OUT: Final = 408
SERVER_ERRORS: Final = range(500, 600)
NEVER_DONE: Final = frozenset({501, 505})
"""Failures on the other side that another attempt does not mend."""

NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Failures before a request left this machine."""
NEVER_SENDABLE: Final = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)
"""Failures that another attempt does not mend."""


@dataclass(frozen=True, slots=True)
class Send:
    """Asks to send the call once more."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Asks to wait."""

    seconds: float


Step = Send | Wait
Outcome = Reply | httpx.RequestError | None
"""What sending came to; None after waiting."""

SEND: Final = Send()


def exchange(
    call: Call[T], *, server: str, retries: Retries, clock: Callable[[], float]
) -> Generator[Step, Outcome, T]:
    """Send a call to a server until it is answered, it may not be repeated, or patience is at its end."""
    spent = 0.0
    attempt = 1
    while True:
        sent_at = clock()
        outcome = yield SEND
        spent += clock() - sent_at
        if isinstance(outcome, Reply) and outcome.answer.status in ACCEPTED:
            return call.read(outcome)
        failure = _failure(call, outcome, server)
        pause = retries.pause(attempt, retry_after=_retry_after(outcome))
        spent += pause
        if attempt >= retries.attempts or spent > retries.patience or not _may_repeat(call, outcome):
            raise failure from (outcome if isinstance(outcome, Exception) else None)
        attempt += 1
        LOG.warning(REPETITION, call.operation.id, pause, attempt, retries.attempts, failure)
        yield Wait(pause)


def _may_repeat(call: Call[T], outcome: Outcome) -> bool:
    """Tell whether trying again helps and does no harm."""
    if not isinstance(outcome, Reply):
        sendable = not isinstance(outcome, NEVER_SENDABLE)
        return sendable and (call.repeatable or isinstance(outcome, NEVER_SENT))
    status = outcome.answer.status
    if status == RATE_LIMITED:
        return True  # the budget is asked first: nothing was done
    if status == CONFLICT:  # with Retry-After the first request with this key still runs
        return call.repeatable and outcome.answer.retry_after is not None
    return call.repeatable and _is_unclear(status)


def _is_unclear(status: int) -> bool:
    """Tell whether nobody knows if the work was done; proxies have numbers of their own for that (520)."""
    return status == TIMED_OUT or (status in SERVER_ERRORS and status not in NEVER_DONE)


def _retry_after(outcome: Outcome) -> float | None:
    return outcome.answer.retry_after if isinstance(outcome, Reply) else None


def _failure(call: Call[T], outcome: Outcome, server: str) -> ParkGraphError:
    if not isinstance(outcome, Reply):
        what = f"{type(outcome).__name__}: {outcome}".removesuffix(": ")
        return NotReached(
            f"{call.operation.id} was not answered by {server} ({what}).",
            idempotency_key=call.idempotency_key,
        )
    if outcome.answer.status == NOT_MODIFIED and "If-None-Match" in call.headers:
        return NotModified(answer=outcome.answer)
    return refusal(outcome)
