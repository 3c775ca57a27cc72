"""Mails to drivers, in plain words: what happens when, what it means, and the link to the receipt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from textwrap import fill
from zoneinfo import ZoneInfo

from app.domain.money import Money
from app.models import ParkingSession
from app.presenters.local_times import local_time

_WIDTH = 72
_SANDBOX = "This comes from a sandbox: no money moves, and nobody may park by it."
_WHY = "You get this mail because this address was given when the parking session began."


@dataclass(frozen=True, slots=True)
class MailFacts:
    """What a mail is about."""

    kind: str
    about_at: datetime
    session: ParkingSession
    lot_name: str
    time_zone: str
    receipt_url: str
    still_due: Money | None
    """What of an ended stay was not taken; None before it is known, and where all of it was."""
    is_sandbox: bool

    def when(self, at: datetime) -> str:
        """Write an instant by the lot's clock."""
        return local_time(at, ZoneInfo(self.time_zone))


def composed(facts: MailFacts) -> tuple[str, str]:
    """Return the subject and the text of a mail."""
    subject, sentences = _SAID[facts.kind](facts)
    paragraphs = [sentences, facts.receipt_url, _WHY]
    if facts.is_sandbox:
        subject, paragraphs = f"[Sandbox] {subject}", [_SANDBOX, *paragraphs]
    lines = "\n\n".join(paragraphs).split("\n")
    return subject, "\n".join(map(_wrapped, lines)) + "\n"


def _wrapped(line: str) -> str:
    """Break a line where mail has it, and no link."""
    return fill(line, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _planned_end(facts: MailFacts) -> tuple[str, str]:
    latest = facts.session.latest_end_at
    runs_on = f"It runs on after that, and its price with it, until you end it or until {facts.when(latest)}."
    last = "This is the longest stay in this lot, so it ends by itself then."
    return f"Your parking at {facts.lot_name} is about to end", (
        f"The planned end of your parking at {facts.lot_name} is {facts.when(facts.about_at)}.\n"
        f"{last if facts.about_at >= latest else runs_on}\n\n"
        "See the price so far:"
    )


def _longest_stay(facts: MailFacts) -> tuple[str, str]:
    return f"Your parking at {facts.lot_name} ends soon", (
        f"Your parking at {facts.lot_name} ends by itself on {facts.when(facts.about_at)}, after the longest "
        "stay in this lot.\nPlease leave by then. You pay until you end it, and at most until then.\n\n"
        "See the price so far:"
    )


def _ended(facts: MailFacts) -> tuple[str, str]:
    session = facts.session
    price = Money(session.subtotal_minor or 0, session.currency)
    return f"Your parking at {facts.lot_name} has ended", (
        f"Your parking at {facts.lot_name} ended by itself on {facts.when(facts.about_at)}, after the "
        f"longest stay in this lot.\nIt costs {price}.\n\n{_receipt(facts)}"
    )


def _payment_due(facts: MailFacts) -> tuple[str, str]:
    session = facts.session
    price = Money(session.subtotal_minor or 0, session.currency)
    return f"Payment is due for your parking at {facts.lot_name}", (
        f"Your parking at {facts.lot_name} ended on {facts.when(facts.about_at)}.\nIt costs {price}, "
        f"and your card did not give all of it.\n\n{_receipt(facts)}"
    )


def _receipt(facts: MailFacts) -> str:
    return "Your receipt:" if facts.still_due is None else f"{facts.still_due} is still to be paid:"


def _payment_missing(facts: MailFacts) -> tuple[str, str]:
    return f"Payment is missing for your parking at {facts.lot_name}", (
        f"No card has been authorised yet for your parking at {facts.lot_name}.\n"
        f"Unless that is done by {facts.when(facts.about_at)}, the session expires and the space is given up."
        "\n\nYour session:"
    )


_SAID: Mapping[str, Callable[[MailFacts], tuple[str, str]]] = {
    "planned_end": _planned_end,
    "longest_stay": _longest_stay,
    "ended_at_longest": _ended,
    "payment_missing": _payment_missing,
    "payment_due": _payment_due,
}
