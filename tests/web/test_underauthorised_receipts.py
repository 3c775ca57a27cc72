"""A driver whose card has to be seen again reads what waits for it, and what happens without it."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from app import database
from app.domain.errors import PaymentRequired
from app.models import ParkingSession
from app.presenters.sessions import SessionFacts
from tests.conftest import SetClock
from tests.factories import make_lot
from tests.services.parking import driver_authenticates, extend, pass_time, start
from tests.services.world import World
from tests.web.links import link

DAY = 86_400


def stage(pages: FlaskClient, facts: SessionFacts) -> tuple[str, str]:
    """Read where the stay stands, and what happens next."""
    page = pages.get(link(facts)).text
    [title] = re.findall(r'<h2 id="stage"[^>]*>([^<]+)</h2>', page)
    [following] = re.findall(r'<p class="next">([^<]+)</p>', page)
    return title, following


@pytest.fixture
def extended(world: World) -> SessionFacts:
    """Ask for an hour more than the four of a card that wants to see its driver each time."""
    started = start(world, payment_method="pm_card_authenticationRequired")
    driver_authenticates(world, started)
    with pytest.raises(PaymentRequired):
        extend(world, started)
    return started


def test_an_extension_that_waits_says_how_much_time_for_which_sum(
    pages: FlaskClient, extended: SessionFacts
) -> None:
    assert stage(pages, extended) == (
        "Parked, and more time waits",
        "One more hour (until 16:30) waits for you: authorise 6.00 USD."
        " Without it you stay parked until 15:30.",
    )


def test_after_the_planned_end_the_price_is_said_to_grow(
    pages: FlaskClient, extended: SessionFacts, time: SetClock
) -> None:
    time.move(hours=4, minutes=5)
    _, following = stage(pages, extended)
    assert following.endswith("The planned end, 15:30, is over: the price grows until you end the stay.")


def test_a_hold_that_ran_out_says_what_was_taken_and_what_is_asked_for(
    world: World, pages: FlaskClient, time: SetClock
) -> None:
    lot = make_lot(project=world.project, rate="1.00", max_stay_hours=480)
    started = start(
        world, lot=lot, duration_hours=Decimal(240), payment_method="pm_card_authenticationRequired"
    )
    driver_authenticates(world, started)
    pass_time(world, time, 7 * DAY)
    with database.reading() as db:
        session = db.get_one(ParkingSession, started.session.id)
    assert session.planned_end_at - session.started_at == timedelta(hours=240)
    assert stage(pages, started) == (
        "Parked, but more has to be held",
        "The hold on your card ran out, so 156.00 USD for your time until then was taken. Authorise 84.25 USD"
        " for the time that follows. Without it you stay parked, and pay for that time when you end.",
    )
