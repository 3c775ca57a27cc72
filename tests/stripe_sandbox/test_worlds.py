"""Worlds know nothing of each other: data, clocks and accounts."""

import pytest
import stripe

from stripe_sandbox import Sandbox
from tests.stripe_sandbox.conftest import EVENING
from tests.stripe_sandbox.drivers import DAY, Account, open_account


@pytest.fixture
def denver(sandbox: Sandbox) -> Account:
    return open_account(sandbox, "denver")


def test_a_world_does_not_see_anothers_payments(vail: Account, denver: Account) -> None:
    intent = vail.ask()
    assert denver.how_many() == 0
    with pytest.raises(stripe.InvalidRequestError):
        denver.intents.retrieve(intent.id)
    with pytest.raises(LookupError):
        denver.sandbox.books("denver", [intent.id])


def test_a_world_does_not_pay_anothers_operator(vail: Account, denver: Account) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such destination"):
        denver.ask(transfer_data={"destination": vail.operator})


def test_one_clock_moves_and_only_its_holds_run_out(vail: Account, denver: Account, sandbox: Sandbox) -> None:
    here, there = vail.hold(), denver.hold()
    assert sandbox.advance("vail", seconds=8 * DAY) == EVENING + 8 * DAY
    assert sandbox.now("denver") == EVENING
    assert vail.intents.retrieve(here.id).status == "canceled"
    assert denver.intents.retrieve(there.id).status == "requires_capture"
    assert vail.ask().created == EVENING + 8 * DAY


def test_a_clock_only_runs_forward(vail: Account, sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="forward"):
        sandbox.advance("vail", seconds=-1)
    assert sandbox.set_clock("vail", int(EVENING) + 60) == EVENING + 60
    assert sandbox.set_clock("vail", int(EVENING)) == EVENING + 60
    assert sandbox.now("vail") == EVENING + 60


def test_opening_a_world_twice_changes_nothing(vail: Account, sandbox: Sandbox) -> None:
    assert sandbox.open_world("vail", webhook_url="https://parking.example/events") == vail.operator
    assert len(vail.client.v1.accounts.list().data) == 1
    assert len(vail.client.v1.webhook_endpoints.list().data) == 1


def test_a_clock_moved_before_the_world_opened_stays_moved(sandbox: Sandbox) -> None:
    sandbox.advance("aspen", seconds=60)
    assert open_account(sandbox, "aspen").ask().created == EVENING + 60
