"""Instants, as the contract writes them."""

from datetime import UTC, datetime


def instant(at: datetime) -> str:
    """Write an instant in UTC by RFC 3339, to the second that it lies in: `2026-04-10T23:30:00Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise_instant(at: datetime) -> str:
    """Write an instant to the microsecond, where several within a second have to be told apart."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
