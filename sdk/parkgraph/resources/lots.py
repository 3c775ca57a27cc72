"""Finding lots and looking at one."""

from parkgraph.calls import call
from parkgraph.models import Lot, LotFeature, LotFeatureCollection, LotType, SearchResult
from parkgraph.operations import GET_LOT, LIST_LOTS_GEO_JSON, SEARCH_LOTS
from parkgraph.pages import Pages
from parkgraph.readings import inside, whole
from parkgraph.resource import Resource


class LotsResource(Resource):
    """Finding lots and looking at one."""

    def search_lots(
        self,
        *,
        lat: float | None = None,
        lng: float | None = None,
        address: str | None = None,
        radius_km: float | None = None,
        limit: int | None = None,
        open_now: bool | None = None,
        available_now: bool | None = None,
        type: LotType | str | None = None,
        ev_charging: bool | None = None,
        accessible: bool | None = None,
        vehicle_height_cm: int | None = None,
        end_user_id: str | None = None,
    ) -> SearchResult:
        """Find lots near a place.

        Answers lots near a position, nearest first, or lots whose name, address or city matches `address`,
        best match first. Send `lat` and `lng`, or `address`; the position wins over the address. Nothing
        found is an empty list.

        Args:
            lat: Latitude in degrees (WGS 84). Needs `lng`; without an `address` both are required.
            lng: Longitude in degrees (WGS 84). Needs `lat`; without an `address` both are required.
            address: A lot's name, an address or a city to match; used when no position is given, and then
                without a radius.
            radius_km: How far to look around the position, in kilometres.
            limit: How many lots to return at most.
            open_now: If true, only lots that are open now.
            available_now: If true, only lots with at least one free space.
            type: Only lots of this type.
            ev_charging: If true, only lots where electric vehicles can charge.
            accessible: If true, only lots with spaces for disabled drivers.
            vehicle_height_cm: Only lots that a vehicle of this height can enter, in centimetres.
            end_user_id: Your stable, pseudonymous id of the person behind the call. Where the operator
                opted in, it has a budget of its own.
        """
        return self._send(
            call(
                SEARCH_LOTS,
                whole(SearchResult),
                query={
                    "lat": lat,
                    "lng": lng,
                    "address": address,
                    "radius_km": radius_km,
                    "limit": limit,
                    "open_now": open_now,
                    "available_now": available_now,
                    "type": type,
                    "ev_charging": ev_charging,
                    "accessible": accessible,
                    "vehicle_height_cm": vehicle_height_cm,
                    "end_user_id": end_user_id,
                },
            )
        )

    def list_lots_geo_json(
        self,
        *,
        bbox: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        if_none_match: str | None = None,
    ) -> Pages[LotFeatureCollection, LotFeature]:
        """List lots for a map.

        Answers the lots within a bounding box as GeoJSON (RFC 7946), from south to north, as many as `limit`
        says; go on with `next_cursor` or the Link header. Send the ETag back in If-None-Match, and what has
        not changed is a 304 without a body. A box that is none is a 400.

        Args:
            bbox: The box, as west,south,east,north in degrees (WGS 84). A west that is greater than the
                east goes across the antimeridian. Left out, it is the whole world.
            limit: How many entries a page has at most. Iterating reads on, page after page.
            cursor: Where to begin: the `next_cursor` of a page. Left out, at the start; iterating needs
                none.
            if_none_match: The ETag of an answer that you have, or several with commas between, in one
                line or in more.
        """
        asked = call(
            LIST_LOTS_GEO_JSON,
            whole(LotFeatureCollection),
            query={"bbox": bbox, "limit": limit, "cursor": cursor},
            headers={"If-None-Match": if_none_match},
        )
        return Pages(self._send, asked, entries=lambda page: page.features)

    def get_lot(self, lot_id: str) -> Lot:
        """Look at one lot.

        Answers everything public about a lot: where it is, when it is open, what it takes, and how many
        spaces are free now. A lot that does not exist or was deleted is a 404; search again.

        Args:
            lot_id: The lot's id, as given by search_lots.
        """
        return self._send(call(GET_LOT, inside("lot", Lot), path={"lot_id": lot_id}))
