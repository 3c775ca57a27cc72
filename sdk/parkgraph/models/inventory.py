"""What the contract says of inventory."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from parkgraph.model import Model
from parkgraph.models.agent_access import AgentAccess
from parkgraph.models.lots import LotType


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLot(Model):
    """A lot as its operator sees it. What is not known is absent."""

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
    external_id: str | None = None
    """Your own name for the lot, unique among your lots; lists of lots are matched by it."""
    agent_access: AgentAccess | str
    """The operator's decision. While it is `unset`, agents are let into lots that were created on or after
    2026-01-01T00:00:00Z (in UTC, wherever the lot is), and not into older ones.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault(Model):
    """What is wrong with one field of a row."""

    line: int
    """The line of the file; in GeoJSON the number of the feature."""
    field: str
    """The column, or `row` for the whole of it."""
    reason: str
    """What is wrong, in words that follow the field's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotImport(Model):
    """How many lots came of a file, and what is wrong with it. Of very many errors or warnings the first
    are listed.
    """

    created: int
    """How many lots are new."""
    updated: int
    """How many known lots are changed."""
    unchanged: int
    """How many known lots are as the file says already."""
    error_count: int
    """How many errors there are."""
    warning_count: int
    """How many warnings there are."""
    errors: list[RowFault]
    """What is wrong with rows that were left out, at most the first 1,000."""
    warnings: list[RowFault]
    """What should be looked at in rows that were taken, at most the first 1,000."""
    ignored_columns: list[str]
    """Columns of the file that mean nothing here."""
    dry_run: bool
    """Whether nothing was written."""
