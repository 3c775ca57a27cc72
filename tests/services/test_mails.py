"""Mails are written down with what they tell of, sent by the worker, and never lost; on both databases."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update

from app import database
from app.domain import clock, mails
from app.domain.ids import uuid7
from app.gateways import mail
from app.gateways.mail import Letter, Outcome
from app.models import Mail, ParkingSession, Person, Project
from app.presenters.sessions import SessionFacts
from app.services import mails as service
from app.settings import Settings
from app.worker import mailing
from tests.conftest import EVENING, SetClock
from tests.services import post
from tests.services.parking import end, pass_time, start
from tests.services.post import AWAY, SENT, PostOffice, queued, send, states
from tests.services.world import World, make_world
from tests.statements import plans_seen

DRIVER = "Driver@Example.com"
FOUR_HOURS = 4 * 3600
REFUSED = Outcome("refused", "smtp_550", is_of_the_letter=True)
BUSY = Outcome("again", "smtp_450", is_of_the_letter=True)


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post.post_office() as made:
        yield made


@pytest.fixture
def reminded(world: World, time: SetClock) -> SessionFacts:
    """Park for four hours, of which the driver is to be reminded now."""
    facts = start(world, payment_method="pm_card_visa", email=DRIVER)
    pass_time(world, time, FOUR_HOURS - 600)
    return facts


def test_a_reminder_reaches_the_driver_by_the_address_as_it_was_written(
    reminded: SessionFacts, office: PostOffice
) -> None:
    assert send() == 1
    [letter] = office.letters
    assert (letter.id, letter.to) == (queued()[0].id, DRIVER)
    assert letter.subject == "[Sandbox] Your parking at Lionshead Public Parking is about to end"
    assert "22 November 2026, 15:30 MST" in " ".join(letter.text.split())
    assert f"https://parkgraph.com/r/{reminded.session.receipt_token}" in letter.text
    assert (states(), send()) == (["sent"], 0)


@pytest.mark.usefixtures("reminded")
def test_the_row_holds_no_address(office: PostOffice) -> None:
    with database.reading() as db:
        row = db.execute(select(*Mail.__table__.columns)).one()
    assert "example" not in str(row).lower()


@pytest.mark.usefixtures("reminded")
def test_without_a_relay_it_is_a_file_of_the_home(settings: Settings) -> None:
    assert send() == 1
    [path] = (settings.home / "outbox").iterdir()
    assert path.name == f"{queued()[0].id}.eml"
    assert "To: Driver@Example.com" in path.read_text()


@pytest.mark.usefixtures("reminded")
def test_a_mail_that_cannot_leave_is_tried_again_after_longer_and_longer_and_given_up(
    office: PostOffice, time: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    office.answer = AWAY
    waits = []
    while states() == ["pending"]:
        assert send() == 0
        waits.append(queued()[0].due_at - time.at)
        time.at = max(queued()[0].due_at, time.at + timedelta(seconds=1))
    assert waits[:-1] == list(mails.RETRIES)
    assert len(office.letters) == mails.MOST_ATTEMPTS
    assert {letter.id for letter in office.letters} == {queued()[0].id}
    assert (states(), queued()[0].failure) == (["failed"], "connection_failed")
    assert f"mail {queued()[0].id} is given up: connection_failed" in caplog.text
    assert "example" not in caplog.text.lower()


@pytest.mark.usefixtures("reminded")
def test_a_mail_that_is_refused_for_good_is_not_tried_again(office: PostOffice, time: SetClock) -> None:
    office.answer = REFUSED
    assert send() == 0
    time.move(days=1)
    assert (send(), len(office.letters), states()) == (0, 1, ["failed"])
    assert queued()[0].failure == "smtp_550"


def test_a_blocked_way_keeps_the_others_waiting_and_a_busy_mailbox_does_not(
    world: World, time: SetClock, office: PostOffice
) -> None:
    for number in range(3):
        start(world, f"CO-{number}", payment_method="pm_card_visa", email=DRIVER)
    pass_time(world, time, FOUR_HOURS)
    office.answer = AWAY
    assert (send(), len(office.letters)) == (0, 1)
    office.answer = BUSY
    assert (send(), len(office.letters)) == (0, 3)
    office.answer = REFUSED
    time.move(minutes=2)
    assert (send(), len(office.letters)) == (0, 6)


@pytest.mark.usefixtures("reminded")
def test_an_erased_person_is_written_to_no_more(office: PostOffice) -> None:
    with database.transaction() as db:
        gone = {"normalised": None, "shown": None, "erased_at": clock.now()}
        db.execute(update(Person).where(Person.kind == "email").values(**gone))
    assert (send(), states(), office.letters) == (0, ["dropped"], [])


@pytest.mark.parametrize(("kind", "state"), [("sandbox", "sent"), ("live", "dropped")])
def test_of_what_is_over_only_a_sandbox_whose_clock_leapt_is_reminded(
    world: World, reminded: SessionFacts, office: PostOffice, kind: str, state: str
) -> None:
    end(world, reminded)
    with database.transaction() as db:
        db.execute(update(Project).where(Project.id == world.project.id).values(kind=kind))
    send()
    assert states() == [state]


@pytest.mark.usefixtures("reminded")
def test_what_was_sent_just_before_a_crash_is_sent_once_more_under_the_same_id(
    office: PostOffice, time: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as crash:
        crash.setattr(service, "_settle", _dies)
        with pytest.raises(SystemExit):
            send()
    assert (send(), len(office.letters)) == (0, 1)  # its lease runs
    time.move(minutes=6)
    assert send() == 1
    assert [letter.id for letter in office.letters] == [queued()[0].id] * 2
    assert states() == ["sent"]


def _dies(*_: object) -> None:
    raise SystemExit


@pytest.mark.usefixtures("reminded")
def test_a_mail_on_which_workers_die_is_given_up_in_the_end(
    office: PostOffice, time: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_settle", _dies)
    for _ in range(mails.MOST_ATTEMPTS):
        with pytest.raises(SystemExit):
            send()
        time.move(minutes=6)
    assert (send(), states(), len(office.letters)) == (0, ["failed"], mails.MOST_ATTEMPTS)


@pytest.mark.usefixtures("reminded")
def test_an_attempt_that_took_too_long_says_nothing_of_the_one_after_it(time: SetClock) -> None:
    class Slow:
        calls = 0

        def send(self, letter: Letter) -> Outcome:
            self.calls += 1
            if self.calls == 1:
                time.move(minutes=6)
                send()  # another worker takes the next attempt meanwhile
                return AWAY
            return SENT

    with mail.use(Slow()):
        send()
    assert (states(), queued()[0].attempts) == (["sent"], 2)


@pytest.mark.usefixtures("reminded")
def test_two_workers_send_a_mail_once(office: PostOffice) -> None:
    candidate = service._next()
    assert candidate is not None
    assert service._claim(candidate) is not None
    assert service._claim(candidate) is None


def test_the_same_mail_is_written_down_once(world: World, reminded: SessionFacts) -> None:
    with database.transaction() as db:
        session = db.get_one(ParkingSession, reminded.session.id)
        service.queue(db, session, "planned_end", about=EVENING + timedelta(hours=4))
    assert post.kinds() == ["planned_end"]


@pytest.mark.usefixtures("reminded")
def test_settled_mails_are_deleted_after_thirty_days(office: PostOffice, time: SetClock) -> None:
    send()
    time.move(days=29)
    assert service.forget() == 0
    time.move(days=2)
    assert (service.forget(), states()) == (1, [])


def settled(letter: Mail, number: int) -> dict[str, object]:
    """Copy a mail as one of thousands that were sent a day ago."""
    copied = {name: getattr(letter, name) for name in ("kind", "session_id", "person_id", "due_at")}
    at = letter.created_at - timedelta(days=1, seconds=number)
    return copied | {"id": uuid7(), "about_at": at, "created_at": at, "finished_at": at, "state": "sent"}


@pytest.mark.usefixtures("reminded")
def test_old_mails_are_found_among_all_by_an_index() -> None:
    [letter] = queued()
    with database.transaction() as db:
        db.execute(insert(Mail), [settled(letter, number) for number in range(2_000)])
    with database.engine().connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    with plans_seen() as steps:
        service.forget()
    assert any("ix_mails_finished_at" in step for step in steps), steps


@pytest.mark.usefixtures("reminded")
def test_the_worker_has_a_loop_that_sends(office: PostOffice, caplog: pytest.LogCaptureFixture) -> None:
    [loop] = mailing.loops(every=15)
    with caplog.at_level(logging.ERROR, logger="parkgraph.worker"):
        loop.go_round()
    assert (states(), caplog.records) == (["sent"], [])


def test_a_home_that_is_another_has_an_outbox_of_its_own(tmp_path: Path) -> None:
    assert Settings(home=tmp_path).outbox_path == tmp_path / "outbox"
