"""The ledger: read the operator's account, export it."""

from typing import Any
from uuid import UUID

from app.domain.callers import Caller
from app.presenters import answers, pages
from app.presenters.ledger import as_csv, balance, present
from app.services import ledger_lists
from app.services.ledger_lists import Filters
from app.services.timelines import Window


def list_ledger_entries(
    user: Caller,
    *,
    session_id: str | None = None,
    kind: str | None = None,
    after: str | None = None,
    before: str | None = None,
    limit: int = 20,
    cursor: str | None = None,
) -> dict[str, Any]:
    """Read the account of the caller's operator, newest first."""
    window = Window.read(limit=limit, after=after, before=before, cursor=cursor)
    statement = ledger_lists.read(user, window, _filters(session_id, kind))
    shown = pages.present(statement.page, present)
    if statement.balances is None:
        return shown
    return shown | {"balances": [balance(owed) for owed in statement.balances]}


def export_ledger_csv(
    user: Caller,
    *,
    session_id: str | None = None,
    kind: str | None = None,
    after: str | None = None,
    before: str | None = None,
    limit: int = 10_000,
    cursor: str | None = None,
) -> tuple[str, int, dict[str, str]]:
    """Export the account of the caller's operator."""
    window = Window.read(limit=limit, after=after, before=before, cursor=cursor)
    page = ledger_lists.export(user, window, _filters(session_id, kind))
    headers = {"Content-Disposition": 'attachment; filename="ledger.csv"'}
    if page.next_cursor is not None:
        asked = {"session_id": session_id, "kind": kind, "after": after, "before": before, "limit": limit}
        headers |= answers.next_page("/api/v1/operator/ledger.csv", **asked, cursor=page.next_cursor)
    return as_csv(page.entries), 200, headers


def _filters(session_id: str | None, kind: str | None) -> Filters:
    return Filters(None if session_id is None else UUID(session_id), kind)
