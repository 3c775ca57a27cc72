"""Sending mail: to a relay that takes it, refuses it, is away or hangs; and to a folder."""

import email
import os
import socket
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

import pytest

from app import database
from app.domain.mail_relays import Relay
from app.gateways import mail, mail_folder, open_transactions
from app.gateways.mail import FolderPost, Letter, Outcome, SmtpPost
from app.gateways.mail_folder import MailFolder
from app.settings import Settings
from tests.gateways import relays
from tests.gateways.relays import relay

SENDER = "no-reply@parkgraph.com"
LETTER_ID = UUID("019d79bb-20c0-7128-a24b-e40ad23f0824")


def letter(
    to: str = "driver@example.com", subject: str = "Your parking ends soon", text: str = "Until 18:00.\n"
) -> Letter:
    return Letter(LETTER_ID, to=to, subject=subject, text=text, at=datetime(2026, 11, 22, 18, 30, tzinfo=UTC))


def send(url: str, sent: Letter | None = None, *, seconds: float = 5.0) -> Outcome:
    return SmtpPost(Relay.read(url), sender=SENDER, seconds=seconds).send(sent or letter())


def read(message: str | bytes) -> EmailMessage:
    content = message.encode() if isinstance(message, str) else message
    return cast(EmailMessage, email.message_from_bytes(content, policy=default))


def test_a_letter_is_handed_to_the_relay_as_it_was_written() -> None:
    with relay() as there:
        assert send(there.url) == Outcome("sent")
    assert there.commands[1:3] == [f"mail FROM:<{SENDER}>", "rcpt TO:<driver@example.com>"]
    [message] = there.messages
    got = read(message)
    assert (got["From"], got["To"]) == (f"Park Graph <{SENDER}>", "driver@example.com")
    assert got["Subject"] == "Your parking ends soon"
    assert got["Message-ID"] == f"<{LETTER_ID}@parkgraph.com>"
    assert got["Date"] == "Sun, 22 Nov 2026 18:30:00 +0000"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got.get_content().replace("\r\n", "\n") == "Until 18:00.\n"


def test_whoever_has_a_name_and_a_password_signs_in() -> None:
    with relay() as there:
        assert send(f"smtp+plain://park:p%40ss@127.0.0.1:{there.port}") == Outcome("sent")
    assert "AUTH PLAIN AHBhcmsAcEBzcw==" in there.commands


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"RCPT": "550 no such user"}, Outcome("refused", "smtp_550", is_of_the_letter=True)),
        ({"RCPT": "450 mailbox is busy"}, Outcome("again", "smtp_450", is_of_the_letter=True)),
        ({"MAIL": "530 authentication required"}, Outcome("again", "smtp_530")),
        ({"MAIL": "550 account suspended"}, Outcome("again", "smtp_550")),
        ({"MAIL": "553 not from you"}, Outcome("again", "smtp_553")),
        ({"MAIL": "554 go away"}, Outcome("again", "smtp_554")),
        ({"RCPT": "530 authentication required"}, Outcome("again", "smtp_530")),
        ({"DATA": "554 no"}, Outcome("refused", "smtp_554", is_of_the_letter=True)),
        ({"dot": "554 this is spam"}, Outcome("refused", "smtp_554", is_of_the_letter=True)),
        ({"dot": "451 try again later"}, Outcome("again", "smtp_451", is_of_the_letter=True)),
        ({"RCPT": "421 closing"}, Outcome("again", "smtp_421")),
        ({"hello": "554 go away"}, Outcome("again", "connection_failed")),
        ({"hello": relays.HANGS_UP}, Outcome("again", "connection_failed")),
        ({"dot": relays.HANGS_UP}, Outcome("again", "connection_failed")),
    ],
    ids=str,
)
def test_only_what_is_refused_for_the_letter_s_sake_is_refused_for_good(
    answers: dict[str, str], outcome: Outcome
) -> None:
    with relay(**answers) as there:
        assert send(there.url) == outcome


@pytest.mark.parametrize("goodbye", ["421 no", relays.HANGS_UP])
def test_what_was_taken_is_sent_however_the_goodbye_goes(goodbye: str) -> None:
    with relay(QUIT=goodbye) as there:
        assert send(there.url) == Outcome("sent")


def test_a_wrong_password_is_no_fault_of_the_letter() -> None:
    with relay(AUTH="535 who are you?") as there:
        outcome = send(f"smtp+plain://park:wrong@127.0.0.1:{there.port}")
    assert outcome == Outcome("again", "not_let_in")
    assert there.messages == []


def test_nothing_is_sent_in_the_clear_to_a_relay_that_has_lost_its_tls() -> None:
    with relay() as there:
        outcome = send(f"smtp://park:p4ss@127.0.0.1:{there.port}")
    assert outcome == Outcome("again", "not_let_in")
    assert there.messages == []
    assert not [command for command in there.commands if command.upper().startswith(("AUTH", "MAIL"))]


def test_a_relay_without_tls_where_it_has_to_begin_with_it_is_told_apart() -> None:
    with relay() as there:
        assert send(f"smtps://127.0.0.1:{there.port}") == Outcome("again", "tls_failed")


def test_a_relay_that_is_away_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert send(f"smtp+plain://127.0.0.1:{port}") == Outcome("again", "connection_failed")


