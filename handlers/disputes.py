"""Disputes: list what drivers' banks took back, or ask about."""

from typing import Any
from uuid import UUID

from app.domain.callers import Caller
from app.presenters import pages
from app.presenters.disputes import present
from app.services import disputes
from app.services.disputes import Filters
from app.services.timelines import Window


def list_disputes(
    user: Caller,
    *,
    session_id: str | None = None,
    status: str | None = None,
    limit: int = 20,
    cursor: str | None = None,
) -> dict[str, Any]:
    """List the disputes of stays in the operator's lots, newest first."""
    window = Window.read(limit=limit, after=None, before=None, cursor=cursor)
    filters = Filters(None if session_id is None else UUID(session_id), status)
    return pages.present(disputes.page(user, window, filters), present)
