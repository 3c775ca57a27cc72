"""What happened, as webhooks are told of it."""

from parkgraph.calls import call
from parkgraph.models import Event, EventPage, EventType
from parkgraph.operations import LIST_EVENTS
from parkgraph.pages import Pages
from parkgraph.readings import whole
from parkgraph.resource import Resource


class EventsResource(Resource):
    """What happened, as webhooks are told of it."""

    def list_events(
        self, *, type: EventType | str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Pages[EventPage, Event]:
        """List what happened.

        Answers the events that the project's webhooks may hear of, newest first, whether one listened or not,
        for 30 days. Pass `next_cursor` as `cursor` for the next page; the last page has none.

        Args:
            type: Only events of this type.
            limit: How many entries a page has at most. Iterating reads on, page after page.
            cursor: Where to begin: the `next_cursor` of a page. Left out, at the start; iterating needs
                none.
        """
        asked = call(LIST_EVENTS, whole(EventPage), query={"type": type, "limit": limit, "cursor": cursor})
        return Pages(self._send, asked, entries=lambda page: page.data)
