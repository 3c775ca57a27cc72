"""Events: the list of what happened."""

from typing import Any
from uuid import UUID

from app.domain.callers import Caller
from app.presenters import pages
from app.presenters.events import present
from app.services import event_lists


def list_events(
    user: Caller, type: str | None = None, limit: int = 20, cursor: str | None = None
) -> dict[str, Any]:
    """List the events that the project's webhooks may hear of, newest first."""
    page = event_lists.page(
        user, event_type=type, limit=limit, cursor=None if cursor is None else UUID(cursor)
    )
    return pages.present(page, present)
