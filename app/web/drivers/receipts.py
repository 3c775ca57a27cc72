"""The receipt page behind a session's `receipt_url`: the price so far, the card, more time, the end."""

import re
import secrets
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

import orjson
from flask import Blueprint, Response, make_response, redirect, request

from app.domain import receipts as rules
from app.domain.errors import NotFound, ParkGraphError, PaymentRequired
from app.http.error_page import POLICY
from app.presenters.sessions import ERASED
from app.services import receipts
from app.services.receipts import Receipt
from app.web.callers import driver
from app.web.drivers import stages
from app.web.drivers.lines import duration, rows
from app.web.pages import private_page

TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")
DONE = {
    "extended": "You have more time. The new end stands below.",
    "ended": "The stay has ended.",
    "authorised": "Your card is authorised.",
    "paid": "Thank you. What was due is paid.",
}
"""What the page says after something was done."""
NEXT_STEPS = {
    "BAD_REQUEST": "Load this page again, then choose.",
    "PAYMENT_REQUIRED": "Your stay goes on as planned before. Try it with less time, or end when you leave.",
    "CONFLICT": "Below you see how things stand now.",
    "IDEMPOTENCY_KEY_REUSED": "Below you see how things stand now.",
    "BAD_GATEWAY": "Try again: nothing is done or charged twice.",
    "SERVICE_UNAVAILABLE": "Try again in a minute: nothing is done or charged twice.",
}
"""What a driver can do about a refusal, by its code."""
WAITS = "Do it below. Until then your stay goes on as planned before."
MESSAGES = {
    "PAYMENT_REQUIRED": "Your card did not allow more to be held.",
    "IDEMPOTENCY_KEY_REUSED": "This form was sent before, with another choice.",
}
"""What is said to drivers in place of words that are meant for programs."""

_SEE_OTHER = 303

drivers = Blueprint("drivers", __name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something was not done, and what to do about it."""

    message: str
    advice: str

    @classmethod
    def of(cls, refusal: ParkGraphError, found: Receipt) -> "Problem":
        """Say in a driver's words what was refused, and what the receipt asks for now."""
        if isinstance(refusal, PaymentRequired) and found.stage == "short":
            asked = stages.to_authorise(found)
            return cls(f"Your bank wants you to authorise {asked} yourself before you get more time.", WAITS)
        # Of a field that programs name drivers see nothing.
        said = " ".join(detail.message for detail in refusal.details) or refusal.message
        return cls(MESSAGES.get(refusal.code, said), NEXT_STEPS.get(refusal.code, ""))


@drivers.get("/r/<token>")
def receipt(token: str) -> Response:
    """Show one session to whoever holds its link; raise NotFound for any other address."""
    found = follow(token)
    return show(found, done=_told(request.args.get("done", ""), found))


@drivers.get("/r/<token>/now")
def now(token: str) -> Response:
    """Answer what changes by itself, for the page that is open; raise NotFound for any other address."""
    found = follow(token)
    return private_json(
        {"price": str(stages.figure(found)[1]), "duration": duration(found), "state": state(found)}
    )


def _told(done: str, found: Receipt) -> str | None:
    """Say what was done; a card that was authorised for what was owed has paid it."""
    if done == "authorised" and not rules.is_running(found.stage):
        done = "paid" if found.stage == "paid" else ""
    return DONE.get(done)


@drivers.get("/r/<token>/payment")
@drivers.get("/r/<token>/refresh")
@drivers.get("/r/<token>/extend")
def reopened(token: str) -> Response:
    """Lead a tab that was opened again where only forms are sent back to the receipt."""
    follow(token)
    return back(token)


def back(token: str, done: str = "") -> Response:
    """Lead to the page by GET, so that loading it again sends nothing twice."""
    response = make_response(redirect(f"/r/{token}" + (f"?done={done}" if done else ""), _SEE_OTHER))
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def private_json(facts: dict[str, str]) -> Response:
    """Answer a script of the page."""
    response = Response(orjson.dumps(facts), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def follow(token: str) -> Receipt:
    """Return the receipt behind a link; raise NotFound for any other address."""
    return receipts.find(driver(), checked(token))


def checked(token: str) -> str:
    """Return what may be a token; raise NotFound for what can be none."""
    if not TOKEN.fullmatch(token):
        raise NotFound("There is no receipt under this link.")
    return token


def show(
    found: Receipt, *, done: str | None = None, problem: Problem | None = None, once: str | None = None
) -> Response:
    """Render the page, with what was just done, or why it was not; a form sent again keeps its key."""
    zone = ZoneInfo(found.time_zone)
    response = private_page(
        "receipt.html",
        token=found.facts.session.receipt_token,
        receipt=found,
        stage=stages.words(found),
        figure=stages.figure(found),
        has_paper=not rules.is_running(found.stage) and not stages.is_for_nothing(found),
        state=state(found),
        rows=list(rows(found)),
        price_rule=stages.price_rule(found),
        running=rules.is_running(found.stage),
        to_authorise=stages.to_authorise(found),
        plate=found.facts.plate or ERASED,
        end_time=stages.clock_time(
            found.facts.session.ended_at or found.facts.session.planned_end_at, zone, today=found.now
        ),
        options=[
            (more, stages.clock_time(more.planned_end_at, zone, today=found.now)) for more in found.extensions
        ],
        done=done,
        problem=problem,
        chosen=_chosen(found),
        once=once or new_key(),
    )
    response.headers["Content-Security-Policy"] = policy(found)
    return response


def _chosen(found: Receipt) -> Decimal | None:
    """Return what stands chosen: what was chosen before, else the first offer of an hour or more."""
    asked = request.form.get("hours")
    offered = [more.hours for more in found.extensions]
    by_itself = next((hours for hours in offered if hours >= 1), offered[0] if offered else None)
    return next((hours for hours in offered if str(hours) == asked), by_itself)


def new_key() -> str:
    """Make the key under which a form is carried out once, however often it is sent."""
    return secrets.token_urlsafe(16)


def state(found: Receipt) -> str:
    """Name what the open page was made for; it is loaded again when this changes."""
    session = found.facts.session
    waits = None if found.payable is None else found.payable.hold.amount_minor
    return f"{found.stage}/{session.planned_end_at:%Y%m%d%H%M%S}/{waits}/{stages.held(found).minor}"


def policy(found: Receipt) -> str:
    """Write the Content-Security-Policy: scripts of ours, and where a card is typed in, its processor's."""
    browser = None if found.payable is None else found.payable.browser
    more = {"script-src": ["'self'"], "connect-src": ["'self'"]}
    if browser is not None:
        more["script-src"] += browser.script_sources
        more["connect-src"] += browser.connect_sources
        more["frame-src"] = [*browser.frame_sources] or ["'none'"]
    parts = [POLICY.replace("form-action 'none'", "form-action 'self'")]
    return "; ".join(parts + [f"{name} {' '.join(sources)}" for name, sources in more.items()])
