"""What drivers do on their receipts: try a card, take more time, end. Forms work without scripts."""

import hashlib
import re
from decimal import Decimal, InvalidOperation

from flask import Blueprint, Response, request

from app.contract.document import Contract
from app.domain import receipts as rules
from app.domain.errors import (
    BadGateway,
    BadRequest,
    Conflict,
    IdempotencyKeyReused,
    ParkGraphError,
    PaymentRequired,
    RateLimited,
    ServiceUnavailable,
)
from app.domain.idempotency import Once
from app.services import receipt_actions
from app.web.callers import driver
from app.web.drivers import stages
from app.web.drivers.receipts import Problem, back, checked, follow, new_key, policy, private_json, show
from app.web.pages import private_page

REFUSALS = (
    BadRequest,
    PaymentRequired,
    Conflict,
    IdempotencyKeyReused,
    RateLimited,
    BadGateway,
    ServiceUnavailable,
)
"""What is said on the page itself."""

_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


def blueprint(contract: Contract) -> Blueprint:
    """Make what receipts send forms and scripts to."""
    actions = Blueprint("driver_actions", __name__)

    @actions.post("/r/<token>/payment")
    def payment(token: str) -> Response:
        try:
            tried = receipt_actions.attempt(driver(), checked(token))
        except REFUSALS as refusal:
            return _told(refusal, contract)
        key = tried.browser.publishable_key
        return private_json({"client_secret": tried.client_secret, "publishable_key": key})

    @actions.post("/r/<token>/refresh")
    def refresh(token: str) -> Response:
        try:
            receipt_actions.refresh(driver(), checked(token))
        except REFUSALS as refusal:
            return _told(refusal, contract)
        return private_json({"stage": follow(token).stage})

    @actions.post("/r/<token>/extend")
    def extend(token: str) -> Response:
        try:
            hours, once = _hours(), _once(checked(token))
            receipt_actions.extend(driver(), token, extend_hours=hours, once=once)
        except REFUSALS as refusal:
            return _shown(token, refusal, contract)
        return back(token, "extended")

    @actions.get("/r/<token>/end")
    def confirm(token: str) -> Response:
        found = follow(token)
        if not rules.is_running(found.stage):
            return back(token)
        response = private_page(
            "end.html", receipt=found, token=token, once=new_key(), quote=stages.quote(found)
        )
        response.headers["Content-Security-Policy"] = policy(found)
        return response

    @actions.post("/r/<token>/end")
    def end(token: str) -> Response:
        try:
            receipt_actions.end(driver(), checked(token), once=_once(token))
        except REFUSALS as refusal:
            return _shown(token, refusal, contract)
        return back(token, "ended")

    return actions


def _told(refusal: ParkGraphError, contract: Contract) -> Response:
    response = private_json({"message": refusal.message})
    response.status_code = contract.errors[refusal.code]
    response.headers.update(refusal.headers)
    return response


def _shown(token: str, refusal: ParkGraphError, contract: Contract) -> Response:
    """Show the page with what was refused; where the outcome is unknown, the form keeps its key."""
    is_unknown = isinstance(refusal, BadGateway | ServiceUnavailable)
    once = request.form.get("once") if is_unknown else None
    found = follow(token)
    response = show(found, problem=Problem.of(refusal, found), once=once)
    response.status_code = contract.errors[refusal.code]
    response.headers.update(refusal.headers)
    return response


def _hours() -> Decimal:
    try:
        hours = Decimal(request.form.get("hours", ""))
    except InvalidOperation:
        raise BadRequest.of("hours", "Choose how much more time you want.") from None
    if hours not in rules.OFFERED_HOURS:
        raise BadRequest.of("hours", "Choose how much more time you want.")
    return hours


def _once(token: str) -> Once:
    """Read the form's key; the same key and another wish is another request."""
    key = request.form.get("once", "")
    if not _KEY.fullmatch(key):
        raise BadRequest.of("once", "This form is incomplete.")
    told = "\n".join([request.path, token, request.form.get("hours", "")])
    return Once(key, hashlib.sha256(told.encode()).hexdigest())
