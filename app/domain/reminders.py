"""When a driver is reminded: before a stay is planned to end, before it ends by itself, and to pay.

A stay runs on after its planned end, and its price with it, until the longest stay that its lot allowed when
it began. Whoever stays beyond the planned end is reminded of that other end, too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

BEFORE: Final = timedelta(minutes=15)

Reason = Literal["planned_end", "longest_stay"]


@dataclass(frozen=True, slots=True)
class Ends:
    """When a stay is planned to end, and when it ends by itself."""

    planned_end_at: datetime
    latest_end_at: datetime


@dataclass(frozen=True, slots=True)
class Reminder:
    """Which end a driver is reminded of, and when that is."""

    reason: Reason
    ends_at: datetime


def first_at(ends: Ends, *, now: datetime) -> datetime | None:
    """Return when to remind of a stay that begins or is extended now: 15 minutes before its planned end.

    Where no more than these are left, half-way to it: the driver just heard of the end, and may forget it
    all the same. None where nothing is left to remind of.
    """
    left = ends.planned_end_at - now
    if left <= timedelta():
        return _of_the_longest(ends, after=now)
    return ends.planned_end_at - (BEFORE if left > BEFORE else left / 2)


def reminder_at(ends: Ends, at: datetime) -> Reminder:
    """Say what a reminder at an instant is about."""
    if at < ends.planned_end_at:
        return Reminder("planned_end", ends.planned_end_at)
    return Reminder("longest_stay", ends.latest_end_at)


def next_at(ends: Ends, *, reminded_at: datetime) -> datetime | None:
    """Return when to remind again after a reminder; None where all is said."""
    return _of_the_longest(ends, after=reminded_at)


def _of_the_longest(ends: Ends, *, after: datetime) -> datetime | None:
    """Remind of the longest stay unless it ends so soon after the planned end that one word is enough."""
    at = ends.latest_end_at - BEFORE
    return at if at >= ends.planned_end_at and at > after else None


def left_to_pay(grace: timedelta) -> timedelta:
    """Return how long before its time is over a payment is asked for: half of the time that there is."""
    return grace / 2
