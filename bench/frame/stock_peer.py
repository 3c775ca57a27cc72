"""Connexion's FlaskApp as it comes: the same contract, bearer function, Flask-Limiter inside Flask."""

import time
import uuid
from collections import deque
from typing import Any

import flask
from connexion import FlaskApp
from connexion.resolver import Resolver
from flask_limiter import Limiter

from app.contract.document import Contract
from app.contract.lower import lower
from bench.frame.requests import ANSWER, BUDGET_PER_MINUTE, KEY

traces: deque[dict[str, object]] = deque(maxlen=1000)


def bearer_info(token: str) -> dict[str, Any] | None:
    """Look a key up, as Connexion asks for."""
    return {"sub": "project", "scope": ["agent:act", "lots:read"]} if token == KEY else None


def answer(**_: object) -> dict[str, object]:
    """Answer every operation alike."""
    return ANSWER


def make_app() -> FlaskApp:
    """Build the peer from the product's own contract."""
    document = lower(Contract.read().document)
    bearer = document["components"]["securitySchemes"]["bearerAuth"]
    bearer["x-bearerInfoFunc"] = f"{__name__}.bearer_info"
    app = FlaskApp("stock")
    app.add_api(document, resolver=Resolver(function_resolver=lambda _: answer))
    Limiter(
        lambda: KEY,
        app=app.app,
        default_limits=[f"{BUDGET_PER_MINUTE}/minute"],
        headers_enabled=True,
        storage_uri="memory://",
    )
    app.app.before_request(_begin)
    app.app.after_request(_end)
    return app


def _begin() -> None:
    flask.g.started, flask.g.request_id = time.perf_counter(), uuid.uuid4().hex


def _end(response: flask.Response) -> flask.Response:
    response.headers["X-Request-Id"] = flask.g.request_id
    traces.append({"id": flask.g.request_id, "status": response.status_code})
    return response
