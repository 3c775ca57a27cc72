"""What drivers take along: a code, a receipt on paper, an event for their calendar."""

import io
import re
from datetime import timedelta

import icalendar
import pytest
from flask.testing import FlaskClient
from PIL import Image
from pypdf import PdfReader

from app import database
from app.domain.errors import NotFound
from app.presenters.sessions import SessionFacts, present
from app.services import inventory
from app.web.drivers import paper
from tests.conftest import EVENING, SetClock
from tests.services.parking import end, extend, start
from tests.services.world import World, make_world
from tests.web.links import link


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    world = make_world()
    inventory.update(world.caller, world.lot.id, {"tax_rate": 21, "address": "395 South Frontage Road"})
    return world


def stay(world: World, time: SetClock) -> SessionFacts:
    """Park for 4.02 hours."""
    started = start(world, payment_method="pm_card_visa")
    time.move(seconds=14_472)
    end(world, started)
    return started


def on_paper(pages: FlaskClient, facts: SessionFacts) -> str:
    reader = PdfReader(io.BytesIO(pages.get(f"{link(facts)}/receipt.pdf").data))
    return "\n".join(page.extract_text() for page in reader.pages)


def test_a_session_leads_to_its_code(world: World, pages: FlaskClient) -> None:
    started = start(world)
    address = str(present(started)["receipt_qr_url"])
    assert address == f"{started.receipt_url}/qr.svg"
    answer = pages.get(address.removeprefix(started.receipt_url.partition("/r/")[0]))
    assert (answer.status_code, answer.content_type) == (200, "image/svg+xml")
    assert answer.data.startswith(b"<?xml")
    assert b"style=" not in answer.data


def test_both_pictures_show_the_same_code(world: World, pages: FlaskClient) -> None:
    started = start(world)
    with Image.open(io.BytesIO(pages.get(f"{link(started)}/qr.png").data)) as picture:
        side = picture.width
        corner = picture.convert("1").getpixel((0, 0))
    svg = pages.get(f"{link(started)}/qr.svg").text
    assert f'width="{side}" height="{side}"' in svg
    assert corner == 255


def test_paper_shows_the_stay_its_lines_and_its_tax(world: World, pages: FlaskClient, time: SetClock) -> None:
    started = stay(world, time)
    text = on_paper(pages, started)
    for told in (
        "Parking receipt",
        "Sandbox, no money moved.",
        "Lionshead Public Parking",
        "395 South Frontage Road",
        "CO-7891",
        "22 November 2026, 11:30 MST",
        "22 November 2026, 15:31 MST",
        "4.02 h at 6.00 USD: 24.12 USD",
        "4.19 USD (21 %)",
        "24.12 USD",
        started.session.session_code,
        str(started.session.id),
    ):
        assert told in text


def test_the_same_stay_is_the_same_paper(world: World, pages: FlaskClient, time: SetClock) -> None:
    started = stay(world, time)
    first = pages.get(f"{link(started)}/receipt.pdf")
    time.move(days=30)
    assert pages.get(f"{link(started)}/receipt.pdf").data == first.data
    assert first.content_type == "application/pdf"
    assert 'filename="parking-receipt.pdf"' in first.headers["Content-Disposition"]


def test_paper_is_dated_by_the_end_and_says_what_it_is(
    world: World, pages: FlaskClient, time: SetClock
) -> None:
    started = stay(world, time)
    told = PdfReader(io.BytesIO(pages.get(f"{link(started)}/receipt.pdf").data)).metadata
    assert told is not None
    assert told.creation_date == EVENING + timedelta(seconds=14_472)
    assert (told.subject, told.creator) == ("Parking at Lionshead Public Parking", "Park Graph")


def test_there_is_no_paper_before_the_end(world: World, pages: FlaskClient) -> None:
    started = start(world, payment_method="pm_card_visa")
    assert "receipt.pdf" not in pages.get(link(started)).text
    answer = pages.get(f"{link(started)}/receipt.pdf")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (409, "no-store")
    assert "Your receipt comes once the stay has ended" in answer.text
    assert f'href="{link(started)}"' in answer.text
    assert "conflict" not in answer.text.lower()


def test_a_name_with_markup_and_letters_that_no_font_has_is_printed_all_the_same(
    world: World, pages: FlaskClient, time: SetClock
) -> None:
    with database.transaction() as db:
        db.merge(world.lot).name = "<b>Parking & Ř</b> 駐車場"
    assert "<b>Parking & R</b> ???" in on_paper(pages, stay(world, time))


def test_letters_of_western_europe_stay_as_they_are() -> None:
    assert paper.printable("Zürich Łódź Åre Straße €") == "Zürich Łódz Åre Straße €"


def test_a_stay_in_a_calendar_moves_with_its_end(world: World, pages: FlaskClient) -> None:
    started = start(world, payment_method="pm_card_visa")
    events = []
    for _ in range(2):
        answer = pages.get(f"{link(started)}/stay.ics")
        assert answer.content_type == "text/calendar; charset=utf-8"
        events += icalendar.Calendar.from_ical(answer.data).walk("VEVENT")
        extend(world, started)
    first, second = events
    assert first["UID"] == second["UID"]
    assert second["SEQUENCE"] > first["SEQUENCE"]
    assert (first["DTEND"].dt.hour, second["DTEND"].dt.hour) == (22, 23)
    assert first["LOCATION"] == "Lionshead Public Parking, 395 South Frontage Road"
    assert second["DESCRIPTION"] == f"Extend or end the stay: {second['URL']}"
    assert len(second.walk("VALARM")) == 1


def test_a_stay_that_is_over_rings_no_more(world: World, pages: FlaskClient, time: SetClock) -> None:
    path = link(stay(world, time))
    [event] = icalendar.Calendar.from_ical(pages.get(f"{path}/stay.ics").data).walk("VEVENT")
    assert event["DESCRIPTION"] == f"Receipt: {event['URL']}"
    assert event.walk("VALARM") == []
    assert event["DTEND"].dt.minute == 31


@pytest.mark.parametrize("name", ["qr.svg", "qr.png", "receipt.pdf", "stay.ics"])
def test_nothing_of_it_is_stored_on_the_way_or_given_to_strangers(
    world: World, pages: FlaskClient, time: SetClock, name: str
) -> None:
    answer = pages.get(f"{link(stay(world, time))}/{name}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    with pytest.raises(NotFound):
        pages.get(f"/r/{'x' * 32}/{name}")


def test_the_page_leads_to_what_can_be_taken_along(world: World, pages: FlaskClient, time: SetClock) -> None:
    started = start(world, payment_method="pm_card_visa")
    running = re.findall(r'(?:href|src)="/r/[^/"]+/([\w.]+)"', pages.get(link(started)).text)
    assert running == ["end", "stay.ics", "qr.svg"]
    time.move(hours=1)
    end(world, started)
    ended = re.findall(r'(?:href|src)="/r/[^/"]+/([\w.]+)"', pages.get(link(started)).text)
    assert ended == ["receipt.pdf", "qr.svg"]
