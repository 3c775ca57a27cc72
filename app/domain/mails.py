"""Mails to drivers: what they are about, when one is tried again, and when it is given up."""

from datetime import datetime, timedelta
from typing import Final, Literal

Kind = Literal["planned_end", "longest_stay", "ended_at_longest", "payment_missing", "payment_due"]
Verdict = Literal["sent", "refused", "again"]
"""What came of one attempt: taken, refused for good, or nothing that is known to be final."""

RETRIES: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
)
"""How long after the first, the second … attempt the next one comes."""
MOST_ATTEMPTS: Final = len(RETRIES) + 1
KEPT_FOR: Final = timedelta(days=30)


def next_attempt_at(now: datetime, *, attempts: int) -> datetime | None:
    """Return when to try again after so many attempts; None where a mail is given up."""
    return None if attempts >= MOST_ATTEMPTS else now + RETRIES[attempts - 1]


def is_pointless(kind: str, *, status: str, payment_status: str) -> bool:
    """Tell whether a mail comes too late to be of use: of what is over nobody need be reminded."""
    if kind == "ended_at_longest":
        return False
    if kind == "payment_due":
        return payment_status != "past_due"
    is_paid = kind == "payment_missing" and payment_status != "requires_authorization"
    return status != "active" or is_paid
