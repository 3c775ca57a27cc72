"""Which processor serves whom, and that no sandbox project ever reaches a secret of real money."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
import stripe

import stripe_sandbox
from app.domain.errors import Conflict, ServiceUnavailable
from app.gateways import processors, stripe_card_payments
from app.gateways.card_payments import CardPayments
from app.gateways.deadline import SECONDS
from app.settings import Settings, SettingsError
from tests.conftest import EVENING
from tests.gateways.conftest import dollars, new_op

TEST_SECRET = "sk_test_of_tests"
LIVE_SECRET = "sk_live_of_tests"


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    processors.close()


def secret_of(payments: CardPayments) -> Any:
    """Look at the secret that a gateway would send."""
    assert isinstance(payments, stripe_card_payments.StripeCardPayments)
    return payments._client._requestor.api_key


def create(payments: CardPayments) -> str:
    return payments.create_hold(
        new_op(),
        session_id="s",
        installation="vail",
        amount=dollars("25.50"),
        destination=None,
        fee=None,
        payment_method=None,
    ).payment_intent_id


def test_the_pinned_version_is_the_sandboxs_and_the_sdks() -> None:
    assert stripe_card_payments.STRIPE_VERSION == stripe_sandbox.API_VERSION == stripe.api_version


def test_telemetry_is_off(installation: Settings) -> None:
    processors.configure(installation)
    processors.card_payments_for("sandbox", uuid4())
    assert stripe.enable_telemetry is False


def test_live_payments_are_off_at_first(installation: Settings) -> None:
    processors.configure(installation)
    with pytest.raises(Conflict, match="off"):
        processors.card_payments_for("live", uuid4())
    assert not processors.moves_money("live")


def test_each_sandbox_project_has_an_account_of_its_own(installation: Settings) -> None:
    processors.configure(installation)
    mine, yours = uuid4(), uuid4()
    intent = create(processors.card_payments_for("sandbox", mine))
    assert processors.embedded().books(mine, [intent]) is not None
    with pytest.raises(LookupError):
        processors.embedded().books(yours, [intent])


def test_a_processor_whose_file_is_broken_does_not_answer(installation: Settings) -> None:
    processors.configure(installation)
    with closing(sqlite3.connect(installation.processor_path)) as file:
        file.execute("DROP TABLE worlds")
    for ask in (
        lambda: processors.embedded().open_world("vail"),
        lambda: processors.embedded().set_clock("vail", EVENING),
        lambda: processors.embedded().books("vail", ["pi_1"]),
    ):
        with pytest.raises(ServiceUnavailable):
            ask()


def test_a_demo_of_live_projects_is_loud_and_apart(
    installation: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        processors.configure(replace(installation, payments_live="embedded"))
    assert "LIVE projects pay through the embedded processor: NO MONEY MOVES" in caplog.text
    intent = create(processors.card_payments_for("live", uuid4()))
    assert processors.embedded("live").books(processors.EMBEDDED_LIVE_WORLD, [intent]) is not None
    assert not processors.moves_money("live")


@pytest.mark.parametrize("live", ["off", "embedded", "stripe-live"])
@pytest.mark.parametrize("sandbox", ["embedded", "stripe-test"])
def test_no_setting_lets_a_sandbox_project_reach_a_live_secret(
    installation: Settings, sandbox: Any, live: Any
) -> None:
    settings = replace(
        installation,
        payments_sandbox=sandbox,
        payments_live=live,
        stripe_test_secret=TEST_SECRET,
        stripe_live_secret=LIVE_SECRET,
    )
    processors.configure(settings)
    for world in (uuid4(), "live", "sk_live_of_tests"):
        secret = secret_of(processors.card_payments_for("sandbox", world))
        assert secret.startswith("sk_test_")
        assert secret != LIVE_SECRET
    if live == "stripe-live":
        assert secret_of(processors.card_payments_for("live", uuid4())) == LIVE_SECRET
        assert processors.moves_money("live")
    assert not processors.moves_money("sandbox")


@pytest.mark.parametrize(
    ("changes", "variable"),
    [
        ({"payments_sandbox": "stripe-test"}, "PARKGRAPH_STRIPE_TEST_SECRET"),
        ({"payments_live": "stripe-live"}, "PARKGRAPH_STRIPE_LIVE_SECRET"),
        ({"payments_sandbox": "stripe-test", "stripe_test_secret": LIVE_SECRET}, "TEST_SECRET"),
        ({"stripe_test_secret": LIVE_SECRET}, "TEST_SECRET"),
        ({"stripe_test_secret": "rk_live_of_tests"}, "TEST_SECRET"),
        ({"payments_live": "stripe-live", "stripe_live_secret": TEST_SECRET}, "LIVE_SECRET"),
        ({"stripe_live_secret": "pk_live_of_tests"}, "LIVE_SECRET"),
    ],
)
def test_a_missing_or_swapped_secret_stops_the_start_without_being_quoted(
    installation: Settings, changes: dict[str, Any], variable: str
) -> None:
    with pytest.raises(SettingsError, match=variable) as caught:
        processors.configure(replace(installation, **changes))
    assert "of_tests" not in str(caught.value)


def test_over_the_network_each_try_gives_up_before_the_deadline(installation: Settings) -> None:
    processors.configure(
        replace(installation, payments_sandbox="stripe-test", stripe_test_secret=TEST_SECRET)
    )
    payments: Any = processors.card_payments_for("sandbox", uuid4())
    network = payments._transport._transport
    assert isinstance(network, stripe.RequestsClient)
    assert max(network._timeout) < SECONDS


def test_with_stripes_own_test_mode_there_is_no_clock_to_move(installation: Settings) -> None:
    stripes = replace(installation, payments_sandbox="stripe-test", stripe_test_secret=TEST_SECRET)
    processors.configure(stripes)
    assert processors.find_embedded() is None
    with pytest.raises(Conflict, match="embedded"):
        processors.embedded()
    processors.configure(replace(stripes, payments_live="embedded"))
    assert processors.find_embedded() is not None
    with pytest.raises(Conflict):
        processors.embedded("sandbox")


def test_a_file_that_cannot_be_used_stops_the_start_in_one_sentence(installation: Settings) -> None:
    installation.processor_path.mkdir()
    with pytest.raises(SettingsError, match="PARKGRAPH_PROCESSOR_PATH cannot be used"):
        processors.configure(installation)


def test_an_unconfigured_process_says_so() -> None:
    with pytest.raises(RuntimeError, match="configure"):
        processors.card_payments_for("sandbox", uuid4())


def test_a_later_configuration_replaces_the_first(installation: Settings) -> None:
    processors.configure(installation)
    intent = create(processors.card_payments_for("sandbox", "vail"))
    elsewhere = replace(installation, processor_path=installation.home / "deeper" / "other.sqlite3")
    processors.configure(elsewhere)
    with pytest.raises(LookupError):
        processors.embedded().books("vail", [intent])
    processors.configure(installation)
    assert processors.embedded().books("vail", [intent]) is not None
