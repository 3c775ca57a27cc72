"""What requests may hold, with the contract's bounds, and what answers look like."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Body
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Kind = Literal["garage", "surface", "p_and_r", "street_paid"]
Text = Annotated[
    str, Field(max_length=200, min_length=1, pattern=r"^[^\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*$")
]
EndUser = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[!-~]+$")]
Plate = Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[\p{L}\p{N}][\p{L}\p{N} .·•‐-―-]*$")]
Key = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[!-~]([ -~]*[!-~])?$")]
Email = Annotated[
    str, Field(min_length=3, max_length=254, pattern=r"^[A-Za-z0-9_%+'.-]+@([A-Za-z0-9-]+\.)+[A-Za-z0-9-]+$")
]
Name = Annotated[str, StringConstraints(max_length=40, pattern=r"^[A-Za-z0-9_.-]+$")]
Note = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Search(Closed):
    lat: float | None = Field(None, ge=-90, le=90)
    lng: float | None = Field(None, ge=-180, le=180)
    address: Text | None = None
    radius_km: float = Field(2, ge=0.01, le=50)
    limit: int = Field(10, ge=1, le=50)
    open_now: bool = False
    available_now: bool = False
    type: Kind | None = None
    ev_charging: bool = False
    accessible: bool = False
    vehicle_height_cm: int | None = Field(None, ge=1, le=1000)
    end_user_id: EndUser | None = None


class Create(Closed):
    lot_id: UUID
    plate: Plate
    duration_hours: float | None = Field(None, ge=0.1, le=8784)
    payment_method: str | None = Field(None, min_length=4, max_length=255, pattern=r"^pm_[A-Za-z0-9_]+$")
    email: Email | None = None
    metadata: dict[Name, Note] = Field(default_factory=dict, max_length=20)
    end_user_id: EndUser | None = None
    idempotency_key: Key | None = None


class SearchAction(Closed):
    action: Literal["search_parking"]
    parameters: Search = Field(default_factory=Search)


class CreateAction(Closed):
    action: Literal["create_session"]
    parameters: Create


Action = Annotated[SearchAction | CreateAction, Body(discriminator="action")]


class LotSummary(BaseModel):
    id: str
    name: str
    slug: str
    address: str | None = None
    city: str | None = None
    lat: float
    lng: float
    distance_km: float
    walking_minutes: int
    rate: float | None = None
    currency: str
    available: int
    capacity: int
    type: str
    amenities: list[str]
    open_now: bool | None = None
    agent_bookable: bool
    updated_at: str


class SearchResult(BaseModel):
    lots: list[LotSummary]


class Payment(BaseModel):
    status: str
    authorized: float


class SessionShown(BaseModel):
    id: str
    session_code: str
    lot_id: str
    status: str
    rate: float
    currency: str
    started_at: str
    planned_end_at: str
    plate: str
    payment: Payment
    receipt_url: str
    receipt_qr_url: str
    payment_intent_id: str | None
    client_secret: str | None
    metadata: dict[str, str] | None


class SessionResult(BaseModel):
    session: SessionShown
