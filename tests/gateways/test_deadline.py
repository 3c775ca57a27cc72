"""A processor that fails, hangs or goes away: how often it is asked, and how long a caller waits."""

import threading
import time as real_time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import stripe

from app.domain import upstream
from app.domain.errors import BadGateway
from app.gateways.card_payments import HoldSnapshot, ProcessorRefused, ReplayedFailure
from app.gateways.circuit import ASK_EVERY_SECONDS, SILENCES, Circuit
from app.gateways.deadline import RETRIES, SECONDS, DeadlineClient
from app.gateways.stripe_card_payments import StripeCardPayments, make_client
from stripe_sandbox import Fault, InProcessClient, Sandbox, secret_key
from tests.conftest import EVENING
from tests.gateways.conftest import dollars, new_op

A_MOMENT = 0.2
"""The deadline of these tests, in seconds, where it must run out."""


class Bench:
    """The gateway on the embedded processor, with hands on both."""

    def __init__(self, path: Path) -> None:
        self.released = threading.Event()
        self.naps: list[float] = []
        self.sandbox = Sandbox(path, clock=EVENING.timestamp, sleep=self.released.wait)
        self.transports: list[DeadlineClient] = []

    def payments(self, *, seconds: float = SECONDS, circuit: Circuit | None = None) -> StripeCardPayments:
        transport = DeadlineClient(
            self.sandbox.http_client(), seconds=seconds, sleep=self.naps.append, circuit=circuit
        )
        self.transports.append(transport)
        return StripeCardPayments(make_client(secret_key("vail"), transport), transport)

    def made(self) -> int:
        client = stripe.StripeClient(secret_key("vail"), http_client=self.sandbox.http_client())
        return len(client.v1.payment_intents.list({"limit": 100}).data)

    def close(self) -> None:
        self.released.set()
        for transport in self.transports:
            transport.close()
        self.sandbox.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "processor.sqlite3")
    yield bench
    bench.close()


def ask(payments: StripeCardPayments, op: str, card: str | None = None) -> HoldSnapshot:
    return payments.create_hold(
        op,
        session_id="session-1",
        installation="vail",
        amount=dollars("25.50"),
        destination=None,
        fee=None,
        payment_method=card,
    )


@pytest.mark.parametrize(
    "fault",
    [
        Fault(when="before", status=500),
        Fault(when="before", status=503),
        Fault(when="before", lost=True),
        Fault(when="after", status=500),
        Fault(when="after", status=502),
        Fault(when="after", lost=True),
    ],
    ids=str,
)
def test_one_failure_is_tried_again_and_makes_one_hold(bench: Bench, fault: Fault) -> None:
    bench.sandbox.inject(fault)
    with upstream.collect() as calls:
        assert ask(bench.payments(), new_op()).is_open
    assert bench.made() == 1
    expected = None if fault.lost else fault.status
    assert [call.status for call in calls] == [expected, 200]
    assert len(bench.naps) == 1


def test_three_failures_are_an_unknown_outcome_and_the_same_operation_heals_it(bench: Bench) -> None:
    payments, op = bench.payments(), new_op()
    for _ in range(RETRIES + 1):
        bench.sandbox.inject(Fault(when="before", status=500))
    with upstream.collect() as calls, pytest.raises(BadGateway, match="same idempotency key"):
        ask(payments, op)
    assert [call.status for call in calls] == [500, 500, 500]
    assert bench.naps == sorted(bench.naps)
    assert 0 < sum(bench.naps) < 1
    assert ask(payments, op).is_open
    assert bench.made() == 1


def test_a_refusal_is_not_tried_again(bench: Bench) -> None:
    payments = bench.payments()
    with upstream.collect() as calls, pytest.raises(ProcessorRefused):
        payments.fetch("pi_of_nobody")
    assert [call.status for call in calls] == [404]


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_replayed_failure_is_told_apart(bench: Bench, when: str, made: int) -> None:
    payments, op = bench.payments(), new_op()
    bench.sandbox.inject(Fault(when=when, remembered=True))  # type: ignore[arg-type] # one of the two words
    with upstream.collect() as calls, pytest.raises(ReplayedFailure):
        ask(payments, op)
    assert [call.status for call in calls] == [500, 500]
    assert bench.made() == made
    found = payments.find_by_op(op, since=EVENING)
    assert (found is not None) is bool(made)


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_processor_that_hangs_is_left_at_the_deadline(bench: Bench, when: str, made: int) -> None:
    bench.sandbox.inject(Fault(when=when, status=None, hang_seconds=600))  # type: ignore[arg-type] # one of the two
    began = real_time.monotonic()
    with upstream.collect() as calls, pytest.raises(BadGateway):
        ask(bench.payments(seconds=A_MOMENT), op := new_op())
    assert A_MOMENT <= real_time.monotonic() - began < A_MOMENT + 2
    assert [call.status for call in calls] == [None]
    assert bench.made() == made
    bench.released.set()
    assert once_free(lambda: ask(bench.payments(), op)).is_open
    assert bench.made() == 1


def once_free(attempt: Callable[[], HoldSnapshot]) -> HoldSnapshot:
    """Try, as the worker does, while the try that was left behind still has the operation's key."""
    while True:
        try:
            return attempt()
        except BadGateway as busy:
            assert "in-progress" in str(busy.__cause__)


