"""What the contract says of availability."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from parkgraph.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAvailabilityParameters(Model):
    """Which lot to count."""

    lot_id: str
    """The lot's id."""
    end_user_id: str | None = None
    """Your stable, pseudonymous id of the person behind the call. Never an email or a plate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability(Model):
    """The free spaces of one lot at one moment."""

    lot_id: str
    """The lot's id."""
    available: int
    """How many spaces are free now."""
    capacity: int
    """How many spaces there are."""
    open_now: bool | None = None
    """Whether the lot is open now; absent when its hours are not known."""
    updated_at: datetime
    """When the number of free spaces last changed or was reported."""
    source: Literal["counted", "reported"] | str
    """Where the figure comes from - `counted` from sessions, or `reported` by the lot."""
