"""The audit log: read it, export a lot's part of it."""

from typing import Any
from uuid import UUID

from app.domain.callers import Caller
from app.presenters import answers, pages
from app.presenters.audit import as_csv, present
from app.services import audit_lists
from app.services.audit_lists import Filters
from app.services.timelines import Window


def list_audit_log(
    user: Caller,
    *,
    lot_id: str | None = None,
    action: str | None = None,
    actor_type: str | None = None,
    project_id: str | None = None,
    after: str | None = None,
    before: str | None = None,
    limit: int = 20,
    cursor: str | None = None,
) -> dict[str, Any]:
    """Read the log of the caller's operator, newest first."""
    window = Window.read(limit=limit, after=after, before=before, cursor=cursor)
    filters = Filters(_id(lot_id), action, actor_type, _id(project_id))
    return pages.present(audit_lists.page(user, window, filters), present)


def export_lot_audit_csv(
    user: Caller,
    lot_id: str,
    *,
    after: str | None = None,
    before: str | None = None,
    limit: int = 10_000,
    cursor: str | None = None,
) -> tuple[str, int, dict[str, str]]:
    """Export what was done in one of the operator's lots."""
    window = Window.read(limit=limit, after=after, before=before, cursor=cursor)
    page = audit_lists.export(user, UUID(lot_id), window)
    headers = {"Content-Disposition": f'attachment; filename="audit-{UUID(lot_id)}.csv"'}
    if page.next_cursor is not None:
        path = f"/api/v1/operator/lots/{lot_id}/audit.csv"
        following = {"after": after, "before": before, "limit": limit, "cursor": page.next_cursor}
        headers |= answers.next_page(path, **following)
    return as_csv(page.entries), 200, headers


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
