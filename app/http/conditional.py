"""Answers that need not be sent again: a strong ETag over the bytes, and If-None-Match.

RFC 9110, sections 8.8.3 and 13.1.2.
"""

from typing import Final

from app.contract.published import etag_of
from app.http.wsgi import WholeAnswer

_OK: Final = 200
_NOT_MODIFIED: Final = 304
_OF_THE_BODY: Final = frozenset({b"content-type", b"content-length"})


def tagged(answer: WholeAnswer, if_none_match: str | None) -> WholeAnswer:
    """Put the ETag on an answer, or answer 304 to a caller who has these very bytes."""
    if answer.status != _OK:
        return answer
    etag = etag_of(answer.body)
    headers = [*answer.headers, (b"etag", etag.encode())]
    if if_none_match is None or not _names(if_none_match, etag):
        return answer._replace(headers=headers)
    lasting = [pair for pair in headers if pair[0] not in _OF_THE_BODY]
    return WholeAnswer(_NOT_MODIFIED, lasting, b"")


def _names(if_none_match: str, etag: str) -> bool:
    """Compare weakly, as this header does: a proxy that compresses may have made the tag weak."""
    given = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in given or given == ["*"]
