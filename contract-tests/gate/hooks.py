"""What Schemathesis loads: mends before each call, checks after it, and a record of the traffic.

Runs in the process of Schemathesis, which `gate.fuzzing` starts with GATE_RUN and others.
"""

import copy
import itertools
import json
import os
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import strategies
from schemathesis.core import NotSet
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase

from app.contract.document import Contract
from gate import checks, patterns, spoils
from gate.focus import ACTION_SEPARATOR
from gate.repairs import Repairs
from gate.signatures import StripeSigner
from gate.stock import Stock
from gate.traffic import Exchange, Recorder
from gate.world import World

WORLD = World.read(Path(os.environ["GATE_WORLD"]))
STATUSES = dict(Contract.read().errors)
STOCK = Stock(WORLD, os.environ["GATE_URL"], run=os.environ["GATE_RUN"])
REPAIRS = Repairs(WORLD, STOCK)
RECORDER = Recorder(Path(os.environ["GATE_TRAFFIC"])) if os.environ.get("GATE_TRAFFIC") else None
SPOILS = itertools.count() if os.environ.get("GATE_SPOILS") == "1" else None
_SECRET = "Authorization"
_OWN_KEY = f"Bearer {WORLD.fuzzed.key}"

# Instants as the contract writes them: in UTC, from 2000 to 2099. Without this, generating text that has both
# a pattern and a format means throwing nearly all of it away.
_FIRST, _LAST = datetime(2000, 1, 1), datetime(2099, 12, 31)  # noqa: DTZ001 -- Hypothesis wants them naive
_instants = strategies.datetimes(min_value=_FIRST, max_value=_LAST)
schemathesis.openapi.format("date-time", _instants.map(lambda at: f"{at.isoformat()}Z"))
patterns.read_once()


@schemathesis.deserializer("text/csv")
def text(ctx: Any, response: Any) -> str:
    """Judge a file by the text that it is."""
    return str(response.content.decode())


@schemathesis.serializer("text/csv", "application/geo+json")
def as_file(ctx: Any, value: Any) -> bytes:
    """Send a list of lots as it is, and anything that is none as JSON."""
    return value if isinstance(value, bytes) else json.dumps(value).encode()


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Send an action's case to its dispatcher, the clock's to its own sandbox; mend and sign."""
    operation_id = _operation_id(case)
    case.path = case.path.partition(ACTION_SEPARATOR)[0]
    if operation_id == "advanceSandboxClock" and case.headers.get(_SECRET) == _OWN_KEY:
        case.headers[_SECRET] = f"Bearer {STOCK.clock_key}"
    if operation_id == "updateProject" and case.headers.get(_SECRET) == _OWN_KEY:
        # A budget for end users would refuse cases of every other operation that names one.
        case.headers[_SECRET] = f"Bearer {WORLD.tenants['changed'].key}"
    if case.meta is not None and case.method.upper() == case.operation.method.upper():
        if case.meta.generation.mode.is_positive:
            _mend(operation_id, case)
            if SPOILS is not None:
                _spoil(case, next(SPOILS))
        if operation_id == "receiveStripeEvent" and not case.meta.is_negative_at(ParameterLocation.HEADER):
            kwargs["auth"] = StripeSigner()


def _mend(operation_id: str, case: Any) -> None:
    _take_apart(case)
    body = None if isinstance(case.body, NotSet) else case.body
    REPAIRS.mend(
        operation_id,
        path=case.path_parameters,
        query=case.query,
        headers=case.headers,
        body=body,
        chained=case.meta.phase.name == TestPhase.STATEFUL,
    )
    if operation_id == "importLots":
        case.body = STOCK.list_of_lots(case.media_type)


def _take_apart(case: Any) -> None:
    """Give a case values of its own: generated ones are shared with cases that come later."""
    case.path_parameters = dict(case.path_parameters or {})
    case.query = dict(case.query or {})
    case.headers = case.headers.copy()
    if not isinstance(case.body, NotSet):
        case.body = copy.deepcopy(case.body)


def _spoil(case: Any, number: int) -> None:
    """Spoil every second case."""
    names = [
        parameter.name for parameter in case.operation.iter_parameters() if parameter.name in spoils.KNOWN
    ]
    if names and number % 2:
        spoils.spoil(
            number // 2, path=case.path_parameters, query=case.query, headers=case.headers, names=names
        )


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Write the exchange down, and note what later cases can use."""
    operation_id = _operation_id(case)
    if operation_id == "advanceSandboxClock":
        STOCK.clock_was_turned(as_far_as_it_goes=response.status_code == 409)
    if case.headers.get(_SECRET) == _OWN_KEY and response.status_code < 300:
        STOCK.remember_request(response.headers["x-request-id"][0])
    if case.method.upper() == case.operation.method.upper():
        exchange = exchange_of(case, response)
        if exchange.accepted:
            STOCK.remember_ids(exchange.answered)
        if exchange.accepted and operation_id == "createLot":
            STOCK.lot_was_made(exchange.answered["lot"]["id"])
        if exchange.accepted and operation_id == "createWebhook":
            STOCK.webhook_was_made(exchange.answered["webhook"]["id"])
        if RECORDER is not None:
            RECORDER.keep(exchange)


