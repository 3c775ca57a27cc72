"""Stretches of time as parking counts them: in hours with two decimals."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from app.domain.money import half_up

_DECIMALS = 2
_MICROSECOND = timedelta(microseconds=1)
_HOUR = timedelta(hours=1)
_SMALLEST = _HOUR / 10**_DECIMALS


def hours_between(start: datetime, end: datetime) -> Decimal:
    """Return the hours from one instant to another, half-up to two decimals (14,472 seconds are 4.02)."""
    # In UTC, because Python subtracts two times of one zone as clocks on the wall, summer time or not.
    return hours_of(end.astimezone(UTC) - start.astimezone(UTC))


def hours_of(duration: timedelta) -> Decimal:
    """Return a duration in hours, half-up to two decimals."""
    # In whole numbers, as fractions take ten times as long and every price asks for this twice.
    hundredths = (2 * abs(duration) + _SMALLEST) // (2 * _SMALLEST)
    return Decimal(-hundredths if duration < timedelta() else hundredths).scaleb(-_DECIMALS)


def lasting(hours: Decimal) -> timedelta:
    """Return the duration of a number of hours, to the microsecond."""
    return timedelta(microseconds=half_up(Fraction(hours) * (_HOUR // _MICROSECOND)))
