"""Drivers who left an address are told once what their card did not give; on both databases."""

import pytest

from app.presenters.sessions import SessionFacts
from tests.conftest import SetClock
from tests.factories import make_lot
from tests.services import post
from tests.services.parking import driver_authenticates, end, pass_time, start
from tests.services.world import World, make_world


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    world = make_world()
    world.driver_stays_away()
    return world


def park(world: World, **wishes: object) -> SessionFacts:
    return start(world, email="driver@example.com", **wishes)


def letters() -> list[str]:
    with post.post_office() as office:
        post.send()
    return [" ".join(letter.text.split()) for letter in office.letters]


def test_whoever_owes_after_an_agent_ended_the_stay_is_told_how_much(world: World, time: SetClock) -> None:
    facts = park(world)
    time.move(hours=2)
    end(world, facts)
    assert post.kinds() == ["payment_due"]
    [letter] = letters()
    assert "ended on 22 November 2026, 13:30 MST. It costs 12.00 USD" in letter
    assert f"12.00 USD is still to be paid: {facts.receipt_url}" in letter


def test_whoever_paid_is_told_nothing(world: World, time: SetClock) -> None:
    facts = park(world, payment_method="pm_card_visa")
    time.move(hours=2)
    end(world, facts)
    assert post.kinds() == []


def test_whoever_stayed_too_long_is_told_in_one_mail(world: World, time: SetClock) -> None:
    lot = make_lot(project=world.project, max_stay_hours=8)
    facts = park(world, lot=lot, payment_method="pm_card_authenticationRequired")
    driver_authenticates(world, facts)
    pass_time(world, time, 8 * 3600)
    assert post.kinds()[-1] == "ended_at_longest"
    assert "It costs 48.00 USD. 22.50 USD is still to be paid:" in letters()[-1]
