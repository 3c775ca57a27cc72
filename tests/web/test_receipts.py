"""The receipt page: what a driver sees, and nobody else."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app import database
from app.domain.errors import NotFound
from app.domain.prices import Prices
from app.models import Project
from app.presenters.sessions import SessionFacts
from app.services import due, inventory, rates, sessions
from app.services.session_starts import Order
from app.web.drivers import lines
from tests.conftest import SetClock
from tests.services.parking import pass_time
from tests.services.test_disputes import answer, news, take
from tests.services.world import World, make_world

Shown = dict[str, str]


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def start(world: World, **wishes: str) -> SessionFacts:
    return sessions.start(world.caller, Order(lot_id=world.lot.id, plate="CO-7891", **wishes)).value


def end(world: World, started: SessionFacts) -> None:
    session = started.session
    sessions.end(world.caller, session.id, session_code=session.session_code)


@pytest.fixture
def receipt(world: World, pages: FlaskClient) -> Callable[[SessionFacts], Shown]:
    """Open a session's receipt and read its lines."""

    def read(started: SessionFacts) -> Shown:
        answer = pages.get(f"/r/{started.session.receipt_token}")
        assert answer.status_code == 200
        lines = re.findall(r"<dt>([^<]+)</dt><dd[^>]*>([^<]+)</dd>", answer.text)
        return dict(lines)

    return read


def test_a_driver_with_an_address_sees_when_the_next_mail_comes(
    world: World, receipt: Callable[[SessionFacts], Shown]
) -> None:
    started = start(world, payment_method="pm_card_visa", email="driver@example.com")
    assert receipt(started)["Reminder by email"] == "22 November 2026, 15:15 MST"
    end(world, started)
    assert not {"Reminder by email", "Ends by itself"} & receipt(started).keys()


def test_a_running_session_shows_its_price_so_far(
    world: World, receipt: Callable[[SessionFacts], Shown], time: SetClock
) -> None:
    started = start(world, payment_method="pm_card_visa")
    time.move(hours=1, minutes=30)
    assert receipt(started) == {
        "Price so far": "9.00 USD",
        "Payment": "Authorised, nothing taken yet",
        "Session": "Running",
        "Session code": started.session.session_code,
        "Plate": "CO-7891",
        "Started": "22 November 2026, 11:30 MST",
        "Planned end": "22 November 2026, 15:30 MST",
        "Ends by itself": "23 November 2026, 11:30 MST",
        "Duration": "1 h 30 min",
        "Tariff": "6.00 USD an hour.",
        "Held on the card": "25.50 USD",
    }


def test_a_session_that_ended_shows_what_was_taken(
    world: World, receipt: Callable[[SessionFacts], Shown], time: SetClock
) -> None:
    started = start(world, payment_method="pm_card_visa")
    time.move(seconds=14_472)
    end(world, started)
    time.move(days=3)
    shown = receipt(started)
    assert shown["Price"] == "24.12 USD"
    assert shown["Payment"] == "Paid"
    assert shown["Session"] == "Ended"
    assert shown["Ended"] == "22 November 2026, 15:31 MST"
    assert shown["Duration"] == "4 h 1 min"
    assert "Held on the card" not in shown
    assert shown["Taken from the card"] == "24.12 USD"
    assert shown["Standard rate"] == "4.02 h at 6.00 USD: 24.12 USD"
    assert "Tax included" not in shown


def test_a_driver_whose_bank_took_the_money_back_reads_so_until_it_is_won_back(
    world: World, pages: FlaskClient, receipt: Callable[[SessionFacts], Shown], time: SetClock
) -> None:
    started = start(world, payment_method="pm_card_createDispute")
    pass_time(world, time, 14_472)
    end(world, started)
    assert receipt(started)["Payment"] == "Paid"
    take(news("charge.dispute.created"))
    shown = receipt(started)
    assert shown["Payment"] == "Disputed: your bank has taken money back"
    assert shown["Taken back by your bank"] == "24.12 USD"
    text = pages.get(f"/r/{started.session.receipt_token}").text
    assert '<h2 id="stage" class="stage disputed">Disputed</h2>' in text
    assert "Your bank has taken 24.12 USD back from" in text
    answer(world, "winning_evidence")
    take(news("charge.dispute.closed"))
    assert receipt(started)["Payment"] == "Paid"
    assert "Taken back by your bank" not in receipt(started)


