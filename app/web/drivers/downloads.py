"""What drivers take along: the link as a code, the receipt on paper, the stay in their calendar."""

import io
from typing import Literal

import segno
from flask import Blueprint, Response

from app.domain import calendars
from app.domain import receipts as rules
from app.domain.calendars import Event
from app.services.receipts import Receipt
from app.web.drivers import paper
from app.web.drivers.receipts import follow
from app.web.pages import private_page

ALARM_MINUTES = 15

_MARGIN = 4
"""Modules that have to stay white around a code (ISO/IEC 18004)."""

_CONFLICT = 409

downloads = Blueprint("driver_downloads", __name__)


@downloads.get("/r/<token>/qr.svg")
def svg(token: str) -> Response:
    """Answer the receipt's link as a QR code, in lines."""
    return _kept_nowhere(_code(follow(token), kind="svg"), "image/svg+xml", name="receipt-code.svg")


@downloads.get("/r/<token>/qr.png")
def png(token: str) -> Response:
    """Answer the receipt's link as a QR code, in pixels."""
    return _kept_nowhere(_code(follow(token), kind="png"), "image/png", name="receipt-code.png")


@downloads.get("/r/<token>/receipt.pdf")
def pdf(token: str) -> Response:
    """Answer the receipt on paper; while the price still grows, say that it comes at the end."""
    found = follow(token)
    if rules.is_running(found.stage):
        page = private_page("not-yet.html", receipt=found, token=token)
        page.status_code = _CONFLICT
        return page
    return _kept_nowhere(paper.pdf(found), "application/pdf", name="parking-receipt.pdf")


@downloads.get("/r/<token>/stay.ics")
def calendar(token: str) -> Response:
    """Answer the stay as an event for a calendar, which rings before the planned end."""
    event = calendars.written(_event(follow(token)))
    return _kept_nowhere(event, "text/calendar; charset=utf-8", name="parking.ics")


def _code(receipt: Receipt, *, kind: Literal["svg", "png"]) -> bytes:
    drawn = io.BytesIO()
    code = segno.make_qr(receipt.facts.receipt_url, error="m")
    code.save(drawn, kind=kind, scale=8, border=_MARGIN, light="white")
    return drawn.getvalue()


def _event(receipt: Receipt) -> Event:
    session = receipt.facts.session
    running = rules.is_running(receipt.stage)
    planned = session.planned_end_at - session.started_at
    return Event(
        uid=f"{session.id}@parkgraph",
        # A stay only ever gets longer, so its length numbers its versions; the end comes after all of them.
        sequence=int(planned.total_seconds() // 60) + (0 if running else 1),
        written_at=receipt.now,
        starts_at=session.started_at,
        ends_at=session.ended_at or session.planned_end_at,
        summary=f"Parking at {receipt.lot_name}",
        location=", ".join(part for part in (receipt.lot_name, receipt.address) if part),
        description=f"{'Extend or end the stay' if running else 'Receipt'}: {receipt.facts.receipt_url}",
        url=receipt.facts.receipt_url,
        alarm_minutes=ALARM_MINUTES if running else None,
    )


def _kept_nowhere(body: bytes, content_type: str, *, name: str) -> Response:
    response = Response(body, content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
