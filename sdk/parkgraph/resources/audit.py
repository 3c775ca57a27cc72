"""Who did what, for good: the log, and a lot's part of it as a file."""

from datetime import datetime

from parkgraph.calls import call
from parkgraph.models import ActorType, AuditEntry, AuditPage
from parkgraph.operations import EXPORT_LOT_AUDIT_CSV, LIST_AUDIT_LOG
from parkgraph.pages import CsvPart, Pages
from parkgraph.readings import csv, whole
from parkgraph.resource import Resource


class AuditResource(Resource):
    """Who did what, for good: the log, and a lot's part of it as a file."""

    def list_audit_log(
        self,
        *,
        lot_id: str | None = None,
        action: str | None = None,
        actor_type: ActorType | str | None = None,
        project_id: str | None = None,
        after: datetime | None = None,
        before: datetime | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Pages[AuditPage, AuditEntry]:
        """Read the audit log.

        Answers what was done by your projects and in your lots, newest first: writes with what they changed,
        and every call of an agent, and nothing is ever changed or deleted there. A live key reads of your
        sandboxes only the one that `project_id` names. Pass `next_cursor` as `cursor` for the next page.

        Args:
            lot_id: Only what was done in this lot.
            action: Only this action.
            actor_type: Only what this kind of caller did.
            project_id: Only what this project did, what was done to it, and in a sandbox what became of
                its lots.
            after: Only what was done at this instant or later.
            before: Only what was done before this instant.
            limit: How many entries a page has at most. Iterating reads on, page after page.
            cursor: Where to begin: the `next_cursor` of a page. Left out, at the start; iterating needs
                none.
        """
        asked = call(
            LIST_AUDIT_LOG,
            whole(AuditPage),
            query={
                "lot_id": lot_id,
                "action": action,
                "actor_type": actor_type,
                "project_id": project_id,
                "after": after,
                "before": before,
                "limit": limit,
                "cursor": cursor,
            },
        )
        return Pages(self._send, asked, entries=lambda page: page.data)

    def export_lot_audit_csv(
        self,
        lot_id: str,
        *,
        after: datetime | None = None,
        before: datetime | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Pages[CsvPart, dict[str, str]]:
        """Export a lot's audit log.

        Answers a CSV file (RFC 4180, UTF-8, with a line of names) of what was done in one of your lots,
        deleted ones too, newest first, at most 10,000 entries. If there are more, the Link header leads to
        the next part.

        Args:
            lot_id: The lot's id, as given by search_lots.
            after: Only what was done at this instant or later.
            before: Only what was done before this instant.
            limit: How many entries a page has at most. Iterating reads on, page after page.
            cursor: Where to begin: the `next_cursor` of a page. Left out, at the start; iterating needs
                none.
        """
        asked = call(
            EXPORT_LOT_AUDIT_CSV,
            csv,
            path={"lot_id": lot_id},
            query={"after": after, "before": before, "limit": limit, "cursor": cursor},
        )
        return Pages(self._send, asked, entries=lambda page: page.rows)
