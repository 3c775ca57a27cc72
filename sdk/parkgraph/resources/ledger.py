"""What the operator is owed, and how it came about."""

from datetime import datetime

from parkgraph.calls import call
from parkgraph.models import LedgerEntry, LedgerKind, LedgerPage
from parkgraph.operations import EXPORT_LEDGER_CSV, LIST_LEDGER_ENTRIES
from parkgraph.pages import CsvPart, Pages
from parkgraph.readings import csv, whole
from parkgraph.resource import Resource


class LedgerResource(Resource):
    """What the operator is owed, and how it came about."""

    def list_ledger_entries(
        self,
        *,
        session_id: str | None = None,
        kind: LedgerKind | str | None = None,
        after: datetime | None = None,
        before: datetime | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Pages[LedgerPage, LedgerEntry]:
        """Read your account's movements.

        Answers what your account gained and lost, newest first: charges, refunds, the platform's fees, and
        what was paid out. On the first page `balances` says what you are owed after everything before
        `before`, whatever else is asked for. A sandbox key reads its own world's.

        Args:
            session_id: Only what this session's money did.
            kind: Only entries of this kind.
            after: Only what was posted at this instant or later, by the clock of the session's project.
            before: Only what was posted before this instant.
            limit: How many entries a page has at most. Iterating reads on, page after page.
            cursor: Where to begin: the `next_cursor` of a page. Left out, at the start; iterating needs
                none.
        """
        asked = call(
            LIST_LEDGER_ENTRIES,
            whole(LedgerPage),
            query={
                "session_id": session_id,
                "kind": kind,
                "after": after,
                "before": before,
                "limit": limit,
                "cursor": cursor,
            },
        )
        return Pages(self._send, asked, entries=lambda page: page.data)

    def export_ledger_csv(
        self,
        *,
        session_id: str | None = None,
        kind: LedgerKind | str | None = None,
        after: datetime | None = None,
        before: datetime | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Pages[CsvPart, dict[str, str]]:
        """Export your account's movements.

        Answers a CSV file (RFC 4180, UTF-8, with a line of names) of the same entries, newest first, at most
        10,000. If there are more, the Link header leads to the next part.

        Args:
            session_id: Only what this session's money did.
            kind: Only entries of this kind.
            after: Only what was posted at this instant or later, by the clock of the session's project.
            before: Only what was posted before this instant.
            limit: How many entries a page has at most. Iterating reads on, page after page.
            cursor: Where to begin: the `next_cursor` of a page. Left out, at the start; iterating needs
                none.
        """
        asked = call(
            EXPORT_LEDGER_CSV,
            csv,
            query={
                "session_id": session_id,
                "kind": kind,
                "after": after,
                "before": before,
                "limit": limit,
                "cursor": cursor,
            },
        )
        return Pages(self._send, asked, entries=lambda page: page.rows)
