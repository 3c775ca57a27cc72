"""One deadline over all tries of a call, whatever carries it.

The SDK limits each try by itself (80 s) and three of them add up; and an in-process transport has no timeout
at all. So every try runs in a thread of a small pool, which the caller stops waiting for in time. A try that
is abandoned may still have its effect: its outcome is unknown, like that of a broken connection. After a few
such tries callers are told at once and the processor is asked now and then only (`circuit`).
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import stripe

from app.domain import upstream
from app.domain.traces import UpstreamCall
from app.gateways.circuit import Circuit

SECONDS = 6.0
"""Whoever asked us has an answer within eight: what we write down before and after takes some of them."""
RETRIES = 2
THREADS = 16

_FIRST_WAIT_SECONDS = 0.2
_CONFLICT = 409
_LOWEST_SERVER_ERROR = 500

_Response = tuple[Any, int, Mapping[str, str]]

_ends_at: ContextVar[float | None] = ContextVar("stripe_deadline", default=None)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What one try brought: an answer, or the reason why none came."""

    answer: _Response | None = None
    error: stripe.APIConnectionError | None = None

    @property
    def deserves_another(self) -> bool:
        """Tell whether Stripe's rules say to try again (docs.stripe.com/error-low-level)."""
        if self.answer is None:
            return self.error is not None and self.error.should_retry
        _, status, headers = self.answer
        if "Stripe-Should-Retry" in headers:
            return headers["Stripe-Should-Retry"] == "true"
        return status == _CONFLICT or status >= _LOWEST_SERVER_ERROR

    def outcome(self) -> _Response:
        """Return the answer, or raise the error."""
        if self.answer is None:
            raise self.error or _no_answer_in_time()
        return self.answer


class DeadlineClient(stripe.HTTPClient):
    """Another transport, tried at most three times within `seconds`."""

    name = "deadline"

    def __init__(
        self,
        transport: stripe.HTTPClient,
        *,
        seconds: float = SECONDS,
        sleep: Callable[[float], object] = time.sleep,
        circuit: Circuit | None = None,
    ) -> None:
        super().__init__()
        self._transport = transport
        self._seconds = seconds
        self._sleep = sleep
        self._circuit = circuit or Circuit()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="stripe")

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let every request in the block share one deadline: an enclosing block's, or one that begins now."""
        enclosing = _ends_at.get()
        token = _ends_at.set(enclosing or time.monotonic() + self._seconds)
        try:
            yield
        finally:
            _ends_at.reset(token)

    def request_with_retries(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        post_data: Any = None,
        *_tries: Any,
        **_options: Any,
    ) -> _Response:
        """Send a request as often as its deadline and its answers allow; the SDK calls this.

        How often the SDK itself would try is not asked for.
        """
        ends_at = _ends_at.get() or time.monotonic() + self._seconds
        for wait in (*_waits(RETRIES), None):
            attempt = self._attempt(method, url, headers, post_data, ends_at=ends_at)
            if wait is None or not attempt.deserves_another or time.monotonic() + wait >= ends_at:
                break
            self._sleep(wait)
        return attempt.outcome()

    def close(self) -> None:
        """Let go of the threads and of the transport."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._transport.close()  # type: ignore[no-untyped-call]  # untyped in the SDK

    def _attempt(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any, *, ends_at: float
    ) -> _Attempt:
        began = time.monotonic()
        attempt = self._in_a_thread(method, url, headers, post_data, seconds=ends_at - began)
        status, request_id = None, None
        if attempt.answer:
            _, status, answer_headers = attempt.answer
            request_id = answer_headers.get("Request-Id")
        duration_ms = (time.monotonic() - began) * 1000
        upstream.note(UpstreamCall("stripe", request_id, status, duration_ms))
        return attempt

    def _in_a_thread(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any, *, seconds: float
    ) -> _Attempt:
        number = self._circuit.enter()
        if number is None:
            return _Attempt(error=_no_answer_in_time())
        waiting = self._threads.submit(self._transport.request, method, url, headers, post_data)
        try:
            answer = waiting.result(timeout=max(0.0, seconds))
        except TimeoutError:
            waiting.cancel()
            self._circuit.heard_nothing(number)
            return _Attempt(error=_no_answer_in_time())
        except BaseException as error:
            self._circuit.broke_off(number)
            if isinstance(error, stripe.APIConnectionError):
                return _Attempt(error=error)
            raise
        self._circuit.heard(number)
        return _Attempt(answer=answer)


def _waits(retries: int) -> list[float]:
    """Return the pauses between tries in seconds: doubling, and uneven so that callers spread out."""
    jitter = random.uniform(0.5, 1.0)  # noqa: S311 -- it spreads load, it guards nothing
    return [_FIRST_WAIT_SECONDS * 2**number * jitter for number in range(retries)]


def _no_answer_in_time() -> stripe.APIConnectionError:
    message = "Stripe gave no answer in time."
    return stripe.APIConnectionError(message)  # type: ignore[no-untyped-call]  # untyped in the SDK
