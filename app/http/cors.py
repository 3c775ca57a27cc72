"""Reading from scripts of other web sites: open where anyone may read, and never with credentials."""

from typing import Final

from app.http.exchange import Headers

_EXPOSED: Final = (
    b"X-Request-Id, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, "
    b"Retry-After, ETag, Link, Deprecation, Sunset"
)
ANY_ORIGIN: Final[Headers] = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", _EXPOSED),
]
"""On every answer that any origin may read."""

PREFLIGHT_HEADERS: Final[Headers] = [
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-max-age", b"86400"),
]
"""On the answer to a preflight; no header is allowed, so no Authorization either."""


def is_preflight(headers: Headers) -> bool:
    """Tell whether a browser asks before it sends (Fetch standard, CORS-preflight request)."""
    names = {name for name, _ in headers}
    return b"origin" in names and b"access-control-request-method" in names


def for_origin(origin: bytes) -> Headers:
    """Return what lets the scripts of one origin read an answer."""
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", _EXPOSED),
        (b"vary", b"Origin"),
    ]
