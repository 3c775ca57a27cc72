"""When a driver is reminded."""

from datetime import datetime, timedelta

import pytest

from app.domain import mails, reminders
from app.domain.reminders import Ends, Reminder
from tests.conftest import EVENING


def after(**by: float) -> datetime:
    return EVENING + timedelta(**by)


def ends(planned: float, latest: float = 24) -> Ends:
    """Plan a stay of so many hours, in a lot that allows so many."""
    return Ends(after(hours=planned), after(hours=latest))


@pytest.mark.parametrize(
    ("minutes", "reminded"),
    [(240, 225), (16, 1), (15, 7.5), (10, 5), (1, 0.5)],
)
def test_a_reminder_comes_fifteen_minutes_before_or_half_way_where_less_are_left(
    minutes: float, reminded: float
) -> None:
    assert reminders.first_at(ends(minutes / 60), now=EVENING) == after(minutes=reminded)


def test_an_extension_counts_from_when_it_is_made() -> None:
    assert reminders.first_at(ends(5), now=after(hours=3, minutes=59)) == after(hours=4, minutes=45)
    assert reminders.first_at(ends(5), now=after(hours=4, minutes=50)) == after(hours=4, minutes=55)


def test_who_stays_beyond_the_planned_end_is_reminded_of_the_longest_stay() -> None:
    at = after(hours=3, minutes=45)
    assert reminders.reminder_at(ends(4), at) == Reminder("planned_end", after(hours=4))
    again = reminders.next_at(ends(4), reminded_at=at)
    assert again == after(hours=23, minutes=45)
    assert again is not None
    assert reminders.reminder_at(ends(4), again) == Reminder("longest_stay", after(hours=24))
    assert reminders.next_at(ends(4), reminded_at=again) is None


@pytest.mark.parametrize("latest", [4, 4.2])
def test_a_stay_that_ends_by_itself_at_its_planned_end_or_soon_after_has_one_reminder(latest: float) -> None:
    assert reminders.next_at(ends(4, latest), reminded_at=after(hours=3, minutes=45)) is None


def test_an_extension_that_ends_in_the_past_leads_to_the_reminder_of_the_longest_stay() -> None:
    assert reminders.first_at(ends(5), now=after(hours=6)) == after(hours=23, minutes=45)
    assert reminders.first_at(ends(5), now=after(hours=23, minutes=50)) is None


def test_a_payment_is_asked_for_half_way_through_the_time_that_there_is() -> None:
    assert reminders.left_to_pay(timedelta(minutes=10)) == timedelta(minutes=5)


def test_a_mail_is_tried_eight_times_within_eight_hours_and_then_given_up() -> None:
    at, times = EVENING, 1
    while (again := mails.next_attempt_at(at, attempts=times)) is not None:
        at, times = again, times + 1
    assert times == mails.MOST_ATTEMPTS == 8
    assert at - EVENING == timedelta(hours=7, minutes=51)


@pytest.mark.parametrize(
    ("kind", "status", "payment", "pointless"),
    [
        ("planned_end", "active", "authorized", False),
        ("planned_end", "ending", "authorized", True),
        ("longest_stay", "completed", "captured", True),
        ("payment_missing", "active", "requires_authorization", False),
        ("payment_missing", "active", "authorized", True),
        ("payment_missing", "expired", "released", True),
        ("ended_at_longest", "completed", "captured", False),
    ],
)
def test_of_what_is_over_nobody_need_be_reminded(
    kind: str, status: str, payment: str, pointless: bool
) -> None:
    assert mails.is_pointless(kind, status=status, payment_status=payment) is pointless
