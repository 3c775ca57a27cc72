"""What one request was and did, found by its id."""

from parkgraph.calls import call
from parkgraph.models import Trace
from parkgraph.operations import GET_TRACE
from parkgraph.readings import inside
from parkgraph.resource import Resource


class TracesResource(Resource):
    """What one request was and did, found by its id."""

    def get_trace(self, request_id: str) -> Trace:
        """Trace one request.

        Answers what a request was and did, found by its id alone: who called, what, the status, the time it
        took and the calls that it made. Only requests on the caller's operator are shown; any other id is a
        404.

        Args:
            request_id: The id from X-Request-Id or from an error.
        """
        return self._send(call(GET_TRACE, inside("trace", Trace), path={"request_id": request_id}))
