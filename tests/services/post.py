"""Mail in tests: a post office of our own that keeps what is sent, and a look at what waits."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import select

from app import database
from app.gateways import mail
from app.gateways.mail import Letter, Outcome
from app.models import Mail
from app.services import mails

SENT, AWAY = Outcome("sent"), Outcome("again", "connection_failed")


class PostOffice:
    """A way for letters to leave: it keeps what it was given, and answers as it is told to."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.answer = SENT

    def send(self, letter: Letter) -> Outcome:
        self.letters.append(letter)
        return self.answer

    def subjects(self) -> list[str]:
        return [letter.subject for letter in self.letters]


@contextmanager
def post_office() -> Iterator[PostOffice]:
    """Put a post office of our own in the place of relay and folder."""
    made = PostOffice()
    with mail.use(made):
        yield made


def queued() -> Sequence[Mail]:
    """Return every mail, oldest first."""
    with database.reading() as db:
        return db.scalars(select(Mail).order_by(Mail.id)).all()


def kinds() -> list[str]:
    """Return what the mails are about, oldest first."""
    return [each.kind for each in queued()]


def states() -> list[str]:
    """Return how the mails stand, oldest first."""
    return [each.state for each in queued()]


def send() -> int:
    """Let the worker send what is due."""
    return mails.send_due()
