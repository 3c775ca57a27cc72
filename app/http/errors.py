"""Everything that goes wrong, answered in one way: the envelope, or for people a page."""

import logging
import re
from dataclasses import dataclass
from typing import Any, Final

import orjson
from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from starlette.exceptions import HTTPException

from app.contract.document import Contract
from app.domain.errors import (
    BadGateway,
    BadRequest,
    Conflict,
    Detail,
    Forbidden,
    Internal,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    ParkGraphError,
    PayloadTooLarge,
    RateLimited,
    ServiceUnavailable,
    Unauthorized,
    UnsupportedMediaType,
    UpgradeRequired,
)
from app.http import error_page
from app.http.exchange import Exchange, exchange_of
from app.http.stacks import describe

CHALLENGE: Final = 'Bearer realm="park-graph"'
SEND_A_KEY: Final = "Send an API key as Authorization: Bearer pk_live_… or pk_test_…"
WHOLE_REQUEST: Final = "request"
"""The field of a 400 that no single field is to blame for."""
MOST_DETAILS: Final = 100

_BAD_REQUEST: Final = 400
_UNAUTHORIZED: Final = 401
_RATE_LIMITED: Final = 429
_INTERNAL: Final = 500
_UNAVAILABLE: Final = 503
_DEFAULT_HEADERS: Final = {
    _UNAUTHORIZED: {"WWW-Authenticate": CHALLENGE},
    _RATE_LIMITED: {"Retry-After": "1"},
    _UNAVAILABLE: {"Retry-After": "5"},
}
_KEPT_HEADERS: Final = ("Allow", "Retry-After")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")

_BY_STATUS: Final[dict[int, ParkGraphError]] = {
    401: Unauthorized(SEND_A_KEY),
    403: Forbidden("This is not allowed."),
    404: NotFound("There is nothing at this path."),
    405: MethodNotAllowed("This path does not know the method."),
    406: NotAcceptable("Nothing of what the Accept header asks for can be answered."),
    409: Conflict("This is not possible in the present state."),
    413: PayloadTooLarge("The body is larger than 1,048,576 bytes."),
    415: UnsupportedMediaType("Send JSON with Content-Type application/json."),
    426: UpgradeRequired("Use https."),
    429: RateLimited("A rate budget is used up."),
    502: BadGateway("The payment processor did not answer as it should."),
    503: ServiceUnavailable("The server cannot reach what it stands on."),
}
_UNEXPECTED: Final = Internal("Something failed on our side. If it persists, send us the request id.")

log = logging.getLogger("parkgraph.errors")


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """A refusal, ready to be sent."""

    status: int
    headers: dict[str, str]
    content_type: str
    body: bytes


class Errors:
    """Answer exceptions by the contract's catalogue."""

    def __init__(self, contract: Contract) -> None:
        self._statuses = contract.errors

    async def on_error(self, request: ConnexionRequest, error: Exception) -> ConnexionResponse:
        """Answer any exception; this is the only error handler that Connexion gets."""
        answer = self.answer(exchange_of(request.scope), error)
        return ConnexionResponse(
            status_code=answer.status,
            mimetype=answer.content_type,
            content_type=answer.content_type,
            body=answer.body,
            headers=answer.headers,
        )

    def answer(self, exchange: Exchange, error: Exception) -> ErrorAnswer:
        """Return the answer to an exception, and note on the exchange what the trace shall say."""
        refusal = refusal_of(error)
        status = self._statuses[refusal.code]
        exchange.error_code = refusal.code
        if status >= _INTERNAL:
            exchange.stack = describe(error)
            log.error("%s %s\n%s", exchange.request_id, refusal.code, exchange.stack)
        headers = _DEFAULT_HEADERS.get(status, {}) | _header_values(error, refusal)
        if exchange.is_page:
            headers |= {"Content-Security-Policy": error_page.POLICY}
            return ErrorAnswer(status, headers, "text/html; charset=utf-8", _page(refusal, exchange))
        return ErrorAnswer(status, headers, "application/json", _envelope(refusal, status, exchange))


def refusal_of(error: Exception) -> ParkGraphError:
    """Say in our own words what an exception of any origin refuses."""
    if isinstance(error, ParkGraphError):
        return error
    status = error.status_code if isinstance(error, HTTPException) else _INTERNAL
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if _BAD_REQUEST <= status < _INTERNAL:
        return BadRequest.of(WHOLE_REQUEST, "this request can't be understood")
    return _UNEXPECTED


def _header_values(error: Exception, refusal: ParkGraphError) -> dict[str, str]:
    foreign = getattr(error, "headers", None) if refusal is not error else None
    kept = {name: foreign[name] for name in _KEPT_HEADERS if name in foreign} if foreign else {}
    return kept | refusal.headers


def _envelope(refusal: ParkGraphError, status: int, exchange: Exchange) -> bytes:
    message = _printable(refusal.message, most=1000)
    facts: dict[str, Any] = {"code": refusal.code, "message": message, "request_id": exchange.request_id}
    details = refusal.details
    if status == _BAD_REQUEST and not details:
        details = (Detail(WHOLE_REQUEST, message),)
    if details:
        facts["details"] = [_detail(detail) for detail in details[:MOST_DETAILS]]
    return orjson.dumps({"error": facts})


def _detail(detail: Detail) -> dict[str, str]:
    return {
        "field": _printable(detail.field, most=200) or "(no name)",
        "message": _printable(detail.message, most=1000),
    }


def _printable(text: str, *, most: int) -> str:
    return _CONTROL.sub(" ", text)[:most]


def _page(refusal: ParkGraphError, exchange: Exchange) -> bytes:
    message = _printable(refusal.message, most=1000)
    return error_page.render(refusal, message=message, request_id=exchange.request_id)
