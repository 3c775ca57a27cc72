"""An operator's lots: making, changing, deleting and importing them."""

from collections.abc import Sequence
from typing import Literal

from parkgraph.answers import Answer
from parkgraph.calls import call, optional
from parkgraph.model import UNCHANGED, Unchanged
from parkgraph.models import AgentAccess, LotImport, LotType, OwnLot
from parkgraph.operations import CREATE_LOT, DELETE_LOT, IMPORT_LOTS, UPDATE_LOT
from parkgraph.readings import inside, nothing
from parkgraph.resource import Resource


class InventoryResource(Resource):
    """An operator's lots: making, changing, deleting and importing them."""

    def create_lot(
        self,
        *,
        name: str,
        lat: float,
        lng: float,
        time_zone: str,
        currency: str,
        type: LotType | str,
        capacity: int,
        external_id: str | None = None,
        address: str | None = None,
        city: str | None = None,
        country: str | None = None,
        accessible: int | None = None,
        ev_charging: int | None = None,
        max_height_cm: int | None = None,
        amenities: Sequence[str] | None = None,
        opening_hours: str | None = None,
        max_stay_hours: int | None = None,
        tax_rate: float | None = None,
        agent_access: AgentAccess | str | None = None,
        idempotency_key: str | None = None,
    ) -> OwnLot:
        """Create a lot.

        Adds a lot to your project's world, all of its spaces free; until set_rates, nobody can book it. A
        wrong value is a 400 that names its field; an `external_id` that is taken, and more than 1,000 lots in
        a sandbox, are a 409. Sent again under its key after the lot was deleted, it is a 404.

        Args:
            external_id: Your own name for the lot, unique among your lots; lists of lots are matched by
                it.
            name: The lot's name.
            address: The street address.
            city: The city.
            country: The country (ISO 3166-1 alpha-2).
            lat: Latitude in degrees (WGS 84).
            lng: Longitude in degrees (WGS 84).
            time_zone: The time zone of the lot's hours and rates (IANA name).
            currency: The currency of all amounts beside it (ISO 4217).
            type: The type of lot; `p_and_r` is park and ride.
            capacity: How many spaces there are; those of a kind are among them.
            accessible: How many spaces are for disabled drivers.
            ev_charging: How many spaces can charge an electric vehicle.
            max_height_cm: The greatest height of a vehicle, in centimetres; absent when there is no
                limit.
            amenities: What the lot offers.
            opening_hours: The opening hours in the notation of OpenStreetMap; absent when they are not
                known.
            max_stay_hours: The longest stay, in hours. A session that nobody ends is ended after it; one
                that runs keeps what held when it began.
            tax_rate: The tax that rates include, in percent with at most four decimals.
            agent_access: The operator's decision. While it is `unset`, agents are let into lots that were
                created on or after 2026-01-01T00:00:00Z (in UTC, wherever the lot is), and not into older
                ones.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return self._send(
            call(
                CREATE_LOT,
                inside("lot", OwnLot),
                body={
                    "name": name,
                    "lat": lat,
                    "lng": lng,
                    "time_zone": time_zone,
                    "currency": currency,
                    "type": type,
                    "capacity": capacity,
                    **optional(
                        external_id=external_id,
                        address=address,
                        city=city,
                        country=country,
                        accessible=accessible,
                        ev_charging=ev_charging,
                        max_height_cm=max_height_cm,
                        amenities=amenities,
                        opening_hours=opening_hours,
                        max_stay_hours=max_stay_hours,
                        tax_rate=tax_rate,
                        agent_access=agent_access,
                    ),
                },
                idempotency_key=idempotency_key,
            )
        )

    def import_lots(
        self,
        content: str | bytes,
        *,
        content_type: Literal["text/csv", "application/geo+json"],
        dry_run: bool | None = None,
        strict: bool | None = None,
        idempotency_key: str | None = None,
    ) -> LotImport:
        """Import lots from a file.

        Takes a CSV or a GeoJSON FeatureCollection of at most 1 MiB: adds new lots, brings known ones (by
        `external_id`) up to date, leaves out rows with errors and names each. What is no list of lots, or not
        of its media type, is a 400. More than 1,000 lots in a sandbox are a 409, and nothing is written.

        Args:
            dry_run: If true, say what would happen and write nothing.
            strict: If true, one error is enough and nothing is written.
            content: The file.
            content_type: What kind of file it is.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return self._send(
            call(
                IMPORT_LOTS,
                inside("import", LotImport),
                query={"dry_run": dry_run, "strict": strict},
                content=(content, content_type),
                idempotency_key=idempotency_key,
            )
        )

    def delete_lot(self, lot_id: str, *, idempotency_key: str | None = None) -> Answer:
        """Delete a lot.

        Takes one of your lots out of the world for good; its sessions and its part of the audit log stay.
        While sessions run in it that is a 409: let them end first.

        Args:
            lot_id: The lot's id, as given by search_lots.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return self._send(call(DELETE_LOT, nothing, path={"lot_id": lot_id}, idempotency_key=idempotency_key))

    def update_lot(
        self,
        lot_id: str,
        *,
        external_id: str | Unchanged | None = UNCHANGED,
        name: str | Unchanged = UNCHANGED,
        address: str | Unchanged | None = UNCHANGED,
        city: str | Unchanged | None = UNCHANGED,
        country: str | Unchanged | None = UNCHANGED,
        lat: float | Unchanged = UNCHANGED,
        lng: float | Unchanged = UNCHANGED,
        time_zone: str | Unchanged = UNCHANGED,
        currency: str | Unchanged = UNCHANGED,
        type: LotType | str | Unchanged = UNCHANGED,
        capacity: int | Unchanged = UNCHANGED,
        accessible: int | Unchanged = UNCHANGED,
        ev_charging: int | Unchanged = UNCHANGED,
        max_height_cm: int | Unchanged | None = UNCHANGED,
        amenities: Sequence[str] | Unchanged = UNCHANGED,
        opening_hours: str | Unchanged | None = UNCHANGED,
        max_stay_hours: int | Unchanged = UNCHANGED,
        tax_rate: float | Unchanged | None = UNCHANGED,
        agent_access: AgentAccess | str | Unchanged = UNCHANGED,
        idempotency_key: str | None = None,
    ) -> OwnLot:
        """Change a lot.

        Changes what you send of one of your lots and leaves the rest; None takes a value away. Parked cars
        stay, whatever the capacity; a new time zone holds at once, also for sessions that run. Another
        currency than that of its rates is a 409.

        Args:
            lot_id: The lot's id, as given by search_lots.
            external_id: Your own name for the lot, unique among your lots; None takes it away.
            name: The lot's name.
            address: The street address; None when it is not known.
            city: The city; None when it is not known.
            country: The country (ISO 3166-1 alpha-2); None when it is not known.
            lat: Latitude in degrees (WGS 84).
            lng: Longitude in degrees (WGS 84).
            time_zone: The time zone of the lot's hours and rates (IANA name).
            currency: The currency of all amounts beside it (ISO 4217).
            type: The type of lot; `p_and_r` is park and ride.
            capacity: How many spaces there are; those of a kind are among them.
            accessible: How many spaces are for disabled drivers.
            ev_charging: How many spaces can charge an electric vehicle.
            max_height_cm: The greatest height of a vehicle, in centimetres; None when there is no limit.
            amenities: What the lot offers.
            opening_hours: The opening hours in the notation of OpenStreetMap; None when they are not
                known.
            max_stay_hours: The longest stay, in hours. A session that nobody ends is ended after it; one
                that runs keeps what held when it began.
            tax_rate: The tax that rates include, in percent with at most four decimals; None when it is
                not known.
            agent_access: The operator's decision. While it is `unset`, agents are let into lots that were
                created on or after 2026-01-01T00:00:00Z (in UTC, wherever the lot is), and not into older
                ones.
            idempotency_key: Your own name for this write, which repeats it safely for 7 days. Left out,
                one is made.
        """
        return self._send(
            call(
                UPDATE_LOT,
                inside("lot", OwnLot),
                path={"lot_id": lot_id},
                body={
                    "external_id": external_id,
                    "name": name,
                    "address": address,
                    "city": city,
                    "country": country,
                    "lat": lat,
                    "lng": lng,
                    "time_zone": time_zone,
                    "currency": currency,
                    "type": type,
                    "capacity": capacity,
                    "accessible": accessible,
                    "ev_charging": ev_charging,
                    "max_height_cm": max_height_cm,
                    "amenities": amenities,
                    "opening_hours": opening_hours,
                    "max_stay_hours": max_stay_hours,
                    "tax_rate": tax_rate,
                    "agent_access": agent_access,
                },
                idempotency_key=idempotency_key,
            )
        )
