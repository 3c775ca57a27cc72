"""A session, as the contract shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.durations import hours_between
from app.domain.holds import stage_of
from app.domain.money import Money
from app.domain.quotes import billed_window
from app.domain.sessions import PUBLIC_STATUS
from app.domain.tariff_bills import LineItem, settled
from app.domain.tariffs import Price, Tariff
from app.models import Hold, ParkingSession
from app.presenters import line_items
from app.presenters.instants import instant

ERASED = "erased"
"""What stands where a driver's data stood."""


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session with what its presentation needs beside it."""

    session: ParkingSession
    plate: str | None
    """None once it was erased."""
    tariff: Tariff
    holds: Sequence[Hold]
    receipt_url: str
    shows_secret: bool
    """Whether the reader made the session; nobody else sees the client secret."""

    @property
    def lines(self) -> tuple[LineItem, ...]:
        """Return how the subtotal comes about; none before there is one."""
        session = self.session
        if session.ended_at is None or session.subtotal_minor is None:
            return ()
        price = price_of(session, self.tariff, until=session.ended_at)
        return settled(price.line_items, Money(session.subtotal_minor, session.currency))


def price_of(session: ParkingSession, tariff: Tariff, *, until: datetime) -> Price:
    """Return what a session costs if it ends then, by its quote if it began by one.

    Who leaves within the minutes in which the tariff lets a stay be cancelled does not owe the quote either.
    """
    if tariff.cancels(session.started_at, until):
        return tariff.price(session.started_at, until)
    window = billed_window(
        session.started_at, until, quoted_from=session.quoted_from, quoted_until=session.quoted_until
    )
    return tariff.price(*window)


def present(facts: SessionFacts) -> dict[str, Any]:
    """Return a session in the contract's shape; what is not known yet is absent."""
    session = facts.session
    answer: dict[str, Any] = {
        "id": str(session.id),
        "session_code": session.session_code,
        "lot_id": str(session.lot_id),
        "status": PUBLIC_STATUS[session.status],
        "rate": facts.tariff.rate_at(session.started_at).to_major(),
        "currency": session.currency,
        "started_at": instant(session.started_at),
        "planned_end_at": instant(session.planned_end_at),
        "plate": facts.plate or ERASED,
        "payment": payment_of(session, facts.holds),
        "receipt_url": facts.receipt_url,
        "receipt_qr_url": f"{facts.receipt_url}/qr.svg",
    }
    answer |= _intent(facts) | _end(facts)
    if session.details:
        answer["metadata"] = session.details
    return answer


def payment_of(session: ParkingSession, holds: Sequence[Hold]) -> dict[str, Any]:
    """Return what became of a session's money."""
    payment = {
        "status": session.payment_status,
        "authorized": _sum(session, [_authorized_minor(session, hold) for hold in holds]),
    }
    if is_underauthorised(session, holds):
        payment["underauthorised"] = True
    if session.status == "completed":
        payment["captured"] = _sum(session, [hold.captured_minor for hold in holds])
    if any(hold.refunded_minor for hold in holds):
        payment["refunded"] = _sum(session, [hold.refunded_minor for hold in holds])
    if any(hold.disputed_minor for hold in holds):
        payment["disputed"] = _sum(session, [hold.disputed_minor for hold in holds])
    return payment


def is_underauthorised(session: ParkingSession, holds: Sequence[Hold]) -> bool:
    """Tell whether a running session waits for its driver to authorise another hold beside the first."""
    waiting = [hold for hold in holds if hold.payment_intent_id and stage_of(hold.status) == "open"]
    return session.status == "active" and bool(waiting) and waiting[-1].purpose != "stay"


def _authorized_minor(session: ParkingSession, hold: Hold) -> int:
    """Count what is held; of a hold that a running session has outlasted, what was taken of it."""
    is_outlasted = session.status == "active" and stage_of(hold.status) == "over"
    return hold.captured_minor if is_outlasted else hold.authorized_minor


def _sum(session: ParkingSession, amounts: Sequence[int]) -> float:
    return Money(sum(amounts), session.currency).to_major()


def _intent(facts: SessionFacts) -> dict[str, Any]:
    hold = next(hold for hold in facts.holds if hold.payment_intent_id)
    shown: dict[str, Any] = {"payment_intent_id": hold.payment_intent_id}
    unauthorized = facts.session.payment_status == "requires_authorization"
    if facts.shows_secret and unauthorized and hold.client_secret:
        shown["client_secret"] = hold.client_secret
    return shown


def _end(facts: SessionFacts) -> dict[str, Any]:
    end = end_of(facts.session)
    if "subtotal" not in end:
        return end
    return {"line_items": [line_items.present(line) for line in facts.lines], **end}


def end_of(session: ParkingSession) -> dict[str, Any]:
    """Return what is known of a session once it is over, and nothing before."""
    if session.ended_at is None or session.status not in ("completed", "expired"):
        return {}
    end: dict[str, Any] = {"ended_at": instant(session.ended_at)}
    if session.subtotal_minor is None or session.owner_payout_minor is None:
        return end
    return end | {
        "duration_hours": float(hours_between(session.started_at, session.ended_at)),
        "subtotal": Money(session.subtotal_minor, session.currency).to_major(),
        "owner_payout": Money(session.owner_payout_minor, session.currency).to_major(),
    }
