"""Whether the server runs and is ready."""

from parkgraph.calls import call
from parkgraph.models import Status
from parkgraph.operations import GET_HEALTH, GET_READINESS
from parkgraph.readings import whole
from parkgraph.resource import Resource


class StatusResource(Resource):
    """Whether the server runs and is ready."""

    def get_health(self) -> Status:
        """Check that the server runs.

        Answers as long as the process runs, whatever else is away. Use get_readiness before sending traffic.
        """
        return self._send(call(GET_HEALTH, whole(Status)))

    def get_readiness(self) -> Status:
        """Check that the server is ready.

        Answers 200 when the database can be reached and is of this server's version, else 503. Send no
        traffic to a server that is not ready; ask again after Retry-After.
        """
        return self._send(call(GET_READINESS, whole(Status)))
