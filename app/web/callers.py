"""Who looks at a page."""

from app.domain import ids
from app.domain.callers import Actor, Caller


def driver() -> Caller:
    """Return a driver, known only by the link that they hold."""
    return Caller(actor=Actor("driver"), request_id=ids.request_id())
