"""Status: whether the server runs, and whether it can do its work."""

from app.services import status

OK = {"status": "ok"}


def get_health() -> dict[str, str]:
    """Say that the process runs."""
    return OK


def get_readiness() -> dict[str, str]:
    """Say that the server can do its work, or be refused with what is missing."""
    status.check()
    return OK
