"""One key, one outcome, for 24 hours, exactly as Stripe v1 has it."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import pytest
import stripe

from stripe_sandbox import Sandbox
from tests.stripe_sandbox.conftest import UnixClock
from tests.stripe_sandbox.drivers import DAY, Account, open_account


def headers(answer: stripe.StripeObject) -> Any:
    assert answer.last_response is not None
    return answer.last_response.headers


def test_the_same_request_gets_the_first_answer_again(vail: Account) -> None:
    first, again = vail.ask("op_1"), vail.ask("op_1")
    assert again.id == first.id
    assert "Idempotent-Replayed" not in headers(first)
    assert headers(again)["Idempotent-Replayed"] == "true"
    assert headers(again)["Original-Request"] == headers(first)["Request-Id"]
    assert headers(again)["Idempotency-Key"] == "op_1"
    assert headers(again)["Request-Id"] != headers(first)["Request-Id"]
    assert vail.how_many() == 1


def test_a_replay_is_the_first_answer_even_if_the_world_moved_on(vail: Account) -> None:
    first = vail.ask("op_1")
    vail.intents.cancel(first.id)
    assert vail.ask("op_1").status == "requires_payment_method"


@pytest.mark.parametrize("other", [{"amount": 2551}, {"metadata": {"op": "other"}}])
def test_another_request_under_the_key_is_refused(vail: Account, other: dict[str, Any]) -> None:
    vail.ask("op_1")
    with pytest.raises(stripe.IdempotencyError, match="same parameters") as caught:
        vail.ask("op_1", **other)
    assert caught.value.http_status == 400
    assert vail.how_many() == 1


def test_another_path_under_the_key_is_refused(vail: Account) -> None:
    first, second = vail.ask("op_1"), vail.ask("op_2")
    vail.intents.cancel(first.id, {}, {"idempotency_key": "op_3"})
    with pytest.raises(stripe.IdempotencyError):
        vail.intents.cancel(second.id, {}, {"idempotency_key": "op_3"})
    assert vail.intents.retrieve(second.id).status == "requires_payment_method"


def test_a_decline_is_remembered(vail: Account) -> None:
    intent, confirm = vail.ask(), {"payment_method": "pm_card_visa_chargeDeclined"}
    for replayed in (None, "true"):
        with pytest.raises(stripe.CardError) as caught:
            vail.intents.confirm(intent.id, confirm, {"idempotency_key": "op_1"})  # type: ignore[arg-type] # short
        assert caught.value.headers is not None
        assert caught.value.headers.get("Idempotent-Replayed") == replayed
    assert vail.told()["payment_intent.payment_failed"] == 1


def test_a_refusal_after_the_work_began_is_remembered(vail: Account) -> None:
    intent = vail.ask()
    with pytest.raises(stripe.InvalidRequestError):
        vail.intents.capture(intent.id, {}, {"idempotency_key": "op_1"})
    vail.intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        vail.intents.capture(intent.id, {}, {"idempotency_key": "op_1"})
    assert caught.value.code == "payment_intent_unexpected_state"
    assert vail.intents.capture(intent.id, {}, {"idempotency_key": "op_2"}).status == "succeeded"


@pytest.mark.parametrize("mistake", [{"amount": 1}, {"colour": "red"}, {"application_fee_amount": 9999}])
def test_a_request_that_was_not_understood_is_not_remembered(vail: Account, mistake: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        vail.ask("op_1", **mistake)
    assert vail.ask("op_1").status == "requires_payment_method"


def test_a_failure_of_the_processor_itself_is_remembered_and_undone(vail: Account, path: Path) -> None:
    intent = vail.hold()
    told_before = vail.told()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE objects SET body = json_remove(body, '$.amount') WHERE kind = 'charge'")
    db.close()
    for replayed in (None, "true"):
        with pytest.raises(stripe.APIError) as caught:
            vail.intents.capture(intent.id, {}, {"idempotency_key": "op_1"})
        assert caught.value.http_status == 500
        assert caught.value.headers is not None
        assert caught.value.headers.get("Idempotent-Replayed") == replayed
    assert vail.intents.retrieve(intent.id).status == "requires_capture"
    assert vail.told() == told_before


def test_a_key_is_forgotten_after_24_hours_of_real_time(vail: Account, unix: UnixClock) -> None:
    first = vail.ask("op_1")
    unix.move(DAY - 1)
    assert vail.ask("op_1").id == first.id
    unix.move(1)
    assert vail.ask("op_1").id != first.id
    assert vail.how_many() == 2


def test_moving_a_worlds_clock_does_not_make_the_processor_forget(vail: Account, sandbox: Sandbox) -> None:
    first = vail.ask("op_1")
    sandbox.advance("vail", seconds=30 * DAY)
    assert vail.ask("op_1").id == first.id


def test_a_key_belongs_to_its_world(vail: Account, sandbox: Sandbox) -> None:
    elsewhere = open_account(sandbox, "denver")
    assert elsewhere.ask("op_1").id != vail.ask("op_1").id
    assert (vail.how_many(), elsewhere.how_many()) == (1, 1)


def test_a_key_has_255_characters_at_most(vail: Account) -> None:
    assert vail.ask("k" * 255).id
    with pytest.raises(stripe.InvalidRequestError, match="255"):
        vail.ask("k" * 256)


def test_a_request_without_a_key_is_done_each_time(vail: Account) -> None:
    assert vail.ask().id != vail.ask().id


def test_of_two_at_once_one_waits_and_the_other_is_told_of_a_conflict(vail: Account, path: Path) -> None:
    vail.how_many()
    other_process = sqlite3.connect(path, isolation_level=None)
    other_process.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(2) as pool:
        attempts = [pool.submit(vail.ask, "op_1") for _ in range(2)]
        refused = next(as_completed(attempts)).exception()
        other_process.execute("COMMIT")
    other_process.close()
    assert isinstance(refused, stripe.APIError)
    assert refused.http_status == 409
    assert isinstance(refused.json_body, dict)
    assert refused.json_body["error"]["code"] == "idempotency_key_in_use"
    assert sorted(attempt.exception() is None for attempt in attempts) == [False, True]
    assert vail.how_many() == 1


def test_twenty_threads_with_one_key_make_one_payment_intent(vail: Account) -> None:
    together = threading.Barrier(20)

    def ask() -> str:
        together.wait()
        return until_free(lambda: vail.ask("op_1").id)

    with ThreadPoolExecutor(20) as pool:
        ids = [attempt.result() for attempt in [pool.submit(ask) for _ in range(20)]]
    assert len(set(ids)) == 1
    assert vail.how_many() == 1
    assert vail.told()["payment_intent.created"] == 1


def test_twenty_threads_with_keys_of_their_own_make_twenty(vail: Account) -> None:
    with ThreadPoolExecutor(20) as pool:
        ids = list(pool.map(lambda number: vail.ask(f"op_{number}").id, range(20)))
    assert len(set(ids)) == vail.how_many() == 20


def until_free(attempt: Callable[[], str]) -> str:
    """Try as the SDK does while another thread has the key."""
    while True:
        try:
            return attempt()
        except stripe.APIError as error:
            assert error.http_status == 409
