"""What a receipt lists, on the page and on paper, in the words of a driver."""

from zoneinfo import ZoneInfo

from app.domain.money import Money
from app.domain.tariffs import LineItem
from app.presenters.local_times import local_time
from app.presenters.sessions import ERASED
from app.presenters.spans import span
from app.services.receipts import Receipt
from app.web.drivers import stages

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
_TAKEN_BACK = "Disputed: your bank has taken money back"


def rows(receipt: Receipt) -> list[tuple[str, str]]:
    """Return what stands below the price."""
    session = receipt.facts.session
    zone = ZoneInfo(receipt.time_zone)
    end = ("Planned end", session.planned_end_at)
    if session.ended_at is not None:
        end = ("Ended", session.ended_at)
    return [
        *_payment(receipt),
        ("Session", STATUS_WORDS.get(session.status, STATUS_WORDS["active"])),
        ("Session code", session.session_code),
        ("Plate", receipt.facts.plate or ERASED),
        ("Started", local_time(session.started_at, zone)),
        (end[0], local_time(end[1], zone)),
        *_to_come(receipt, zone),
        ("Duration", duration(receipt)),
        ("Tariff", receipt.facts.tariff.summary()),
        *bill(receipt),
        *_amounts(receipt),
    ]


def bill(receipt: Receipt) -> list[tuple[str, str]]:
    """Return how the price comes about, what was quoted, and the tax in it; before the end only that."""
    lines = [(line.description, bill_line(line)) for line in receipt.facts.lines]
    return lines + _quote(receipt) + _tax(receipt)


def duration(receipt: Receipt) -> str:
    """Write how long the stay is by now: `4 h 1 min`."""
    return span(receipt.lasted)


def bill_line(line: LineItem) -> str:
    """Write a line of the bill: `4.02 h at 6.00 USD: 24.12 USD`."""
    if line.unit_price is None:
        return str(line.amount)
    number = "once" if line.count == 1 else f"{line.count} times"
    times = number if line.hours is None else f"{float(line.hours):g} h"
    return f"{times} at {line.unit_price}: {line.amount}"


def _payment(receipt: Receipt) -> list[tuple[str, str]]:
    """Say how the payment stands, where there ever was something to pay."""
    if stages.is_for_nothing(receipt):
        return []
    status = receipt.facts.session.payment_status
    words = _TAKEN_BACK if receipt.stage == "disputed" else PAYMENT_WORDS.get(status, status.capitalize())
    return [("Payment", words)]


def _amounts(receipt: Receipt) -> list[tuple[str, str]]:
    is_over = receipt.facts.session.ended_at is not None
    price, (_, shown) = receipt.price_so_far, stages.figure(receipt)
    amounts = {
        "Price": price if shown != price else Money.zero(price.currency),
        # What is left of a hold after the end is nothing that the driver has to think of.
        "Held on the card": Money.zero(price.currency) if is_over else stages.held_now(receipt),
        "Taken from the card": stages.captured(receipt),
        "Given back": stages.refunded(receipt),
        "Taken back by your bank": stages.disputed(receipt),
    }
    return [(label, str(amount)) for label, amount in amounts.items() if not amount.is_zero]


def _to_come(receipt: Receipt, zone: ZoneInfo) -> list[tuple[str, str]]:
    """Say what will happen by itself to a session that runs."""
    if receipt.facts.session.ended_at is not None:
        return []
    ends = ("Ends by itself", local_time(receipt.facts.session.latest_end_at, zone))
    reminder = receipt.reminder_at
    return [ends] if reminder is None else [ends, ("Reminder by email", local_time(reminder, zone))]


def _quote(receipt: Receipt) -> list[tuple[str, str]]:
    quoted = receipt.quoted
    if quoted is None or receipt.facts.session.ended_at is None:
        return []
    until = local_time(quoted.until, ZoneInfo(receipt.time_zone))
    return [("Quoted price", f"{quoted.price} until {until}, also if you leave sooner")]


def _tax(receipt: Receipt) -> list[tuple[str, str]]:
    return (
        []
        if receipt.tax is None or receipt.price_so_far.is_zero
        else [("Tax included", f"{receipt.tax} ({receipt.tax_rate} %)")]
    )
