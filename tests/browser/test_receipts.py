"""Drivers pay, take more time and leave on their receipts, on a phone by day and at a desk by night."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.visitors import CHALLENGED, DECLINED, GOOD, Desk, Phone, Visitor, Visits

VISA = "pm_card_visa"

on_both_devices = pytest.mark.parametrize("visitor", [Phone, Desk], ids=["phone", "desk"], indirect=True)


@on_both_devices
def test_a_good_card_is_authorised(visitor: Visitor, visits: Visits) -> None:
    session = visits.park()
    visitor.opens(session)
    visitor.sees("Waiting for your card")
    visitor.reads("This form takes Stripe’s test cards only.")
    visitor.takes_picture("waiting")
    visitor.types_card(GOOD)
    visitor.presses("Authorise 25.50 USD")
    visitor.sees("Parked")
    visitor.reads("Your card is authorised.")
    visitor.takes_picture("parked")
    assert visits.look_up(session)["payment"] == {"status": "authorized", "authorized": 25.5}


@on_both_devices
def test_a_declined_card_is_explained_and_another_one_may_follow(visitor: Visitor, visits: Visits) -> None:
    visitor.expected = "402"
    visitor.opens(visits.park())
    visitor.types_card(DECLINED)
    visitor.presses("Authorise")
    visitor.reads("Your card was declined.")
    visitor.sees("Waiting for your card")
    visitor.takes_picture("declined")
    visitor.types_card(GOOD)
    visitor.presses("Authorise")
    visitor.sees("Parked")


def test_after_five_declined_cards_the_page_says_how_long_to_wait(visits: Visits, visitor: Visitor) -> None:
    visitor.expected = "4"
    visitor.opens(visits.park())
    visitor.types_card(DECLINED)
    for _ in range(5):
        visitor.presses("Authorise")
        visitor.reads("Your card was declined.")
        expect(visitor.page.get_by_role("button", name="Authorise")).to_be_enabled()
    visitor.presses("Authorise")
    visitor.reads("5 cards were declined within 10 minutes. Nothing was charged. Try again in 10 minutes.")
    visitor.takes_picture("too-many")


@pytest.mark.parametrize(
    ("button", "outcome", "stage"),
    [
        ("Complete authentication", "Your card is authorised.", "Parked"),
        (
            "Fail authentication",
            "The provided PaymentMethod has failed authentication.",
            "Waiting for your card",
        ),
    ],
    ids=["passed", "failed"],
)
def test_the_banks_question_is_answered_on_the_page(
    visitor: Visitor, visits: Visits, button: str, outcome: str, stage: str
) -> None:
    visitor.opens(visits.park())
    visitor.types_card(CHALLENGED)
    visitor.presses("Authorise")
    visitor.page.get_by_role("dialog").wait_for()
    visitor.takes_picture("question")
    visitor.presses(button)
    visitor.reads(outcome)
    visitor.sees(stage)


def test_a_wallet_needs_no_typing(visitor: Visitor, visits: Visits) -> None:
    visitor.opens(visits.park())
    visitor.presses("Pay with Sandbox Wallet")
    visitor.sees("Parked")


def test_what_is_missing_of_a_card_is_said_at_its_place(visitor: Visitor, visits: Visits) -> None:
    visitor.opens(visits.park())
    visitor.types_card("4242424242424241", expiry="0120", code="1")
    visitor.presses("Authorise")
    for problem in (
        "card number is invalid",
        "expiration year is in the past",
        "security code is incomplete",
    ):
        expect(visitor.page.locator(".card").get_by_text(problem)).to_be_visible()
    visitor.takes_picture("incomplete")
    visitor.sees("Waiting for your card")


@on_both_devices
def test_more_time_is_chosen_and_taken(visitor: Visitor, visits: Visits) -> None:
    session = visits.park(payment_method=VISA)
    visitor.opens(session)
    visitor.page.get_by_label("2 hours").check(force=True)
    visitor.presses("Extend")
    visitor.reads("You have more time.")
    visitor.sees("Parked")
    visitor.takes_picture("extended")
    after = visits.look_up(session)
    assert after["planned_end_at"] > session["planned_end_at"]
    assert after["payment"]["authorized"] == 37.5


@on_both_devices
def test_the_end_is_confirmed_with_its_price_and_leaves_a_receipt(visitor: Visitor, visits: Visits) -> None:
    session = visits.park(payment_method=VISA)
    visits.wait(hours=2)
    visitor.opens(session)
    visitor.follows("End the stay…")
    visitor.takes_picture("confirm")
    visitor.follows("Keep parking")
    visitor.sees("Parked")
    visitor.follows("End the stay…")
    visitor.presses("End and pay")
    visitor.sees("Paid")
    visitor.reads("The stay has ended.")
    visitor.page.get_by_text("Open on another device").click()
    visitor.takes_picture("paid")
    price = visits.look_up(session)["subtotal"]
    assert visitor.money() == f"{price:.2f} USD"
    paper = visitor.page.request.get(f"{session['receipt_url']}/receipt.pdf")
    assert paper.body().startswith(b"%PDF-")


@on_both_devices
def test_what_is_owed_afterwards_is_paid(visitor: Visitor, visits: Visits) -> None:
    session = visits.park()
    visits.wait(hours=0.1)
    code = {"session_code": session["session_code"]}
    assert visits.client.post(f"/api/v1/sessions/{session['id']}/end", json=code).status_code == 200
    visitor.opens(session)
    visitor.sees("Not paid yet")
    visitor.takes_picture("owed")
    visitor.types_card(GOOD)
    visitor.presses(f"Pay {visitor.money()}")
    visitor.sees("Paid")
    assert visits.look_up(session)["payment"]["status"] == "captured"


def test_the_price_grows_by_itself(visitor: Visitor, visits: Visits) -> None:
    session = visits.park(payment_method=VISA)
    visitor.page.clock.install()
    visitor.opens(session)
    before = visitor.money()
    visits.wait(hours=1)
    visitor.page.clock.fast_forward(16_000)
    expect(visitor.page.locator("#price")).not_to_have_text(before)
    visits.client.post(
        f"/api/v1/sessions/{session['id']}/end", json={"session_code": session["session_code"]}
    )
    visitor.page.clock.fast_forward(16_000)
    visitor.sees("Paid")


def test_the_page_works_without_scripts(visits: Visits, tmp_path: Path) -> None:
    waiting, session = visits.park(), visits.park(payment_method=VISA)
    with visits.of(Phone, pictures=tmp_path, java_script_enabled=False) as visitor:
        visitor.opens(waiting)
        visitor.reads("Typing in a card needs JavaScript.")
        visitor.opens(session)
        visitor.presses("Extend")
        visitor.reads("You have more time.")
        visitor.follows("End the stay…")
        visitor.presses("End and")
        visitor.reads("The stay has ended.")


def test_without_the_processors_script_the_page_says_so(visitor: Visitor, visits: Visits) -> None:
    visitor.page.route("**/stripe.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    visitor.opens(visits.park())
    visitor.reads("The card form could not be loaded.")
