"""Opening hours in OpenStreetMap's notation (`Mo-Fr 07:00-22:00; PH off`), asked in the lot's local time."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from opening_hours import (  # type: ignore[attr-defined]  # the stub leaves out UnknownCountryError
    OpeningHours,
    State,
    UnknownCountryError,
    validate,
)

LONGEST = 500

_ALWAYS = "24/7"
_REMEMBERED = 4096


def normalise(text: str) -> str:
    """Write opening hours as they are kept: trimmed, and `24h` as `24/7`."""
    trimmed = text.strip()
    return _ALWAYS if trimmed.lower() == "24h" else trimmed


def understood(text: str) -> bool:
    """Tell whether a text is opening hours that can be asked."""
    hours = normalise(text)
    return len(hours) <= LONGEST and validate(hours)


def is_open(text: str | None, time_zone: str, at: datetime, *, country: str | None = None) -> bool | None:
    """Tell whether a lot is open at an instant; None if its hours are not known or not understood.

    `country` (ISO 3166, two capitals) says which public holidays `PH` means; without it, there are none.
    """
    if text is None:
        return None
    # The notation knows no seconds, so what holds for a minute holds for all lots with the same hours.
    minute = at if at.second == at.microsecond == 0 else at.replace(second=0, microsecond=0)
    return _is_open(text, time_zone, country, minute)


@lru_cache(maxsize=_REMEMBERED)
def _is_open(text: str, time_zone: str, country: str | None, minute: datetime) -> bool | None:
    hours = _compiled(normalise(text), time_zone, country)
    if hours is None:
        return None
    # Through the zone: the library takes no other, and no local time that a change of clocks leaves out.
    state, _comment = hours.state(minute.astimezone(ZoneInfo(time_zone)))
    return None if state == State.UNKNOWN else state == State.OPEN


@lru_cache(maxsize=_REMEMBERED)
def _compiled(hours: str, time_zone: str, country: str | None) -> OpeningHours | None:
    if not understood(hours):
        return None
    try:
        return OpeningHours(hours, timezone=ZoneInfo(time_zone), country=country)
    except UnknownCountryError:
        return OpeningHours(hours, timezone=ZoneInfo(time_zone))
