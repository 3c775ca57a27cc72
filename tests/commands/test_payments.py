"""parkgraph payments: what differs is mended, and what cannot be is said with a code that is not zero."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from app import database
from app.domain import clock
from app.domain.money import Money
from app.gateways import processors
from app.gateways.card_payments import CardPayments
from app.services import installation as installation_of
from app.settings import from_environment
from tests.commands.conftest import Installation
from tests.conftest import SetClock
from tests.installation import configure
from tests.servers import environment

TEN = Money.from_major("10.00", "USD")


@pytest.fixture
def payments(installation: Installation) -> Iterator[CardPayments]:
    """Reach the processor of the seeded sandbox behind everybody's back, two hours ago."""
    configure(from_environment(environment(installation.home)))
    with clock.use(SetClock(datetime.now(UTC) - timedelta(hours=2))):
        yield processors.card_payments_for("sandbox", UUID(installation.sandbox.project_id))
    processors.close()
    database.engine().dispose()


def held(payments: CardPayments) -> str:
    made = payments.create_hold(
        str(uuid4()),
        session_id=str(uuid4()),
        installation=str(installation_of.identity()),
        amount=TEN,
        destination=None,
        fee=None,
        payment_method="pm_card_visa",
    )
    return made.payment_intent_id


def test_where_nothing_differs_there_is_nothing_to_show(installation: Installation) -> None:
    assert installation.prints("payments", "reconcile") == "Nothing differs."


def test_what_is_held_for_nobody_is_released(installation: Installation, payments: CardPayments) -> None:
    payment = held(payments)
    heading, row, sums = installation.prints("payments", "reconcile").splitlines()
    assert heading.split() == ["WHOSE", "PAYMENT", "OURS", "PROCESSOR'S", "OUTCOME"]
    assert re.split(r"\s{2,}", row) == ["nobody", payment, "-", "held 10.00 USD, released", "mended"]
    assert sums == "1 difference, 0 not mended."
    assert payments.fetch(payment).status == "canceled"


def test_what_was_taken_for_nobody_is_said_until_it_is_given_back(
    installation: Installation, payments: CardPayments
) -> None:
    payment = held(payments)
    payments.capture(str(uuid4()), payment_intent_id=payment, amount=TEN, fee=None)
    for _ in range(2):
        done = installation.run("payments", "reconcile")
        assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "1 difference, 1 not mended.")
        assert "took 10.00 USD" in done.stdout
    payments.refund(
        str(uuid4()), payment_intent_id=payment, amount=TEN, reason="duplicate", mark="a person at a screen"
    )
    assert installation.prints("payments", "reconcile") == "Nothing differs."
