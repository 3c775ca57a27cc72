"""Who looks at a page."""

from flask import request

from app.domain import ids
from app.domain.callers import Actor, Caller
from app.http.wsgi import REQUEST_ID


def driver() -> Caller:
    """Return a driver, known only by the link that they hold."""
    return Caller(
        actor=Actor("driver"),
        request_id=request.environ.get(REQUEST_ID) or ids.request_id(),
        address=request.remote_addr,
    )
