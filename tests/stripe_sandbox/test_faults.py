"""Failures on demand: before the work, after it, late, lost, or remembered under the key."""

import pytest
import stripe

from stripe_sandbox import Fault, Sandbox
from tests.stripe_sandbox.drivers import Account


def test_a_fault_before_the_work_leaves_nothing_and_the_retry_succeeds(
    vail: Account, sandbox: Sandbox
) -> None:
    sandbox.inject(Fault(when="before", status=503))
    with pytest.raises(stripe.APIError) as caught:
        vail.ask("op_1")
    assert caught.value.http_status == 503
    assert vail.how_many() == 0
    assert vail.ask("op_1").id
    assert vail.how_many() == 1


def test_a_fault_after_the_work_loses_only_the_answer(vail: Account, sandbox: Sandbox) -> None:
    sandbox.inject(Fault(when="after"))
    with pytest.raises(stripe.APIError):
        vail.ask("op_1")
    assert vail.how_many() == 1
    again = vail.ask("op_1")
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert vail.how_many() == 1


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_lost_connection_is_one_to_the_sdk(vail: Account, sandbox: Sandbox, when: str, made: int) -> None:
    sandbox.inject(Fault(when=when, lost=True))  # type: ignore[arg-type] # one of the two words
    with pytest.raises(stripe.APIConnectionError) as caught:
        vail.ask("op_1")
    assert caught.value.should_retry is True
    assert vail.how_many() == made


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_remembered_failure_is_replayed_for_ever(
    vail: Account, sandbox: Sandbox, when: str, made: int
) -> None:
    sandbox.inject(Fault(when=when, remembered=True))  # type: ignore[arg-type] # one of the two words
    for _ in range(3):
        with pytest.raises(stripe.APIError):
            vail.ask("op_1")
    assert vail.how_many() == made


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_slow_answer_is_late_but_whole(
    vail: Account, sandbox: Sandbox, naps: list[float], when: str
) -> None:
    sandbox.inject(Fault(when=when, status=None, hang_seconds=30))  # type: ignore[arg-type] # one of the two
    assert vail.ask("op_1").status == "requires_payment_method"
    assert naps == [30]


def test_a_fault_happens_once_and_only_where_it_was_meant(vail: Account, sandbox: Sandbox) -> None:
    sandbox.inject(Fault(path=r"/v1/payment_intents/\w+/capture"))
    intent = vail.hold()
    with pytest.raises(stripe.APIError):
        vail.intents.capture(intent.id)
    assert vail.intents.capture(intent.id).status == "succeeded"


def test_a_fault_can_wait_for_a_question(vail: Account, sandbox: Sandbox) -> None:
    intent = vail.ask()
    sandbox.inject(Fault(method="GET", status=503))
    vail.intents.update(intent.id, {"description": "not a question"})
    with pytest.raises(stripe.APIError) as caught:
        vail.intents.retrieve(intent.id)
    assert caught.value.http_status == 503
    assert vail.intents.retrieve(intent.id).id == intent.id


def test_the_real_sdk_retries_into_one_payment_intent(sandbox: Sandbox, vail: Account) -> None:
    patient = stripe.StripeClient(
        "sk_test_embedded_vail", http_client=sandbox.http_client(), max_network_retries=1
    )
    sandbox.inject(Fault(when="after"))
    patient.v1.payment_intents.create({"amount": 2550, "currency": "usd"})
    assert vail.how_many() == 1


def test_a_processor_that_flaps_fails_every_second_time(vail: Account, sandbox: Sandbox) -> None:
    for _ in range(2):
        sandbox.inject(Fault(spares=1))
    assert vail.ask("op_1").id
    with pytest.raises(stripe.APIError):
        vail.ask("op_2")
    assert vail.ask("op_2").id
    with pytest.raises(stripe.APIError):
        vail.ask("op_3")
    assert vail.how_many() == 2


def test_a_processor_that_is_healed_fails_no_more(vail: Account, sandbox: Sandbox) -> None:
    sandbox.inject(Fault())
    sandbox.heal()
    assert vail.ask("op_1").id
