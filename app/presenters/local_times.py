"""Instants, as the clock on a lot's wall shows them."""

from datetime import datetime
from zoneinfo import ZoneInfo


def local_time(at: datetime, zone: ZoneInfo) -> str:
    """Write an instant as the lot's clock shows it: `22 November 2026, 11:30 MST`."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%B %Y, %H:%M} {local.tzname()}"
