"""Quotes: prices that are said before a stay and hold for it.

A quote is a price agreed on for a window. A stay that keeps to it costs what was quoted, to the cent, also
when it ends sooner; one that outlasts it costs what the tariff of the quote says from the window's begin on.
"""

from datetime import datetime, timedelta

from app.domain.errors import BadRequest, Conflict

VALID_FOR = timedelta(minutes=15)
"""How long after it was made, or after its window began, a session may start by a quote."""
SLACK = timedelta(minutes=1)
"""How long ago a window may have begun that begins now: clocks differ, and requests take a while."""
FARTHEST = timedelta(days=31)

_FIELD = "quote_id"


def window_start(asked: datetime | None, *, now: datetime) -> datetime:
    """Return when a quoted window begins; raise BadRequest for one in the past or too far ahead."""
    if asked is None:
        return now
    if asked < now - SLACK:
        raise BadRequest.of("starts_at", "must not lie in the past")
    if asked > now + FARTHEST:
        raise BadRequest.of("starts_at", f"must lie within the next {FARTHEST.days} days")
    return max(asked, now)


def expiry(starts_at: datetime, ends_at: datetime) -> datetime:
    """Return until when a session may start by a quote: never after its window."""
    return min(starts_at + VALID_FOR, ends_at)


def require_usable(
    *, starts_at: datetime, ends_at: datetime, expires_at: datetime, now: datetime, until: datetime | None
) -> None:
    """Raise Conflict naming `quote_id` for a session that would not keep to the quote's window.

    `until` is when the session is planned to end, if it says so itself.
    """
    if now < starts_at:
        raise Conflict.of(_FIELD, "The window of this quote has not begun yet.")
    if now > expires_at:
        raise Conflict.of(_FIELD, "This quote has expired. Ask for another one.")
    if until is not None and until != ends_at:
        raise Conflict.of(_FIELD, "This quote is for another duration.")


def billed_window(
    started_at: datetime,
    ended_at: datetime,
    *,
    quoted_from: datetime | None,
    quoted_until: datetime | None,
) -> tuple[datetime, datetime]:
    """Return what a stay is billed for: itself, or the window of its quote, and what it outlasts that by."""
    if quoted_from is None or quoted_until is None:
        return started_at, ended_at
    return quoted_from, max(ended_at, quoted_until)
