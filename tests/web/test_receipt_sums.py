"""The sum that matters stands large: what is still to pay, what was paid in the end."""

import io
import re
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader

from app.presenters.sessions import SessionFacts
from app.services import inventory, refunds
from tests.conftest import SetClock
from tests.services.parking import driver_authenticates, end, start
from tests.services.world import World
from tests.web.links import link


def pairs(text: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]+)</dt><dd[^>]*>([^<]+)</dd>", text))


def large(text: str) -> tuple[str, str]:
    [found] = re.findall(r'<dl class="price"><dt>([^<]+)</dt><dd[^>]*>([^<]+)</dd>', text)
    return str(found[0]), str(found[1])


@pytest.fixture
def paid(world: World, time: SetClock) -> SessionFacts:
    """Park for two hours, which cost 12.00 USD."""
    started = start(world, payment_method="pm_card_visa")
    time.move(hours=2)
    end(world, started)
    return started


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        ("12", ("0.00 USD", "All of it, 12.00 USD, went back to your card.")),
        ("5", ("7.00 USD", "5.00 USD of 12.00 USD went back to your card.")),
    ],
)
def test_what_was_paid_in_the_end_stands_large_and_on_paper(
    world: World, pages: FlaskClient, paid: SessionFacts, amount: str, told: tuple[str, str]
) -> None:
    left, said = told
    refunds.create(world.caller, paid.session.id, amount=Decimal(amount))
    page = pages.get(link(paid)).text
    assert large(page) == ("Paid in the end", left)
    assert said in page
    assert pairs(page)["Price"] == "12.00 USD"
    [paper] = PdfReader(io.BytesIO(pages.get(f"{link(paid)}/receipt.pdf").data)).pages
    assert f"Paid in the end {left}" in " ".join(paper.extract_text().split())


def test_what_is_still_to_pay_stands_large(world: World, pages: FlaskClient, time: SetClock) -> None:
    started = start(world, payment_method="pm_card_authenticationRequired")
    driver_authenticates(world, started)
    time.move(hours=9)
    end(world, started)
    page = pages.get(link(started)).text
    assert large(page) == ("Still to pay", "28.50 USD")
    assert pairs(page)["Price"] == "54.00 USD"


def test_tax_is_spoken_of_where_the_lot_says_which(world: World, pages: FlaskClient) -> None:
    started = start(world)
    assert "Prices include tax." not in pages.get(link(started)).text
    inventory.update(world.caller, world.lot.id, {"tax_rate": 21})
    assert "Prices include tax." in pages.get(link(started)).text


def test_a_stay_that_was_free_has_neither_tax_nor_paper(world: World, pages: FlaskClient) -> None:
    inventory.update(world.caller, world.lot.id, {"tax_rate": 21})
    started = start(world, payment_method="pm_card_visa")
    end(world, started)
    page = pages.get(link(started)).text
    assert not {"Payment", "Tax included", "Held on the card"} & pairs(page).keys()
    assert "receipt.pdf" not in page
