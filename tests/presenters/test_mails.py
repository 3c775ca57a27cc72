"""Mails in plain words: what happens when by the lot's clock, and the link."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from app.domain.money import Money
from app.models import ParkingSession
from app.presenters.mails import MailFacts, composed
from tests.conftest import EVENING

LINK = "https://parkgraph.com/r/J4yPq-unguessable"


def facts(kind: str, *, hours: float = 4, latest: float = 24, is_sandbox: bool = False) -> MailFacts:
    """Tell of a stay at Lionshead that is about something so many hours after it began."""
    session = ParkingSession(
        id=uuid4(),
        started_at=EVENING,
        planned_end_at=EVENING + timedelta(hours=4),
        latest_end_at=EVENING + timedelta(hours=latest),
        subtotal_minor=14_400,
        currency="USD",
    )
    return MailFacts(
        kind=kind,
        about_at=EVENING + timedelta(hours=hours),
        session=session,
        lot_name="Lionshead Public Parking",
        time_zone="America/Denver",
        receipt_url=LINK,
        still_due=None,
        is_sandbox=is_sandbox,
    )


def plain(text: str) -> str:
    """Join what was broken into lines."""
    return " ".join(text.split())


def test_a_planned_end_is_told_with_what_comes_after_it() -> None:
    subject, text = composed(facts("planned_end"))
    assert subject == "Your parking at Lionshead Public Parking is about to end"
    assert text == (
        "The planned end of your parking at Lionshead Public Parking is 22\n"
        "November 2026, 15:30 MST.\n"
        "It runs on after that, and its price with it, until you end it or until\n"
        "23 November 2026, 11:30 MST.\n"
        "\n"
        "See the price so far:\n"
        "\n"
        f"{LINK}\n"
        "\n"
        "You get this mail because this address was given when the parking\n"
        "session began.\n"
    )


def test_no_link_is_broken_by_a_line_s_end() -> None:
    link = "https://parking-at-the-lodge.vail.example.com/r/" + "J4yPq-unguessable_" * 4
    _, text = composed(replace(facts("planned_end"), receipt_url=link))
    assert link in text.splitlines()


def test_a_planned_end_that_is_the_longest_stay_ends_by_itself() -> None:
    _, text = composed(facts("planned_end", latest=4))
    assert "This is the longest stay in this lot, so it ends by itself then." in plain(text)
    assert "runs on" not in text


@pytest.mark.parametrize(
    ("kind", "hours", "said"),
    [
        ("longest_stay", 24, "ends by itself on 23 November 2026, 11:30 MST"),
        ("ended_at_longest", 24, "ended by itself on 23 November 2026, 11:30 MST"),
        ("ended_at_longest", 24, "It costs 144.00 USD."),
        ("payment_missing", 1 / 6, "Unless that is done by 22 November 2026, 11:40 MST, the session expires"),
    ],
)
def test_each_mail_says_what_happens_and_when(kind: str, hours: float, said: str) -> None:
    subject, text = composed(facts(kind, hours=hours))
    assert said in plain(text)
    assert LINK in text
    assert "Lionshead Public Parking" in subject


@pytest.mark.parametrize("kind", ["ended_at_longest", "payment_due"])
def test_what_is_still_to_be_paid_stands_before_the_link(kind: str) -> None:
    _, text = composed(replace(facts(kind, hours=24), still_due=Money(3450, "USD")))
    assert "It costs 144.00 USD" in plain(text)
    assert f"34.50 USD is still to be paid:\n\n{LINK}\n" in text
    assert "Your receipt:" not in text


def test_a_sandbox_says_that_it_is_one() -> None:
    subject, text = composed(facts("planned_end", is_sandbox=True))
    assert subject.startswith("[Sandbox] ")
    assert text.startswith("This comes from a sandbox: no money moves")
