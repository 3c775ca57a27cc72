"""Payment processors to run the gateway against: the embedded one, and Stripe's test mode where we may."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from app.domain.money import Money
from app.gateways import processors
from app.gateways.card_payments import CardPayments
from app.gateways.embedded_processor import EmbeddedProcessor
from app.settings import Settings
from tests.conftest import SetClock

TEST_SECRET = os.environ.get("STRIPE_TEST_KEY")
NOT_COMPARED = "skipped: the gateway against Stripe's own test mode, because STRIPE_TEST_KEY is not set"


def dollars(amount: str) -> Money:
    return Money.from_major(amount, "USD")


def new_op() -> str:
    """Make the id of a payment operation."""
    return str(uuid4())


@pytest.fixture
def installation(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, processor_path=tmp_path / "processor.sqlite3")


@pytest.fixture
def embedded(installation: Settings, time: SetClock) -> Iterator[EmbeddedProcessor]:
    """The embedded processor, on the Vail evening."""
    processors.configure(installation)
    yield processors.embedded()
    processors.close()


@pytest.fixture
def operator(embedded: EmbeddedProcessor) -> str:
    """The connected account of the world `vail`."""
    return embedded.open_world("vail")


@pytest.fixture
def payments(operator: str) -> CardPayments:
    """Card payments of the world `vail` at the embedded processor."""
    return processors.card_payments_for("sandbox", "vail")


@pytest.fixture(params=["embedded", "stripe-test"] if TEST_SECRET else ["embedded"])
def either(request: pytest.FixtureRequest, installation: Settings) -> Iterator[CardPayments]:
    """Card payments at the embedded processor, and at Stripe's own test mode where we have a key for it."""
    if request.param == "embedded":
        yield request.getfixturevalue("payments")
        return
    processors.configure(
        replace(installation, payments_sandbox="stripe-test", stripe_test_secret=TEST_SECRET)
    )
    yield processors.card_payments_for("sandbox", "vail")
    processors.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud what was not compared."""
    if not TEST_SECRET:
        terminalreporter.write_line(NOT_COMPARED)
