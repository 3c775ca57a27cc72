"""The embedded processor, as far as browsers may reach it."""

from wsgiref.types import WSGIApplication

from app.gateways import processors


def find() -> WSGIApplication | None:
    """Return the application in which the embedded processor meets browsers; None where it is not in use."""
    embedded = processors.find_embedded()
    return None if embedded is None else embedded.for_browsers()
