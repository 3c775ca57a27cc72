"""A driver with a quote reads that price, on every page and on paper, and nothing about the time used."""

import io
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader

from app import database
from app.domain.prices import Prices
from app.models import Project, Quote
from app.services import quotes, rates
from app.services.quotes import Wish
from tests.conftest import SetClock
from tests.services.parking import end, start
from tests.services.world import World
from tests.web.links import link

QUOTED = "Quoted price 12.00 USD until 13:30, also if you leave sooner."
USED = "only for the time used"


def quote(world: World) -> Quote:
    """Quote two hours from half past eleven by the lot's clock on."""
    return quotes.create(world.caller, world.lot.id, Wish(duration_hours=Decimal(2))).value.quote


@pytest.mark.parametrize("card", [{}, {"payment_method": "pm_card_visa"}], ids=["waiting", "running"])
def test_the_quoted_price_and_its_end_stand_in_place_of_the_time_used(
    world: World, pages: FlaskClient, card: dict[str, str]
) -> None:
    started = start(world, quote_id=quote(world).id, **card)
    page = pages.get(link(started)).text
    assert page.count(QUOTED) == (2 if card else 1)  # once more under what is offered beyond it
    assert ("A stay that outlasts this is billed by the tariff" in page) is bool(card)
    assert USED not in page


def test_the_quoted_price_stands_also_where_no_card_can_be_typed_in(world: World, pages: FlaskClient) -> None:
    started = start(world, quote_id=quote(world).id)
    with database.transaction() as db:
        db.get_one(Project, world.project.id).kind = "live"
    page = pages.get(link(started)).text
    assert "Authorise the payment by 11:40 in the app or chat that you began in" in page
    assert QUOTED in page


def test_whoever_ends_sooner_is_told_that_the_price_grows_no_more(
    world: World, pages: FlaskClient, time: SetClock
) -> None:
    started = start(world, payment_method="pm_card_visa", quote_id=quote(world).id)
    time.move(hours=1)
    page = pages.get(f"{link(started)}/end").text
    assert QUOTED in page
    assert "may grow" not in page


def test_a_stay_that_has_outlasted_its_quote_pays_for_its_time_again(
    world: World, pages: FlaskClient, time: SetClock
) -> None:
    started = start(world, payment_method="pm_card_visa", quote_id=quote(world).id)
    time.move(hours=2, minutes=1)
    page = pages.get(link(started)).text
    assert "Quoted price" not in page
    assert USED in page
    assert "may grow a little" in pages.get(f"{link(started)}/end").text


def test_paper_says_why_a_short_stay_cost_what_was_quoted(
    world: World, pages: FlaskClient, time: SetClock
) -> None:
    started = start(world, payment_method="pm_card_visa", quote_id=quote(world).id)
    time.move(hours=1)
    end(world, started)
    said = "12.00 USD until 22 November 2026, 13:30 MST, also if you leave sooner"
    assert said in pages.get(link(started)).text
    [paper] = PdfReader(io.BytesIO(pages.get(f"{link(started)}/receipt.pdf").data)).pages
    assert said in " ".join(paper.extract_text().split())


def test_minutes_to_cancel_go_before_the_quote(world: World, pages: FlaskClient, time: SetClock) -> None:
    rates.change(world.caller, world.lot.id, Prices.read({"rate": 6, "free_cancellation_minutes": 10}))
    started = start(world, payment_method="pm_card_visa", quote_id=quote(world).id)
    assert f"{QUOTED} Ending by 11:40 costs nothing." in pages.get(link(started)).text
    time.move(minutes=11)
    assert "costs nothing" not in pages.get(link(started)).text
