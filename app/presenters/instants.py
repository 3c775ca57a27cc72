"""Instants, as the contract writes them."""

from datetime import UTC, datetime


def instant(at: datetime) -> str:
    """Write an instant in UTC by RFC 3339, to the second that it lies in: `2026-04-10T23:30:00Z`."""
    return _in_utc(at, "seconds")


def precise_instant(at: datetime) -> str:
    """Write an instant to the microsecond, where several within a second have to be told apart."""
    return _in_utc(at, "microseconds")


def _in_utc(at: datetime, precision: str) -> str:
    in_utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return in_utc.isoformat("T", precision).removesuffix("+00:00") + "Z"
