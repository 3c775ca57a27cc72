"""What drivers do on their receipts: authorise, take more time, end. Each once, each with a clear answer."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from app import database
from app.domain.errors import NotFound
from app.models import AuditEntry, Hold, Lot, ParkingSession, Project
from app.presenters.sessions import SessionFacts
from app.services import audit, receipts, sessions
from app.web.drivers import stages
from stripe_sandbox import Fault, publishable_key
from tests.conftest import SetClock
from tests.services.parking import (
    CAPTURING,
    CONFIRMING,
    CREATING,
    RAISING,
    at_the_processor,
    driver_authenticates,
    driver_authorises,
    end,
    look_up,
    processor_meets,
    start,
)
from tests.services.world import World
from tests.web.links import link

DECLINED = "pm_card_visa_chargeDeclined"


def once_on(page: TestResponse) -> str:
    """Return the key of the form that stands on a page."""
    found = re.search(r'name="once" value="([^"]+)"', page.text)
    assert found
    return found[1]


def extend(
    pages: FlaskClient, facts: SessionFacts, once: str | None = None, hours: str = "1"
) -> TestResponse:
    once = once or once_on(pages.get(link(facts)))
    return pages.post(f"{link(facts)}/extend", data={"hours": hours, "once": once})


def leave(pages: FlaskClient, facts: SessionFacts, once: str | None = None) -> TestResponse:
    once = once or once_on(pages.get(f"{link(facts)}/end"))
    return pages.post(f"{link(facts)}/end", data={"once": once})


def title(page: TestResponse) -> str:
    found = re.search(r'<h2 id="stage"[^>]*>([^<]+)</h2>', page.text)
    assert found
    return found[1]


def problem(page: TestResponse) -> str:
    found = re.search(r'<div class="problem" role="alert">(.*?)</div>', page.text)
    assert found
    return found[1]


def entries(world: World, action: str) -> list[AuditEntry]:
    with database.reading() as db:
        found = audit.entries(db, operator_id=world.project.operator_id)
    return [entry for entry in found if entry.action == action]


def test_a_browser_gets_what_it_needs_to_authorise_the_hold(world: World, pages: FlaskClient) -> None:
    started = start(world)
    answer = pages.post(f"{link(started)}/payment")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json() == {
        "client_secret": started.holds[0].client_secret,
        "publishable_key": publishable_key(str(world.project.id)),
    }


def test_after_the_browser_has_confirmed_the_server_looks_and_need_not_be_told(
    world: World, pages: FlaskClient
) -> None:
    started = start(world)
    assert title(pages.get(link(started))) == "Waiting for your card"
    driver_authorises(world, started)
    assert pages.post(f"{link(started)}/refresh").get_json() == {"stage": "running"}
    assert title(pages.get(link(started))) == "Parked"
    [authorized] = entries(world, "payment.authorized")
    assert (authorized.actor_type, authorized.actor_id) == ("driver", str(started.session.id))


def test_looking_again_changes_nothing(world: World, pages: FlaskClient) -> None:
    started = start(world)
    for _ in range(2):
        assert pages.post(f"{link(started)}/refresh").get_json() == {"stage": "waiting"}
    driver_authorises(world, started)
    for _ in range(2):
        assert pages.post(f"{link(started)}/refresh").get_json() == {"stage": "running"}
    assert len(entries(world, "payment.authorized")) == 1


def test_where_nothing_waits_for_a_card_none_is_asked_for(world: World, pages: FlaskClient) -> None:
    started = start(world, payment_method="pm_card_visa")
    answer = pages.post(f"{link(started)}/payment")
    assert answer.status_code == 409
    assert "Load the page again" in answer.get_json()["message"]
    assert "stripe.js" not in pages.get(link(started)).text


def test_after_five_declined_cards_the_driver_has_to_wait(
    world: World, pages: FlaskClient, time: SetClock
) -> None:
    started = start(world)
    for _ in range(5):
        assert pages.post(f"{link(started)}/payment").status_code == 200
        decline(world, started)
        time.move(seconds=30)
    refused = pages.post(f"{link(started)}/payment")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "450"
    assert refused.get_json()["message"].startswith("5 cards were declined within 10 minutes.")
    time.move(seconds=451)
    assert pages.post(f"{link(started)}/payment").status_code == 200


def decline(world: World, facts: SessionFacts) -> None:
    with pytest.raises(Exception, match="declined"):
        driver_authorises(world, facts, card=DECLINED)


def test_the_driver_takes_more_time(world: World, pages: FlaskClient) -> None:
    started = start(world, payment_method="pm_card_visa")
    answer = extend(pages, started, hours="2")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{link(started)}?done=extended")
    page = pages.get(answer.headers["Location"])
    assert "You have more time." in page.text
    assert "22 November 2026, 17:30 MST" in page.text
    assert at_the_processor(world, started).amount.minor == 3750
    [extended] = entries(world, "session.extend")
    assert (extended.actor_type, extended.actor_id) == ("driver", str(started.session.id))


def test_a_form_that_is_sent_twice_is_carried_out_once(world: World, pages: FlaskClient) -> None:
    started = start(world, payment_method="pm_card_visa")
    once = once_on(pages.get(link(started)))
    answers = [extend(pages, started, once=once) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert at_the_processor(world, started).amount.minor == 3150
    again = extend(pages, started, once=once, hours="2")
    assert again.status_code == 422
    assert "Below you see how things stand now." in again.text


def test_offers_say_until_when_and_what_the_stay_then_costs(world: World, pages: FlaskClient) -> None:
    text = pages.get(link(start(world, payment_method="pm_card_visa"))).text
    offers = re.findall(r'value="([\d.]+)" required.*?<span>([^<]+)</span> <span>([^<]+)</span>', text)
    assert offers == [
        ("0.5", "until 16:00", "27.00 USD in all"),
        ("1", "until 16:30", "30.00 USD in all"),
        ("2", "until 17:30", "36.00 USD in all"),
        ("4", "until 19:30", "48.00 USD in all"),
        ("8", "until 23:30", "72.00 USD in all"),
    ]


def test_no_more_time_is_offered_than_the_lot_allows(world: World, pages: FlaskClient) -> None:
    with database.transaction() as db:
        db.get_one(Lot, world.lot.id).max_stay_hours = 4
    started = start(world, payment_method="pm_card_visa")
    assert "Need more time?" not in pages.get(link(started)).text
    refused = extend(pages, started, once="a" * 20)
    assert refused.status_code == 409
    assert "The longest stay in this lot is 4 hours" in refused.text


def test_a_card_that_asks_for_its_driver_keeps_the_stay_as_it_was_until_it_is_authorised(
    world: World, pages: FlaskClient
) -> None:
    started = start(world, payment_method="pm_card_authenticationRequired")
    driver_authenticates(world, started)
    refused = extend(pages, started)
    assert refused.status_code == 402
    assert "Your bank wants you to authorise 6.00 USD yourself before you get more time." in refused.text
    assert "Until then your stay goes on as planned before." in refused.text
    assert "/r/" not in problem(refused)
    assert look_up(world, started)["planned_end_at"] == "2026-11-22T22:30:00Z"
    assert "Authorise" in pages.get(link(started)).text
    driver_authorises(world, sessions.get(world.caller, started.session.id))
    assert pages.post(f"{link(started)}/refresh").get_json() == {"stage": "running"}
    assert look_up(world, started)["planned_end_at"] == "2026-11-22T23:30:00Z"


def test_where_the_processor_is_away_the_same_form_can_be_sent_again(
    world: World, pages: FlaskClient
) -> None:
    started = start(world, payment_method="pm_card_visa")
    processor_meets(Fault(RAISING, status=500))
    once = once_on(pages.get(link(started)))
    failed = extend(pages, started, once=once, hours="2")
    assert failed.status_code == 502
    assert "nothing is done or charged twice" in failed.text
    assert once_on(failed) == once
    assert 'value="2" required checked' in failed.text
    assert extend(pages, started, once=once, hours="2").status_code == 303


def test_where_the_processor_refuses_for_good_the_form_gets_a_new_key(
    world: World, pages: FlaskClient
) -> None:
    started = start(world, payment_method="pm_card_visa")
    once = once_on(pages.get(link(started)))
    unknown_hold()
    refused = extend(pages, started, once=once)
    assert refused.status_code == 409
    assert "The payment processor refused this for good" in refused.text
    assert once_on(refused) != once


def unknown_hold() -> None:
    with database.transaction() as db:
        db.execute(update(Hold).values(payment_intent_id="pi_of_nobody"))


@pytest.mark.parametrize("form", [{}, {"hours": "1"}, {"hours": "1", "once": "short"}, {"once": "a" * 20}])
def test_an_incomplete_form_does_nothing(world: World, pages: FlaskClient, form: dict[str, str]) -> None:
    started = start(world, payment_method="pm_card_visa")
    assert pages.post(f"{link(started)}/extend", data=form).status_code == 400
    assert entries(world, "session.extend") == []


@pytest.mark.parametrize("hours", ["-1", "3", "1e9", "NaN", "0", "1.00001", "one"])
def test_only_what_is_offered_is_sold(world: World, pages: FlaskClient, hours: str) -> None:
    started = start(world, payment_method="pm_card_visa")
    refused = extend(pages, started, hours=hours)
    assert refused.status_code == 400
    assert "<strong>Choose how much more time you want.</strong>" in refused.text


def test_ending_shows_the_price_first_and_then_takes_it(
    world: World, pages: FlaskClient, time: SetClock
) -> None:
    started = start(world, payment_method="pm_card_visa")
    time.move(hours=2)
    asked = pages.get(f"{link(started)}/end")
    assert "End and pay 12.00 USD" in asked.text
    assert asked.headers["Cache-Control"] == "no-store"
    assert look_up(world, started)["status"] == "active"
    answer = leave(pages, started)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{link(started)}?done=ended")
    page = pages.get(answer.headers["Location"])
    assert title(page) == "Paid"
    assert "12.00 USD was taken from your card. The other 13.50 USD" in page.text
    [ended] = entries(world, "session.end")
    assert (ended.actor_type, ended.actor_id) == ("driver", str(started.session.id))


def test_an_ending_that_is_sent_twice_ends_once(world: World, pages: FlaskClient, time: SetClock) -> None:
    started = start(world, payment_method="pm_card_visa")
    time.move(hours=1)
    once = once_on(pages.get(f"{link(started)}/end"))
    assert [leave(pages, started, once=once).status_code for _ in range(2)] == [303, 303]
    other = leave(pages, started, once="b" * 20)
    assert other.status_code == 409
    assert "This session has already ended." in other.text
    assert title(other) == "Paid"


def test_whoever_comes_back_to_end_what_has_ended_is_shown_the_receipt(
    world: World, pages: FlaskClient
) -> None:
    started = start(world, payment_method="pm_card_visa")
    end(world, started)
    answer = pages.get(f"{link(started)}/end")
    assert (answer.status_code, answer.headers["Location"]) == (303, link(started))


def test_while_the_processor_is_away_the_end_stands_and_the_money_follows(
    world: World, pages: FlaskClient, time: SetClock
) -> None:
    started = start(world, payment_method="pm_card_visa")
    time.move(hours=1)
    processor_meets(Fault(CAPTURING, status=500))
    failed = leave(pages, started)
    assert failed.status_code == 502
    assert title(failed) == "Ending"
    time.move(hours=1)
    assert "6.00 USD" in pages.get(link(started)).text


def test_what_is_owed_is_paid_on_the_page(world: World, pages: FlaskClient, time: SetClock) -> None:
    started = start(world)
    time.move(hours=2)
    assert leave(pages, started).status_code == 303
    owed = pages.get(link(started))
    assert title(owed) == "Not paid yet"
    assert "Pay 12.00 USD" in owed.text
    assert pages.post(f"{link(started)}/payment").status_code == 200
    driver_authorises(world, started)
    assert pages.post(f"{link(started)}/refresh").get_json() == {"stage": "paid"}
    paid = pages.get(f"{link(started)}?done=authorised").text
    assert "What was due is paid." in paid
    assert "Your card is authorised." not in paid
    assert world.books()["captured"] == 1200


def test_the_page_says_what_changes_by_itself(world: World, pages: FlaskClient, time: SetClock) -> None:
    started = start(world, payment_method="pm_card_visa")
    page = pages.get(link(started)).text
    time.move(hours=1, minutes=30)
    now = pages.get(f"{link(started)}/now")
    assert now.headers["Cache-Control"] == "no-store"
    facts: Any = now.get_json()
    assert (facts["price"], facts["duration"]) == ("9.00 USD", "1 h 30 min")
    assert f'data-state="{facts["state"]}"' in page
    end(world, started)
    assert pages.get(f"{link(started)}/now").get_json()["state"] != facts["state"]


@pytest.mark.parametrize("path", ["payment", "refresh", "extend"])
def test_a_tab_that_is_opened_again_leads_back_to_the_receipt(
    world: World, pages: FlaskClient, path: str
) -> None:
    started = start(world)
    answer = pages.get(f"{link(started)}/{path}")
    assert (answer.status_code, answer.headers["Location"]) == (303, link(started))
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_card_that_is_declined_for_more_time_is_told_in_a_drivers_words(
    world: World, pages: FlaskClient
) -> None:
    started = start(world, payment_method="pm_card_visa")
    for path in (RAISING, CREATING, CONFIRMING):
        processor_meets(Fault(path, when="before", status=402), times=1)
    said = problem(extend(pages, started))
    assert "Your card did not allow more to be held." in said
    assert "Your stay goes on as planned before." in said


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", ["now", "payment", "refresh", "extend", "end"])
def test_a_link_that_was_never_given_out_does_nothing(
    world: World, pages: FlaskClient, method: str, path: str
) -> None:
    if (method, path) == ("post", "now"):
        assert getattr(pages, method)(f"/r/{'x' * 32}/{path}").status_code == 405
        return
    with pytest.raises(NotFound):
        getattr(pages, method)(f"/r/{'x' * 32}/{path}", data={"hours": "1", "once": "a" * 20})


def test_a_link_opens_one_session_and_no_other_of_its_project(world: World, pages: FlaskClient) -> None:
    started, other = start(world), start(world, "CO-1042")
    with database.reading() as db:
        session = db.get_one(ParkingSession, started.session.id)
        project = db.get_one(Project, world.project.id)
    driver = receipts.driver_of(world.caller, session, project)
    assert look_up(World(world.project, driver, world.lot, world.home), started)
    with pytest.raises(NotFound):
        look_up(World(world.project, driver, world.lot, world.home), other)


def test_an_agents_opt_in_binds_no_driver(world: World, pages: FlaskClient) -> None:
    started = start(world, payment_method="pm_card_visa")
    with database.transaction() as db:
        db.get_one(Lot, world.lot.id).agent_access = "blocked"
    assert extend(pages, started).status_code == 303
    assert leave(pages, started).status_code == 303


def test_every_stage_has_its_words() -> None:
    assert set(stages._TITLES) == set(stages._NEXT)
