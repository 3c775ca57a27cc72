"""Connexion's FlaskApp as it comes, over our contract: what a team gets that follows its documentation.

Connexion brings no way to data, so this peer has that of the FastAPI one: a session of SQLAlchemy, the same
search. Everything around it is stock: middlewares, validation, security, Flask's own JSON.
"""

import time
from datetime import UTC, datetime
from typing import Any

import flask
from connexion import FlaskApp
from connexion.exceptions import OAuthProblem
from connexion.resolver import Resolver

from app.contract.document import Contract
from app.contract.lower import lower
from app.domain import ids
from bench.peers import budgets
from bench.peers.fastapi_sqlalchemy import lots
from bench.peers.fastapi_sqlalchemy.database import SessionLocal
from bench.peers.fastapi_sqlalchemy.recording import FORGOTTEN_AFTER, records
from bench.peers.fastapi_sqlalchemy.schemas import Search
from bench.peers.fastapi_sqlalchemy.security import BUDGETS, REMEMBERED_SECONDS, Caller, find

OPERATION = "dispatchAction"

_remembered: dict[str, tuple[Caller, float]] = {}


def bearer_info(token: str) -> dict[str, Any]:
    """Look a key up, as Connexion asks for."""
    caller, until = _remembered.get(token, (None, 0.0))
    if caller is None or time.monotonic() > until:
        caller = find(token)
        if caller is None:
            raise OAuthProblem("The API key is not valid.")
        _remembered[token] = caller, time.monotonic() + REMEMBERED_SECONDS
    return {"sub": caller, "scope": list(caller.scopes)}


def dispatch_action(body: dict[str, Any], user: Caller, **_: Any) -> Any:
    """Search for lots."""
    flask.g.caller, flask.g.body = user, body
    name, standard = BUDGETS[body["action"]]
    verdict = budgets.take(f"{name}:{user.key_id}", per_minute=user.budgets.get(name, standard))
    flask.g.headers = verdict.headers
    if not verdict.admitted:
        return flask.jsonify({"error": "Too many requests."}), 429
    if body["action"] != "search_parking":
        return flask.jsonify({"error": "Only searches are measured."}), 501
    with SessionLocal() as db:
        found = lots.search(db, Search.model_construct(**body.get("parameters", {})))
    return {"lots": [lot.model_dump(exclude_none=True) for lot in found]}


def make_app() -> FlaskApp:
    """Build the application from the contract."""
    document = lower(Contract.read().document)
    bearer = document["components"]["securitySchemes"]["bearerAuth"]
    bearer["x-bearerInfoFunc"] = f"{__name__}.bearer_info"
    application = FlaskApp("stock")
    application.add_api(document, resolver=Resolver(function_resolver=_function))
    application.app.before_request(_begin)
    application.app.after_request(_end)
    return application


def _function(operation_id: str) -> Any:
    return dispatch_action if operation_id == OPERATION else _not_measured


def _not_measured(**_: object) -> tuple[dict[str, str], int]:
    return {"error": "Not measured."}, 501


def _begin() -> None:
    flask.g.started, flask.g.request_id = time.perf_counter(), ids.request_id()


def _end(response: flask.Response) -> flask.Response:
    response.headers["X-Request-Id"] = flask.g.request_id
    response.headers.update(flask.g.get("headers", {}))
    if "caller" in flask.g:
        _record(flask.g.caller, flask.g.body, status=response.status_code)
    return response


def _record(caller: Caller, body: dict[str, Any], *, status: int) -> None:
    at, parameters = datetime.now(UTC), body.get("parameters", {})
    common = {
        "request_id": flask.g.request_id,
        "at": at,
        "agent_platform": "openai",
        "actor_type": "api_key",
        "actor_id": str(caller.key_id),
        "project_id": caller.project_id,
        "operator_id": caller.operator_id,
        "action": body["action"],
    }
    trace = {
        "method": flask.request.method,
        "path": flask.request.path,
        "operation_id": OPERATION,
        "status": status,
        "duration_ms": round((time.perf_counter() - flask.g.started) * 1000, 3),
        "ip": flask.request.remote_addr,
        "lat": parameters.get("lat"),
        "lng": parameters.get("lng"),
        "upstream": [],
        "forget_at": at + FORGOTTEN_AFTER,
    }
    call = {"id": ids.uuid7(), "diff": {"outcome": "ok" if status < 400 else str(status)}}
    records.add(common | trace, common | call)


records.start()
app = make_app()
