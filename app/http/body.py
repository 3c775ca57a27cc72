"""Step 5: the body, read once and parsed once; limiter, validation and handler share what came of it.

JSON is parsed here. What an operation takes in another media type is a file: its handler asks for `raw`
and for `media_type`.
"""

import json
from functools import lru_cache
from typing import Any, Final

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from app.contract.document import Operation
from app.contract.operations import JSON
from app.domain.errors import BadRequest, Detail, ParkGraphError, PayloadTooLarge, UnsupportedMediaType
from app.http.exchange import Exchange, Headers, exchange_of
from app.http.patience import at_most

LARGEST: Final = 1_048_576
MOST_SWALLOWED: Final = 8 * LARGEST
"""Bytes read of a body that is too large: most clients look for an answer only once they have sent all."""
PATIENCE_SECONDS: Final = 30.0
"""How long a body may take to arrive; until it has, nobody pays for the connection that it holds."""
DEEPEST: Final = 64
MOST_CONTAINERS: Final = 10_000
"""Lists and objects in a body: a megabyte of empty ones keeps Python busy with its memory for a second."""
_LARGEST_INTEGER: Final = 2**64
_SMALLEST_INTEGER: Final = -(2**63)
_ANY_DIGIT: Final = bytes.maketrans(b"123456789", b"000000000")
_LONG_NUMBER: Final = b"0" * 19
"""Digits of the shortest integer beyond 64 bits, where all digits are written alike."""
_CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_NOT_CODED: Final = frozenset({b"", b"identity"})
_FIELD: Final = "body"


class Body:
    """Read and parse the body of whatever takes one; note a refusal, don't raise it yet."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            exchange = exchange_of(scope)
            if exchange.takes_body:
                await _take(exchange, scope["headers"], receive)
        await self.app(scope, receive, send)


async def _take(exchange: Exchange, headers: Headers, receive: Receive) -> None:
    try:
        exchange.raw = await read(headers, receive)
        if exchange.operation is not None:
            exchange.media_type, charset = _content_type(headers)
            exchange.body = _parsed(exchange, headers, exchange.operation, charset=charset)
    except ParkGraphError as refusal:
        exchange.refuse(refusal)


async def read(headers: Headers, receive: Receive) -> bytes:
    """Read a body; raise PayloadTooLarge for one that is too large, BadRequest for one that never comes."""
    try:
        return await at_most(PATIENCE_SECONDS, _read(headers, receive))
    except TimeoutError:
        raise _too_slow() from None


def message(headers: Headers, raw: bytes) -> Any:
    """Parse the JSON of a request that no operation takes; raise as for one that does."""
    media_type, charset = _content_type(headers)
    if media_type != JSON:
        raise UnsupportedMediaType(f"Send {JSON} as Content-Type.")
    _refuse_coded(headers, charset)
    return parse(raw)


async def _read(headers: Headers, receive: Receive) -> bytes:
    announced = _announced_length(headers)
    if announced > LARGEST and _waits_for_leave(headers):
        raise _too_large()
    chunks, size, more = [], 0, announced <= MOST_SWALLOWED
    while more and size <= MOST_SWALLOWED:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest.of(_FIELD, "ended before it was complete")
        chunk, more = message.get("body", b""), message.get("more_body", False)
        size += len(chunk)
        if max(size, announced) <= LARGEST:
            chunks.append(chunk)
    if max(size, announced) > LARGEST:
        raise _too_large()
    return b"".join(chunks)


def _waits_for_leave(headers: Headers) -> bool:
    return any(name == b"expect" and value.lower() == b"100-continue" for name, value in headers)


def _announced_length(headers: Headers) -> int:
    lengths = [value for name, value in headers if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


def _too_large() -> PayloadTooLarge:
    return PayloadTooLarge("The body is larger than 1,048,576 bytes.")


def _too_slow() -> BadRequest:
    problem = f"did not arrive within {PATIENCE_SECONDS:g} seconds"
    detail = Detail(_FIELD, problem)
    return BadRequest(f"{_FIELD}: {problem}", details=[detail], headers={"Connection": "close"})


def _parsed(exchange: Exchange, headers: Headers, operation: Operation, *, charset: str) -> Any:
    if not exchange.raw:
        if operation.body_required:
            kind = "a JSON body" if operation.body_schema_pointer else "a file as its body"
            raise BadRequest.of(_FIELD, f"this request needs {kind}")
        return None
    if exchange.media_type not in operation.body_media_types:
        raise UnsupportedMediaType(f"Send {' or '.join(operation.body_media_types)} as Content-Type.")
    _refuse_coded(headers, charset)
    return parse(exchange.raw) if exchange.media_type == JSON else None


def _refuse_coded(headers: Headers, charset: str) -> None:
    if _is_coded(headers):
        raise UnsupportedMediaType("Send the body as it is, without a Content-Encoding.")
    if charset not in _CHARSETS:
        raise BadRequest.of("Content-Type", "must name no charset, or utf-8")


def _is_coded(headers: Headers) -> bool:
    """Tell whether the body is compressed: it could pass every limit and then grow (RFC 9110 section 8.4)."""
    codings = [value.strip().lower() for name, value in headers if name == b"content-encoding"]
    return not _NOT_CODED.issuperset(codings)


def _content_type(headers: Headers) -> tuple[str, str]:
    """Return media type and charset; no type, or several, are no media type at all."""
    given = [value for name, value in headers if name == b"content-type"]
    return _read_content_type(given[0]) if len(given) == 1 else ("", "utf-8")


@lru_cache(maxsize=128)
def _read_content_type(value: bytes) -> tuple[str, str]:
    media_type, *parameters = value.decode("latin-1").lower().split(";")
    settings = dict(part.strip().partition("=")[::2] for part in parameters)
    return media_type.strip(), settings.get("charset", "utf-8").strip('"')


def parse(raw: bytes) -> Any:
    """Parse JSON (RFC 8259); raise BadRequest on what it is not, or what no handler could keep.

    Of a key given twice the last wins. Integers beyond 64 bits are refused, where orjson would round them.
    """
    containers = raw.count(b"[") + raw.count(b"{")
    if containers > MOST_CONTAINERS:
        raise BadRequest.of(_FIELD, f"holds more than {MOST_CONTAINERS:,} lists and objects")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BadRequest.of(_FIELD, f"is not valid JSON: {error.msg} ({place})") from error
    if containers > DEEPEST and _is_deep(value):
        raise BadRequest.of(_FIELD, f"is nested more than {DEEPEST} levels deep")
    if _LONG_NUMBER in raw.translate(_ANY_DIGIT):
        _refuse_long_integers(raw)
    return value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []


def _refuse_long_integers(raw: bytes) -> None:
    try:
        json.loads(raw, parse_int=_integer)
    except OverflowError as error:
        raise BadRequest.of(_FIELD, "has an integer beyond 64 bits") from error


def _integer(digits: str) -> int:
    # Twenty digits and a sign hold every 64-bit integer; int() of a million digits is never tried.
    if len(digits) > 20 or not _SMALLEST_INTEGER <= int(digits) < _LARGEST_INTEGER:  # noqa: PLR2004 -- said above
        raise OverflowError
    return int(digits)
