"""What answers have in common beside their bodies: headers."""

from typing import Any
from urllib.parse import urlencode

from app.domain.callers import Caller

Response = tuple[dict[str, Any], int, dict[str, str]]
"""A body, a status and headers, as Connexion's handlers return them."""


def headers(replayed: bool) -> dict[str, str]:
    """Return the header of an answer that was given before."""
    return {"Idempotent-Replayed": "true"} if replayed else {}


def cached_for(caller: Caller, *, seconds: int) -> dict[str, str]:
    """Return the headers of a read that may be shown again for a while; what a key sees, to nobody else."""
    audience = "public" if caller.project is None else "private"
    return {"Cache-Control": f"{audience}, max-age={seconds}", "Vary": "Authorization"}


def next_page(path: str, **query: object) -> dict[str, str]:
    """Return the header that leads to the next page of a list (RFC 8288)."""
    given = {name: value for name, value in query.items() if value is not None}
    return {"Link": f'<{path}?{urlencode(given)}>; rel="next"'}
