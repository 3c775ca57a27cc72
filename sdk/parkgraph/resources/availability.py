"""Free spaces now."""

from parkgraph.calls import call, optional
from parkgraph.models import Availability
from parkgraph.operations import GET_AVAILABILITY, REPORT_OCCUPANCY
from parkgraph.readings import inside
from parkgraph.resource import Resource


class AvailabilityResource(Resource):
    """Free spaces now."""

    def get_availability(self, lot_id: str, *, end_user_id: str | None = None) -> Availability:
        """Count free spaces now.

        Answers how many spaces of a lot are free at this moment, and where the figure comes from. It is a
        look, not a hold: only create_session takes a space. An unknown lot is a 404.

        Args:
            lot_id: The lot's id, as given by search_lots.
            end_user_id: Your stable, pseudonymous id of the person behind the call. Where the operator
                opted in, it has a budget of its own.
        """
        return self._send(
            call(
                GET_AVAILABILITY,
                inside("availability", Availability),
                path={"lot_id": lot_id},
                query={"end_user_id": end_user_id},
            )
        )

    def report_occupancy(
        self,
        lot_id: str,
        *,
        occupied: int | None = None,
        occupied_elsewhere: int | None = None,
        idempotency_key: str | None = None,
    ) -> Availability:
        """Report how full a lot is.

        Sets how many spaces of one of your lots are taken, as counted at its gate. Send either `occupied`,
        all cars, of which those with a running session are subtracted, or `occupied_elsewhere`, the others
        alone. More cars than spaces are taken as they are; another operator's lot is a 404.

        Args:
            lot_id: The lot's id, as given by search_lots.
            occupied: All cars in the lot. Those with a running session of Park Graph are subtracted.
            occupied_elsewhere: The cars without a session of Park Graph.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return self._send(
            call(
                REPORT_OCCUPANCY,
                inside("availability", Availability),
                path={"lot_id": lot_id},
                body=optional(occupied=occupied, occupied_elsewhere=occupied_elsewhere),
                idempotency_key=idempotency_key,
            )
        )
