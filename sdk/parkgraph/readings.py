"""How the body of an answer is read."""

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx

from parkgraph.answers import Answer
from parkgraph.calls import Reading, Reply
from parkgraph.errors import CATALOGUE, Detail, InvalidAnswer, Refused
from parkgraph.model import Model
from parkgraph.pages import CsvPart

M = TypeVar("M", bound=Model)
T = TypeVar("T")

_NEXT: Final = re.compile(r'<([^>]*)>\s*;\s*rel="next"')
_FOREIGN: Final = {
    429: "RATE_LIMITED",
    500: "INTERNAL",
    502: "BAD_GATEWAY",
    503: "SERVICE_UNAVAILABLE",
    504: "BAD_GATEWAY",
}
"""What a refusal without our envelope means, by its status."""


def whole(model: type[M]) -> Reading[M]:
    """Read the body as a model."""
    return lambda reply: _model(model, _json(reply), reply)


def inside(name: str, model: type[M]) -> Reading[M]:
    """Read the one property of the body as a model."""
    return lambda reply: _model(model, _property(_json(reply), name, reply), reply)


def of_action(readings: Mapping[str, Reading[T]], action: object) -> Reading[T]:
    """Choose how the answer to an action is read; raise TypeError for what is no action of the operation."""
    name = getattr(action, "action", "")
    if name not in readings:
        models = f"one of the models of this operation, whose actions are {', '.join(readings)}"
        raise TypeError(f"action takes {models}, not {type(action).__name__}.")
    return readings[name]


def nothing(reply: Reply) -> Answer:
    """Read no body."""
    return reply.answer


def csv(reply: Reply) -> CsvPart:
    """Read a part of a table, and where the next one begins."""
    link = _NEXT.search(reply.answer.headers.get("Link", ""))
    cursor = parse_qs(urlsplit(link[1]).query).get("cursor", [None])[0] if link else None
    try:
        return CsvPart(text=reply.content.decode(), next_cursor=cursor, answer=reply.answer)
    except UnicodeDecodeError as error:
        raise _not_ours(reply, "it is not in UTF-8") from error


def refusal(reply: Reply) -> Refused | InvalidAnswer:
    """Make the exception of an answer that refuses."""
    status = reply.answer.status
    try:
        error = json.loads(reply.content)["error"]
        kind = CATALOGUE.get(error["code"], Refused)
        return kind(
            error["message"],
            answer=reply.answer,
            code=error["code"],
            request_id=error.get("request_id"),
            details=_details(error.get("details") or ()),
            idempotency_key=reply.idempotency_key,
        )
    except (ValueError, TypeError, KeyError):
        return _not_ours(reply) if status < httpx.codes.BAD_REQUEST else _foreign(reply)


def _foreign(reply: Reply) -> Refused | InvalidAnswer:
    """Make the exception of a refusal by what stands before Park Graph; a proxy names no code."""
    code = _FOREIGN.get(reply.answer.status)
    if code is None:
        return _not_ours(reply)
    message = "Something between this client and Park Graph refused the request."
    return CATALOGUE[code](message, answer=reply.answer, idempotency_key=reply.idempotency_key)


def _details(details: Sequence[Any]) -> list[Detail]:
    return [Detail(detail["field"], detail["message"]) for detail in details]


def _json(reply: Reply) -> Any:
    try:
        return json.loads(reply.content, parse_float=Decimal)
    except ValueError as error:
        raise _not_ours(reply, "it is no JSON") from error


def _property(body: Any, name: str, reply: Reply) -> Any:
    try:
        return body[name]
    except (KeyError, TypeError) as error:
        raise _not_ours(reply, f"it has no {name}") from error


def _model(model: type[M], data: Any, reply: Reply) -> M:
    try:
        return model.from_json(data, answer=reply.answer)
    except (ValueError, TypeError) as error:
        raise _not_ours(reply, str(error)) from error


def _not_ours(reply: Reply, why: str = "") -> InvalidAnswer:
    kind = reply.answer.headers.get("Content-Type", "of no type")
    message = f"{reply.answer.status}, and not what the contract says: {len(reply.content)} bytes {kind}"
    if why:
        message += f" ({why})"
    return InvalidAnswer(
        message, answer=reply.answer, content=reply.content, idempotency_key=reply.idempotency_key
    )
