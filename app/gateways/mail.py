"""Mail on its way out: over SMTP where a relay is configured, else into a folder that people can look at.

What a sandbox sends always goes to the folder. Anyone makes a sandbox and names any address in it, so a relay
behind one would be somebody's weapon.
"""

import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from functools import cache
from typing import Final, Protocol
from uuid import UUID

from app.domain import emails
from app.domain.callers import ProjectKind
from app.domain.mail_relays import Relay
from app.domain.mails import Verdict
from app.gateways import open_transactions
from app.gateways.mail_folder import MailFolder
from app.settings import Settings

SECONDS: Final = 10.0
"""How long a relay may take for each step: to connect, and to answer each command."""
LONGEST_SUBJECT: Final = 200

_SENDER_NAME: Final = "Park Graph"
_DEFINITE: Final = range(500, 600)
"""Replies that no later attempt changes (RFC 5321 §4.2.1)."""
_OF_US: Final = (421, 530)
"""The relay is about to hang up on everybody (RFC 5321 §3.8), or wants us to sign in (RFC 4954 §6)."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to one person."""

    id: UUID
    """The same however often it is sent, so that a repeat can be told by its Message-ID."""
    to: str = field(repr=False)
    subject: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of sending a letter once, and in a word that names nobody, what it met."""

    verdict: Verdict
    failure: str | None = None
    is_of_the_letter: bool = False
    """Whether it says something of this letter alone, and nothing of the way that all of them take."""


_NOT_AN_ADDRESS: Final = Outcome("refused", "not_an_address", is_of_the_letter=True)


class Post(Protocol):
    """A way for letters to leave."""

    def send(self, letter: Letter) -> Outcome:
        """Send a letter once and say what came of it; never raise for what a relay does."""
        ...


class SmtpPost:
    """Implement Post over SMTP, one connection for each letter."""

    def __init__(self, relay: Relay, *, sender: str, seconds: float = SECONDS) -> None:
        self._relay = relay
        self._sender = sender
        self._seconds = seconds

    def send(self, letter: Letter) -> Outcome:
        """Send a letter once; what the relay refuses with 5xx for the letter itself is refused for good."""
        open_transactions.refuse()
        try:
            message = written(letter, sender=self._sender)
        except (ValueError, UnicodeError):
            return _NOT_AN_ADDRESS
        try:
            with self._connected() as server:
                server.send_message(message, from_addr=self._sender, to_addrs=[letter.to])
        except smtplib.SMTPException as error:
            return _told(error)
        except TimeoutError:
            return Outcome("again", "timed_out")
        except OSError as error:
            is_tls = isinstance(error, ssl.SSLError)
            return Outcome("again", "tls_failed" if is_tls else "connection_failed")
        return Outcome("sent")

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """Connect and introduce ourselves; a goodbye that goes wrong takes back nothing that was accepted."""
        server = self._opened()
        try:
            self._introduce(server)
            yield server
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
        finally:
            server.close()

    def _opened(self) -> smtplib.SMTP:
        relay = self._relay
        if relay.security == "tls":
            return smtplib.SMTP_SSL(relay.host, relay.port, timeout=self._seconds, context=_tls())
        return smtplib.SMTP(relay.host, relay.port, timeout=self._seconds)

    def _introduce(self, server: smtplib.SMTP) -> None:
        """Secure the connection and sign in; a relay that lets us do neither is no fault of the letter."""
        try:
            if self._relay.security == "starttls":
                server.starttls(context=_tls())
            if self._relay.user is not None:
                server.login(self._relay.user, self._relay.password or "")
        except smtplib.SMTPException as error:
            raise _NotLetIn("not_let_in") from error


class _NotLetIn(smtplib.SMTPException):
    """A relay did not let us in, which says nothing of any letter."""


def written(letter: Letter, *, sender: str) -> EmailMessage:
    """Write a letter as a message; raise ValueError for an address that is none."""
    if not emails.is_email(letter.to):
        raise ValueError("This is not an email address.")
    policy = SMTP if letter.to.isascii() else SMTPUTF8
    message = EmailMessage(policy=policy.clone(cte_type="7bit"))
    message["From"] = Address(_SENDER_NAME, addr_spec=sender)
    message["To"] = letter.to
    message["Subject"] = _one_line(letter.subject)
    message["Date"] = letter.at
    message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


def _one_line(subject: str) -> str:
    """Keep a header to one line, whatever a lot is called."""
    plain = "".join(each if each.isprintable() else " " for each in subject)
    return " ".join(plain.split())[:LONGEST_SUBJECT]


def _told(error: smtplib.SMTPException) -> Outcome:
    """Read from what a relay said whether another attempt is of use."""
    if isinstance(error, _NotLetIn):
        return Outcome("again", "not_let_in")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Outcome("refused", "not_supported", is_of_the_letter=True)
    if isinstance(error, smtplib.SMTPServerDisconnected | smtplib.SMTPConnectError | smtplib.SMTPHeloError):
        return Outcome("again", "connection_failed")
    code = _code(error)
    if code in _OF_US or isinstance(error, smtplib.SMTPSenderRefused):  # all letters have our one sender
        return Outcome("again", f"smtp_{code}")
    return Outcome("refused" if code in _DEFINITE else "again", f"smtp_{code}", is_of_the_letter=True)


def _code(error: smtplib.SMTPException) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()))[0]
    return int(getattr(error, "smtp_code", 0))


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class FolderPost:
    """Implement Post by one file for each letter."""

    def __init__(self, folder: MailFolder, *, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    def send(self, letter: Letter) -> Outcome:
        """Write a letter to its file, over the one that an earlier attempt wrote."""
        open_transactions.refuse()
        try:
            message = written(letter, sender=self._sender)
        except (ValueError, UnicodeError):
            return _NOT_AN_ADDRESS
        try:
            self._folder.keep(letter.id, message.as_bytes())
        except OSError:
            return Outcome("again", "not_written")
        return Outcome("sent")


_posts: Mapping[ProjectKind, Post] = {}


def configure(settings: Settings) -> None:
    """Open the ways out of this process."""
    global _posts  # noqa: PLW0603 -- the process has one way out for each kind of project
    folder = FolderPost(MailFolder(settings.outbox_path), sender=settings.mail_from)
    relay = None if settings.smtp_url is None else Relay.read(settings.smtp_url)
    live: Post = folder if relay is None else SmtpPost(relay, sender=settings.mail_from)
    _posts = {"sandbox": folder, "live": live}


def post(kind: ProjectKind) -> Post:
    """Return the way out for letters of live projects or of sandboxes."""
    if not _posts:
        raise RuntimeError("mail.configure() was not called.")
    return _posts[kind]


@contextmanager
def use(other: Post) -> Iterator[None]:
    """Let all letters go another way while the block runs."""
    global _posts  # noqa: PLW0603 -- the process has one way out for each kind of project
    before, _posts = _posts, {"sandbox": other, "live": other}
    try:
        yield
    finally:
        _posts = before