def exchange_of(case: Any, response: Any) -> Exchange:
    """Describe what was sent and what came back, as it was on the wire."""
    request = response.request
    sent = request.body.decode("utf-8", "replace") if isinstance(request.body, bytes) else request.body
    positive = case.meta is None or case.meta.generation.mode.is_positive
    return Exchange(
        operation=_operation_id(case),
        mode="positive" if positive else "negative",
        method=request.method,
        path_parameters={name: str(value) for name, value in (case.path_parameters or {}).items()},
        query=tuple((name, str(value)) for name, value in (case.query or {}).items()),
        request_headers={name.lower(): str(value) for name, value in request.headers.items()},
        request_body=sent,
        status=response.status_code,
        response_headers={name.lower(): values[0] for name, values in response.headers.items()},
        response_body=(response.content or b"").decode("utf-8", "replace"),
    )


def _operation_id(case: Any) -> str:
    return str(case.operation.definition.raw["operationId"]).partition("_")[0]


def _judged(check: Callable[[Exchange], str | None], case: Any, response: Any) -> None:
    """Fail if a check finds a fault; a method that the operation lacks is another check's business."""
    if case.method.upper() == case.operation.method.upper():
        fault = check(exchange_of(case, response))
        assert fault is None, f"{case.operation.label}: {fault}"


@schemathesis.check
def page_is_within_limit(ctx: Any, response: Any, case: Any) -> None:
    """A page holds no more than was asked for."""
    _judged(checks.page_is_within_limit, case, response)


@schemathesis.check
def nothing_leaks(ctx: Any, response: Any, case: Any) -> None:
    """Nothing of the server's inside, and no key, stands in an answer."""
    _judged(checks.nothing_leaks, case, response)


@schemathesis.check
def error_is_honest(ctx: Any, response: Any, case: Any) -> None:
    """An error's code belongs to its status, its request id to the header."""
    _judged(partial(checks.error_is_honest, statuses=STATUSES), case, response)


@schemathesis.check
def nothing_comes_with_204(ctx: Any, response: Any, case: Any) -> None:
    """A 204 has neither a body nor a media type."""
    _judged(checks.nothing_comes_with_204, case, response)


@schemathesis.check
def action_has_its_own_answer(ctx: Any, response: Any, case: Any) -> None:
    """A dispatcher answers what the action's REST twin answers."""
    _judged(checks.action_has_its_own_answer, case, response)


@schemathesis.check
def session_is_consistent(ctx: Any, response: Any, case: Any) -> None:
    """What is known at a session's end is there then, and not before."""
    _judged(checks.session_is_consistent, case, response)