def test_one_deadline_spans_all_tries(bench: Bench) -> None:
    bench.sandbox.inject(Fault(when="before", status=500))
    bench.sandbox.inject(Fault(when="before", status=None, hang_seconds=600))
    began = real_time.monotonic()
    with pytest.raises(BadGateway):
        ask(bench.payments(seconds=2 * A_MOMENT), new_op())
    assert real_time.monotonic() - began < 2 * A_MOMENT + 2


def test_one_deadline_spans_all_requests_of_a_call(bench: Bench) -> None:
    payments = bench.payments(seconds=1.0)
    hold = ask(bench.payments(), new_op(), card="pm_card_visa")
    bench.sandbox.inject(Fault(method="GET", when="after", status=None, hang_seconds=0.8))
    bench.sandbox.inject(Fault(when="before", status=None, hang_seconds=600))
    with upstream.collect() as calls, pytest.raises(BadGateway):
        payments.raise_hold(
            new_op(), payment_intent_id=hold.payment_intent_id, amount=dollars("31.50"), fee=None
        )
    assert [call.status for call in calls] == [200, None]
    assert sum(call.duration_ms for call in calls) < 1_600


def test_one_deadline_spans_several_calls_where_that_is_asked_for(bench: Bench) -> None:
    payments = bench.payments(seconds=1.0)
    hold = ask(payments, new_op())
    with payments.one_deadline():
        assert payments.fetch(hold.payment_intent_id).is_open
        real_time.sleep(1.0)
        with pytest.raises(BadGateway):
            payments.fetch(hold.payment_intent_id)
    assert payments.fetch(hold.payment_intent_id).is_open


def test_there_is_no_time_for_another_try_when_the_pause_would_pass_the_deadline(bench: Bench) -> None:
    bench.sandbox.inject(Fault(when="before", status=500))
    with pytest.raises(BadGateway):
        ask(bench.payments(seconds=0.05), new_op())
    assert bench.naps == []


def test_many_that_hang_do_not_keep_others_waiting_beyond_the_deadline(bench: Bench) -> None:
    payments = bench.payments(seconds=A_MOMENT)
    for _ in range(20):
        bench.sandbox.inject(Fault(when="before", status=None, hang_seconds=600))
    began = real_time.monotonic()
    with ThreadPoolExecutor(40) as pool:
        attempts = [pool.submit(ask, payments, new_op()) for _ in range(40)]
        failures = [attempt.exception() for attempt in attempts]
    assert real_time.monotonic() - began < 10
    assert all(failure is None or isinstance(failure, BadGateway) for failure in failures)
    assert sum(failure is not None for failure in failures) >= 20


def test_once_it_is_known_to_hang_nobody_waits_for_it(bench: Bench) -> None:
    now = [1_000.0]
    payments = bench.payments(seconds=A_MOMENT, circuit=Circuit(clock=lambda: now[0]))
    for _ in range(SILENCES):
        bench.sandbox.inject(Fault(when="before", status=None, hang_seconds=600))
        with pytest.raises(BadGateway):
            ask(payments, new_op())
    with upstream.collect() as calls, pytest.raises(BadGateway, match="same idempotency key"):
        ask(payments, new_op())
    assert [call.status for call in calls] == [None]
    assert calls[0].duration_ms < A_MOMENT * 1000
    assert bench.made() == 0
    now[0] += ASK_EVERY_SECONDS
    assert ask(payments, new_op()).is_open
    assert ask(payments, new_op()).is_open


def test_twenty_threads_with_one_operation_make_one_hold(bench: Bench) -> None:
    payments, op = bench.payments(), new_op()

    def attempt(_: int) -> str | None:
        try:
            return ask(payments, op, card="pm_card_visa").payment_intent_id
        except BadGateway:
            return None

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(attempt, range(20))) - {None}
    assert len(answers) == 1
    assert bench.made() == 1


def test_an_operations_id_used_for_something_else_is_our_mistake(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    payments, op = bench.payments(), new_op()
    ask(payments, op)
    with pytest.raises(ReplayedFailure):
        ask(payments, op, card="pm_card_visa")
    assert "IdempotencyError" in caplog.text


def test_a_wrong_secret_is_an_unknown_outcome_and_never_logged(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    transport = DeadlineClient(InProcessClient(bench.sandbox.wsgi))
    payments = StripeCardPayments(make_client("sk_test_wrong_1234567890", transport), transport)
    with pytest.raises(BadGateway):
        payments.fetch("pi_1")
    transport.close()
    assert "AuthenticationError" in caplog.text
    assert "sk_test_wrong_1234567890" not in caplog.text


def test_the_network_transport_is_under_the_same_deadline() -> None:
    transport = DeadlineClient(stripe.RequestsClient(timeout=(0.1, 0.1)), seconds=A_MOMENT)
    client = stripe.StripeClient(
        "sk_test_1", http_client=transport, base_addresses={"api": "http://127.0.0.1:9"}
    )
    began = real_time.monotonic()
    with upstream.collect() as calls, pytest.raises(BadGateway):
        StripeCardPayments(client, transport).fetch("pi_1")
    assert real_time.monotonic() - began < A_MOMENT + 2
    assert {call.status for call in calls} == {None}
    transport.close()
