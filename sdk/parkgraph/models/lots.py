"""What the contract says of lots."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from parkgraph.model import Model

LotType = Literal["garage", "surface", "p_and_r", "street_paid"]
"""The type of lot; `p_and_r` is park and ride."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchParkingParameters(Model):
    """Where to look, and for what. Send `lat` and `lng`, or `address`; with neither, or with half a
    position, the answer is a 400 that names the missing field.
    """

    lat: float | None = None
    """Latitude in degrees (WGS 84)."""
    lng: float | None = None
    """Longitude in degrees (WGS 84)."""
    address: str | None = None
    """A lot's name, an address or a city to match, in place of a position."""
    radius_km: float | None = None
    """How far to look around the position, in kilometres."""
    limit: int | None = None
    """How many lots to return at most."""
    open_now: bool | None = None
    """If true, only lots that are open now."""
    available_now: bool | None = None
    """If true, only lots with at least one free space."""
    type: LotType | str | None = None
    """The type of lot; `p_and_r` is park and ride."""
    ev_charging: bool | None = None
    """If true, only lots where electric vehicles can charge."""
    accessible: bool | None = None
    """If true, only lots with spaces for disabled drivers."""
    vehicle_height_cm: int | None = None
    """The vehicle's height in centimetres; lower lots are left out."""
    end_user_id: str | None = None
    """Your stable, pseudonymous id of the person behind the call. Never an email or a plate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotSummary(Model):
    """A lot as a search shows it. What is not known is absent."""

    id: str
    """The lot's id."""
    name: str
    """The lot's name."""
    slug: str
    """The lot's name in its page's address."""
    address: str | None = None
    """The street address."""
    city: str | None = None
    """The city."""
    lat: float
    """Latitude in degrees (WGS 84)."""
    lng: float
    """Longitude in degrees (WGS 84)."""
    distance_km: float | None = None
    """The distance from the position searched for, in kilometres; absent in a search by address."""
    walking_minutes: int | None = None
    """The walk from the position searched for, in minutes; absent in a search by address."""
    rate: Decimal | None = None
    """The price of one hour at this moment, tax included, in major units."""
    currency: str
    """The currency of all amounts beside it (ISO 4217)."""
    available: int
    """How many spaces are free now."""
    capacity: int
    """How many spaces there are."""
    type: LotType | str
    """The type of lot; `p_and_r` is park and ride."""
    amenities: list[str]
    """What the lot offers."""
    open_now: bool | None = None
    """Whether the lot is open now; absent when its hours are not known."""
    agent_bookable: bool
    """Whether agents may create sessions here."""
    updated_at: datetime
    """When the lot or its number of free spaces last changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult(Model):
    """The lots found, nearest or best match first."""

    lots: list[LotSummary]
    """The lots found; empty if there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot(Model):
    """Everything public about a lot. What is not known is absent."""

    id: str
    """The lot's id."""
    name: str
    """The lot's name."""
    slug: str
    """The lot's name in its page's address."""
    address: str | None = None
    """The street address."""
    city: str | None = None
    """The city."""
    country: str | None = None
    """The country (ISO 3166-1 alpha-2)."""
    lat: float
    """Latitude in degrees (WGS 84)."""
    lng: float
    """Longitude in degrees (WGS 84)."""
    time_zone: str
    """The time zone of the lot's hours and rates (IANA name)."""
    rate: Decimal | None = None
    """The price of one hour at this moment, tax included, in major units."""
    currency: str
    """The currency of all amounts beside it (ISO 4217)."""
    available: int
    """How many spaces are free now."""
    capacity: int
    """How many spaces there are."""
    type: LotType | str
    """The type of lot; `p_and_r` is park and ride."""
    amenities: list[str]
    """What the lot offers."""
    open_now: bool | None = None
    """Whether the lot is open now; absent when its hours are not known."""
    opening_hours: str | None = None
    """The opening hours in the notation of OpenStreetMap; absent when they are not known."""
    max_height_cm: int | None = None
    """The greatest height of a vehicle, in centimetres; absent when there is no limit."""
    max_stay_hours: int
    """The longest stay, in hours. A session that nobody ends is ended after it; one that runs keeps what
    held when it began.
    """
    accessible: int
    """How many spaces are for disabled drivers."""
    ev_charging: int
    """How many spaces can charge an electric vehicle."""
    tax_rate: float | None = None
    """The tax that rates include, in percent; absent when it is not known."""
    agent_bookable: bool
    """Whether agents may create sessions here."""
    created_at: datetime
    """When the lot was made."""
    updated_at: datetime
    """When the lot or its number of free spaces last changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointGeometry(Model):
    """Where the lot is."""

    type: Literal["Point"] = "Point"
    """What GeoJSON calls a single position."""
    coordinates: list[float]
    """Longitude and latitude, in this order (WGS 84)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotProperties(Model):
    """A lot as a search by address shows it. What is not known is absent."""

    id: str
    """The lot's id."""
    name: str
    """The lot's name."""
    slug: str
    """The lot's name in its page's address."""
    address: str | None = None
    """The street address."""
    city: str | None = None
    """The city."""
    lat: float
    """Latitude in degrees (WGS 84)."""
    lng: float
    """Longitude in degrees (WGS 84)."""
    rate: Decimal | None = None
    """The price of one hour at this moment, tax included, in major units."""
    currency: str
    """The currency of all amounts beside it (ISO 4217)."""
    available: int
    """How many spaces are free now."""
    capacity: int
    """How many spaces there are."""
    type: LotType | str
    """The type of lot; `p_and_r` is park and ride."""
    amenities: list[str]
    """What the lot offers."""
    open_now: bool | None = None
    """Whether the lot is open now; absent when its hours are not known."""
    agent_bookable: bool
    """Whether agents may create sessions here."""
    updated_at: datetime
    """When the lot or its number of free spaces last changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFeature(Model):
    """One lot on the map."""

    type: Literal["Feature"] = "Feature"
    """What GeoJSON calls a thing with a place."""
    id: str
    """The lot's id."""
    geometry: PointGeometry
    """Where the lot is."""
    properties: LotProperties
    """A lot as a search by address shows it. What is not known is absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFeatureCollection(Model):
    """A page of lots as GeoJSON."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    """What GeoJSON calls a list of features."""
    bbox: list[float] | None = None
    """The smallest box around this page's lots, as west, south, east, north; absent where there are none."""
    features: list[LotFeature]
    """The lots, from south to north."""
    next_cursor: str | None = None
    """Where a page ends. Pass it back as it is."""
