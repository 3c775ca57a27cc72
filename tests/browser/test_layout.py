"""What fits on a phone, and which button is the next step."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visitors import CHALLENGED, Desk, Phone, Visitor, Visits

_ENDS_OF_TILES = """
    const box = document.querySelector("fieldset").getBoundingClientRect();
    const tiles = [...document.querySelectorAll(".tile")].map((tile) => tile.getBoundingClientRect());
    const lowest = Math.max(...tiles.map((tile) => tile.bottom));
    const last = tiles.filter((tile) => Math.abs(tile.bottom - lowest) < 1);
    [Math.round(Math.max(...last.map((tile) => tile.right))), Math.round(box.right)];
"""


def test_the_start_page_fits_on_a_phone(visitor: Visitor, visits: Visits) -> None:
    visitor.page.goto(str(visits.client.base_url))
    visitor.takes_picture("start")
    for table in visitor.page.locator(".scroll").all():
        assert table.evaluate("(box) => box.scrollWidth <= box.clientWidth")


@pytest.mark.parametrize("visitor", [Phone, Desk], ids=["phone", "desk"], indirect=True)
def test_offers_of_time_leave_no_hole(visitor: Visitor, visits: Visits) -> None:
    visitor.opens(visits.park(payment_method="pm_card_visa"))
    right_of_tiles, right_of_box = visitor.page.evaluate(_ENDS_OF_TILES)
    assert right_of_tiles == right_of_box
    visitor.takes_picture("offers")


def test_a_stay_that_needs_a_card_again_has_one_next_step(visitor: Visitor, visits: Visits) -> None:
    visitor.expected = "402"
    session = visits.park()
    visitor.opens(session)
    visitor.types_card(CHALLENGED)
    visitor.presses("Authorise")
    visitor.presses("Complete authentication")
    visitor.sees("Parked")
    expect(visitor.page.get_by_role("link", name="End the stay…")).not_to_have_class(re.compile("plain"))
    visitor.presses("Extend")
    visitor.sees("Parked, and more time waits")
    for secondary in (
        visitor.page.get_by_role("button", name="Extend"),
        visitor.page.get_by_role("link", name="End the stay…"),
    ):
        expect(secondary).to_have_class(re.compile("plain"))
    expect(visitor.page.get_by_role("button", name="Authorise 6.00 USD")).not_to_have_class(
        re.compile("plain")
    )
    visitor.takes_picture("more-time-waits")


def test_an_empty_card_form_says_once_what_is_missing(visitor: Visitor, visits: Visits) -> None:
    visitor.opens(visits.park())
    visitor.presses("Authorise")
    expect(visitor.page.get_by_text("Your card number is incomplete.")).to_have_count(1)