@pytest.mark.parametrize("silent", ["hello", "EHLO", "RCPT", "dot"])
def test_a_relay_that_hangs_is_not_waited_for(silent: str) -> None:
    with relay(**{silent: relays.SAYS_NOTHING}) as there:
        began = time.monotonic()
        outcome = send(there.url, seconds=0.2)
        took = time.monotonic() - began
        there.done.set()
    assert (outcome.verdict, outcome.failure) in {("again", "timed_out"), ("again", "connection_failed")}
    assert took < 2


@pytest.mark.parametrize(
    "address",
    ["driver@example.com\r\nBcc: all@example.com", "a@b", "", "one@example.com, two@example.com", "<a@b.cd>"],
)
def test_an_address_that_is_none_is_refused_and_nobody_is_asked(address: str) -> None:
    assert send("smtp+plain://127.0.0.1:9", letter(to=address)) == Outcome(
        "refused", "not_an_address", is_of_the_letter=True
    )


def test_a_lot_s_name_adds_no_header() -> None:
    name = "Ends at Lot\r\nBcc: all@example.com\r\n\r\nBuy \x00\x1b[31m this\u2028now"
    with relay() as there:
        assert send(there.url, letter(subject=name)) == Outcome("sent")
    got = read(there.messages[0])
    assert got["Bcc"] is None
    assert got["Subject"] == "Ends at Lot Bcc: all@example.com Buy [31m this now"
    assert got.get_content().strip() == "Until 18:00."


def test_letters_beyond_ascii_arrive_as_they_are() -> None:
    with relay() as there:
        assert send(there.url, letter(subject="Parkhaus Süd", text="Bis 18:00 für 6 €.\n")) == Outcome("sent")
    got = read(there.messages[0])
    assert (got["Subject"], got.get_content().strip()) == ("Parkhaus Süd", "Bis 18:00 für 6 €.")
    assert there.messages[0].isascii()


def test_an_address_beyond_ascii_needs_a_relay_that_takes_it() -> None:
    with relay() as there:
        assert send(there.url, letter(to="fährer@example.com")) == Outcome(
            "refused", "not_supported", is_of_the_letter=True
        )
    with relay(EHLO="250-relay.example\r\n250-8BITMIME\r\n250 SMTPUTF8") as there:
        assert send(there.url, letter(to="fährer@example.com")) == Outcome("sent")


def test_a_line_with_a_dot_alone_ends_no_message() -> None:
    with relay() as there:
        assert send(there.url, letter(text="One.\n.\nTwo.\n")) == Outcome("sent")
    assert "..\r\nTwo." in there.messages[0]


def folder_post(tmp_path: Path, *, most_files: int = 10) -> FolderPost:
    return FolderPost(MailFolder(tmp_path / "outbox", most_files=most_files), sender=SENDER)


def test_without_a_relay_a_letter_is_a_file_for_its_owner_s_eyes(tmp_path: Path) -> None:
    post = folder_post(tmp_path)
    assert post.send(letter()) == Outcome("sent")
    assert post.send(letter(text="Once more.\n")) == Outcome("sent")
    [path] = (tmp_path / "outbox").iterdir()
    assert path.name == f"{LETTER_ID}.eml"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    got = read(path.read_bytes())
    assert (got["To"], got.get_content().strip()) == ("driver@example.com", "Once more.")


def test_the_folder_keeps_the_newest_letters_of_a_week(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path, most_files=3)
    names = [uuid4() for _ in range(5)]
    now = time.time()
    for age, name in enumerate(names):
        folder.keep(name, b"")
        os.utime(tmp_path / f"{name}.eml", (now - age * 60, now - age * 60))
    folder.keep(LETTER_ID, b"")
    assert {path.stem for path in tmp_path.iterdir()} == {str(LETTER_ID), *map(str, names[:2])}
    week = now - mail_folder.KEPT_SECONDS - 1
    os.utime(tmp_path / f"{LETTER_ID}.eml", (week, week))
    folder.keep(names[0], b"")
    assert {path.stem for path in tmp_path.iterdir()} == set(map(str, names[:2]))


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("in the way")
    assert folder_post(tmp_path).send(letter()) == Outcome("again", "not_written")


def test_only_live_mail_goes_to_the_relay(tmp_path: Path) -> None:
    with relay() as there:
        mail.configure(Settings(home=tmp_path, smtp_url=there.url, mail_from=SENDER))
        assert mail.post("sandbox").send(letter()) == Outcome("sent")
        assert (tmp_path / "outbox" / f"{LETTER_ID}.eml").exists()
        assert there.messages == []
        assert mail.post("live").send(letter()) == Outcome("sent")
    assert len(there.messages) == 1
    mail.configure(Settings(home=tmp_path))
    assert isinstance(mail.post("live"), FolderPost)


def test_no_letter_is_sent_inside_an_open_transaction(db: None, tmp_path: Path) -> None:
    open_transactions.forbid_when(database.in_transaction)
    with database.reading(), pytest.raises(RuntimeError, match="open transaction"):
        folder_post(tmp_path).send(letter())
    with database.reading(), pytest.raises(RuntimeError, match="open transaction"):
        send("smtp+plain://127.0.0.1:9")


def test_neither_an_address_nor_a_password_shows_in_what_is_logged() -> None:
    assert "driver@example.com" not in repr(letter())
    assert "p4ss" not in repr(Relay.read("smtps://park:p4ss@relay.example"))
    assert "p4ss" not in repr(Settings(smtp_url="smtps://park:p4ss@relay.example"))
