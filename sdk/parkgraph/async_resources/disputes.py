"""What drivers' banks took back."""

from parkgraph.calls import call
from parkgraph.models import Dispute, DisputePage, DisputeStatus
from parkgraph.operations import LIST_DISPUTES
from parkgraph.pages import AsyncPages
from parkgraph.readings import whole
from parkgraph.resource import AsyncResource


class AsyncDisputesResource(AsyncResource):
    """What drivers' banks took back."""

    def list_disputes(
        self,
        *,
        session_id: str | None = None,
        status: DisputeStatus | str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> AsyncPages[DisputePage, Dispute]:
        """List disputed payments.

        Answers the disputes of stays in your lots, newest first. They are answered with evidence in the
        payment processor's own dashboard; how they stand arrives with its events. Pass `next_cursor` as
        `cursor` to go on.

        Args:
            session_id: Only disputes about this session's money.
            status: Only disputes that stand so.
            limit: How many entries a page has at most. Iterating reads on, page after page.
            cursor: Where to begin: the `next_cursor` of a page. Left out, at the start; iterating needs
                none.
        """
        asked = call(
            LIST_DISPUTES,
            whole(DisputePage),
            query={"session_id": session_id, "status": status, "limit": limit, "cursor": cursor},
        )
        return AsyncPages(self._send, asked, entries=lambda page: page.data)