def test_a_receipt_shows_every_line_and_the_tax(
    world: World, receipt: Callable[[SessionFacts], Shown], time: SetClock
) -> None:
    rates.change(world.caller, world.lot.id, Prices.read({"rate": 6, "flat_fee": 2, "daily_maximum": 12.1}))
    inventory.update(world.caller, world.lot.id, {"tax_rate": 21})
    started = start(world, payment_method="pm_card_visa")
    time.move(hours=2)
    end(world, started)
    shown = receipt(started)
    assert shown["Flat fee"] == "once at 2.00 USD: 2.00 USD"
    assert shown["Above the daily maximum"] == "-1.90 USD"
    assert shown["Tax included"] == "2.10 USD (21 %)"


def test_a_session_without_a_card_says_that_it_waits_for_one(
    world: World, receipt: Callable[[SessionFacts], Shown]
) -> None:
    shown = receipt(start(world))
    assert shown["Payment"] == "Waiting for a card to be authorised"
    assert "Held on the card" not in shown


def test_a_session_that_expired_costs_nothing(
    world: World, receipt: Callable[[SessionFacts], Shown], pages: FlaskClient, time: SetClock
) -> None:
    inventory.update(world.caller, world.lot.id, {"tax_rate": 21})
    world.driver_stays_away()
    started = start(world)
    time.move(minutes=11)
    for item in due.due_now():
        due.run(due.worker(), item)
    shown = receipt(started)
    assert shown["Price"] == "0.00 USD"
    assert shown["Session"].startswith("Expired")
    assert not {"Payment", "Tax included", "Taken from the card"} & shown.keys()
    assert "receipt.pdf" not in pages.get(f"/r/{started.session.receipt_token}").text


def test_the_page_is_never_stored_never_indexed_and_runs_our_scripts_only(
    world: World, pages: FlaskClient
) -> None:
    answer = pages.get(f"/r/{start(world).session.receipt_token}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'; script-src 'self'; connect-src 'self'; frame-src 'none'"
    )
    scripts = re.findall(r"<script([^>]*)>([^<]*)</script>", answer.text)
    assert scripts == [
        (' src="/stripe-sandbox/v3/stripe.js" defer', ""),
        (' src="/assets/receipt.js" defer', ""),
    ]
    assert " style=" not in answer.text
    assert " onclick=" not in answer.text
    assert '<meta name="robots" content="noindex, nofollow">' in answer.text


def test_a_sandbox_says_that_no_money_moves(world: World, pages: FlaskClient) -> None:
    started = start(world)
    path = f"/r/{started.session.receipt_token}"
    assert "Sandbox, no money moves." in pages.get(path).text
    with database.transaction() as db:
        db.get_one(Project, world.project.id).kind = "live"
    assert "Sandbox" not in pages.get(path).text


def test_neither_secret_nor_payment_id_stands_on_the_page(world: World, pages: FlaskClient) -> None:
    started = start(world)
    text = pages.get(f"/r/{started.session.receipt_token}").text
    assert [hold for hold in started.holds if hold.payment_intent_id]
    assert [hold for hold in started.holds if str(hold.payment_intent_id) in text] == []
    assert [hold for hold in started.holds if str(hold.client_secret) in text] == []


def test_a_name_with_markup_in_it_is_shown_as_text(world: World, pages: FlaskClient) -> None:
    with database.transaction() as db:
        db.merge(world.lot).name = "<script>alert(1)</script>"
    text = pages.get(f"/r/{start(world).session.receipt_token}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>" not in text


@pytest.mark.parametrize("token", ["unknown", "x" * 5000, "%00", "..", "' OR 1=1 --"])
def test_a_token_that_was_never_given_out_leads_nowhere(world: World, pages: FlaskClient, token: str) -> None:
    start(world)
    with pytest.raises(NotFound):
        pages.get(f"/r/{token}")


def test_every_status_of_a_payment_has_its_words() -> None:
    assert set(lines.PAYMENT_WORDS) == {
        "requires_authorization",
        "authorized",
        "captured",
        "partially_refunded",
        "refunded",
        "released",
        "failed",
        "past_due",
    }
