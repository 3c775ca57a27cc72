"""The headers of an operation that leaves: Deprecation (RFC 9745), Sunset (RFC 8594), and a link.

They speak of the address that was asked. An operation that serves a dispatcher's action, or a call within a
message to /mcp, says nothing there: actions leave by their descriptions.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from types import MappingProxyType

from app.contract.document import Contract
from app.contract.public_url import moved
from app.contract.retirement import Retirement
from app.http.exchange import Headers


def headers(contract: Contract, *, public_url: str) -> Mapping[str, Headers]:
    """Write the headers that every answer of a deprecated operation carries, by operationId."""
    return MappingProxyType(
        {
            operation.id: _headers_of(operation.retirement, public_url)
            for operation in contract.operations.values()
            if operation.retirement is not None
        }
    )


def _headers_of(retirement: Retirement, public_url: str) -> Headers:
    written: Headers = []
    if retirement.deprecated_at is not None:
        written.append((b"deprecation", b"@%d" % retirement.deprecated_at.timestamp()))
    if retirement.sunset_at is not None:
        written.append((b"sunset", _http_date(retirement.sunset_at)))
    if retirement.explained_at is not None:
        address = moved(retirement.explained_at, public_url=public_url)
        written.append((b"link", f'<{address}>; rel="deprecation", <{address}>; rel="sunset"'.encode()))
    return written


def _http_date(instant: datetime) -> bytes:
    """Write an instant as RFC 9110 (section 5.6.7) does."""
    return format_datetime(instant.astimezone(UTC), usegmt=True).encode()
