"""The read-only receipt page behind a session's `receipt_url`."""

import re
from zoneinfo import ZoneInfo

from flask import Blueprint, Response

from app.domain.errors import NotFound
from app.domain.money import Money
from app.domain.tariffs import LineItem
from app.presenters.local_times import local_time
from app.presenters.sessions import ERASED
from app.services import receipts
from app.services.receipts import Receipt
from app.web.callers import driver
from app.web.pages import private_page

STATUS_WORDS = {
    "active": "Running",
    "completed": "Ended",
    "expired": "Expired: no card was authorised in time, nothing is charged",
}
PAYMENT_WORDS = {
    "requires_authorization": "Waiting for a card to be authorised",
    "authorized": "Authorised, nothing taken yet",
    "captured": "Paid",
    "partially_refunded": "Paid, partly refunded",
    "refunded": "Refunded",
    "released": "Released, nothing was taken",
    "failed": "Failed",
    "past_due": "Not paid yet",
}

TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")

drivers = Blueprint("drivers", __name__)


@drivers.get("/r/<token>")
def receipt(token: str) -> Response:
    """Show one session to whoever holds its link; raise NotFound for any other address."""
    if not TOKEN.fullmatch(token):
        raise NotFound("There is no receipt under this link.")
    found = receipts.find(driver(), token)
    return private_page("receipt.html", receipt=found, rows=list(rows(found)), running=is_running(found))


def is_running(receipt: Receipt) -> bool:
    """Tell whether the price still grows."""
    return receipt.facts.session.ended_at is None


def rows(receipt: Receipt) -> list[tuple[str, str]]:
    """Return what the page lists below the price, in the words of a driver."""
    session, holds = receipt.facts.session, receipt.facts.holds
    zone = ZoneInfo(receipt.time_zone)
    end = ("Planned end", session.planned_end_at)
    if session.ended_at is not None:
        end = ("Ended", session.ended_at)
    amounts = {
        "Held on the card": sum(hold.authorized_minor for hold in holds),
        "Taken from the card": sum(hold.captured_minor for hold in holds),
        "Given back": sum(hold.refunded_minor for hold in holds),
    }
    return [
        ("Payment", PAYMENT_WORDS[session.payment_status]),
        ("Session", STATUS_WORDS.get(session.status, STATUS_WORDS["active"])),
        ("Session code", session.session_code),
        ("Plate", receipt.facts.plate or ERASED),
        ("Started", local_time(session.started_at, zone)),
        (end[0], local_time(end[1], zone)),
        *_to_come(receipt, zone),
        ("Duration", f"{receipt.hours_so_far} hours"),
        ("Tariff", receipt.facts.tariff.summary()),
        *((line.description, bill_line(line)) for line in receipt.facts.lines),
        *_tax(receipt),
        *((label, str(Money(minor, session.currency))) for label, minor in amounts.items() if minor),
    ]


def bill_line(line: LineItem) -> str:
    """Write a line of the bill: `4.02 h at 6.00 USD: 24.12 USD`."""
    if line.unit_price is None:
        return str(line.amount)
    number = "once" if line.count == 1 else f"{line.count} times"
    times = number if line.hours is None else f"{float(line.hours):g} h"
    return f"{times} at {line.unit_price}: {line.amount}"


def _to_come(receipt: Receipt, zone: ZoneInfo) -> list[tuple[str, str]]:
    """Say what will happen by itself to a session that runs."""
    if not is_running(receipt):
        return []
    ends = ("Ends by itself", local_time(receipt.facts.session.latest_end_at, zone))
    reminder = receipt.reminder_at
    return [ends] if reminder is None else [ends, ("Reminder by email", local_time(reminder, zone))]


def _tax(receipt: Receipt) -> list[tuple[str, str]]:
    return [] if receipt.tax is None else [("Tax included", f"{receipt.tax} ({receipt.tax_rate} %)")]
