"""Traces: what one request was and did."""

from typing import Any

from app.domain.callers import Caller
from app.presenters.traces import present
from app.services import traces


def get_trace(user: Caller, request_id: str) -> dict[str, Any]:
    """Find a request of the caller's operator by its id."""
    return {"trace": present(traces.get(user, request_id))}
