"""The life of a session.

    starting ──> active ──> ending ──> completed        starting: its hold is being made
        │          ├─────────────────> completed        ending: its money is being captured
        └> failed  └> expired                           completed at once: nothing was authorised

Outside, a session that is starting or has failed does not exist, and one that is ending is still active.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from app.domain.durations import hours_between, lasting
from app.domain.errors import Conflict

Status = Literal["starting", "active", "ending", "completed", "expired", "failed"]
PublicStatus = Literal["active", "completed", "expired"]

DEFAULT_HOURS = Decimal(4)
DEFAULT_GRACE_MINUTES = 10

NEXT: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "starting": frozenset({"active", "failed"}),
        "active": frozenset({"ending", "completed", "expired"}),
        "ending": frozenset({"completed"}),
        "completed": frozenset(),
        "expired": frozenset(),
        "failed": frozenset(),
    }
)
"""What a session may become."""

PUBLIC_STATUS: Mapping[str, PublicStatus] = MappingProxyType(
    {"active": "active", "ending": "active", "completed": "completed", "expired": "expired"}
)
"""What the outside is told; a status that is not here belongs to a session that does not exist for it."""

TERMINAL = frozenset(status for status, following in NEXT.items() if not following)
RUNNING = NEXT.keys() - TERMINAL
MONEY_WAS_TAKEN = frozenset({"captured", "partially_refunded", "refunded"})
"""The payments of sessions that are over, and of which nothing is owed."""
IN_THE_LOT = frozenset({"starting", "active"})
"""A car that is leaving gives its space back at once, however long its money takes."""


def planned_hours(asked: Decimal | None, *, max_stay_hours: int) -> Decimal:
    """Return how long a stay is planned: as asked, else four hours or the lot's maximum if that is less.

    Raises Conflict naming `duration_hours` beyond the maximum: what a driver asked for is not cut short.
    """
    if asked is None:
        return min(DEFAULT_HOURS, Decimal(max_stay_hours))
    if asked > max_stay_hours:
        raise Conflict.of("duration_hours", f"The longest stay in this lot is {max_stay_hours} hours.")
    return asked


def planned_end(started_at: datetime, hours: Decimal) -> datetime:
    """Return when a stay of so many hours is planned to end."""
    return started_at + lasting(hours)


def latest_end(started_at: datetime, *, max_stay_hours: int, planned_end_at: datetime) -> datetime:
    """Return when a stay ends by itself: after the lot's longest, or as planned where a quote promised more.

    It stays what it was when the stay began, whatever the lot allows meanwhile.
    """
    return max(planned_end(started_at, Decimal(max_stay_hours)), planned_end_at)


def extended_end(
    started_at: datetime,
    *,
    planned_end_at: datetime,
    extend_hours: Decimal,
    latest_end_at: datetime,
    now: datetime,
) -> datetime:
    """Return the planned end after an extension; raise Conflict, naming `extend_hours`, beyond the latest.

    Also where it would have passed already, since the car stayed on after its planned end.
    """
    extended = planned_end(planned_end_at, extend_hours)
    if extended <= now:
        over = f"{hours_between(planned_end_at, now).normalize():f}"
        message = f"The stay is {over} hours past its planned end, and is to be extended by more than that."
        raise Conflict.of("extend_hours", message)
    if extended > latest_end_at:
        longest = f"{hours_between(started_at, latest_end_at).normalize():f}"
        left = f"{hours_between(planned_end_at, latest_end_at).normalize():f}"
        message = f"The longest stay in this lot is {longest} hours; {left} are left."
        raise Conflict.of("extend_hours", message)
    return extended


def grace_until(started_at: datetime, *, minutes: int = DEFAULT_GRACE_MINUTES) -> datetime:
    """Return until when the driver has time to authorise the payment."""
    return started_at + timedelta(minutes=minutes)


def end_instant(first_asked_at: datetime | None, *, started_at: datetime, now: datetime) -> datetime:
    """Return when a stay ends: the first request to end it counts, so that no retry bills a second more."""
    return first_asked_at or max(started_at, now)


def refuse_ended(status: str) -> None:
    """Raise Conflict if a session is over; one that is ending may be asked to end again."""
    if status == "expired":
        raise Conflict.of("session_id", "This session has expired: no payment was authorised in time.")
    if status in TERMINAL:
        raise Conflict.of("session_id", "This session has already ended.")


def refuse_unextendable(status: str) -> None:
    """Raise Conflict unless a session runs on and may be extended."""
    refuse_ended(status)
    if status != "active":
        raise Conflict.of("session_id", "This session is being ended and can no longer be extended.")
