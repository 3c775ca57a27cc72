"""Tariffs: what a stay costs.

Everything outside asks a tariff only for a price, a rate at an instant, a hold, its bands and a sentence, so
bands by time of day and weekday can come without changing a caller.

Free minutes are the first minutes of every stay, however long it gets: a stay costs what a stay shorter by
them would cost without. The other reading, by which a longer stay pays for them after all, is common at
barriers, but its price leaps at the last free minute. Whoever was told "30 minutes free" pays for one of 31.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from app.domain.durations import hours_between, lasting
from app.domain.money import Money, half_up

HOLD_BUFFER = timedelta(minutes=15)
"""What is held beyond the planned stay, so that walking back to the car needs no second hold."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
EVERY_DAY: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_FORMAT_VERSION = 1
_FIELDS = frozenset(
    {
        "version",
        "currency",
        "hourly_rate_minor",
        "free_minutes",
        "daily_maximum_minor",
        "minimum_charge_minor",
    }
)
_HOURS_OF_A_DAY = 24
_MINUTES_OF_A_DAY = 1440


@dataclass(frozen=True, slots=True)
class Price:
    """What a stay costs, and the hours that it was counted by."""

    total: Money
    duration_hours: Decimal
    """The whole stay, half-up to two decimals."""
    billed_hours: Decimal
    """The same without the free minutes."""


@dataclass(frozen=True, slots=True)
class Band:
    """A part of the week with one rate, in the lot's local time."""

    days: tuple[Weekday, ...]
    start: str
    """`HH:MM`"""
    end: str
    """`HH:MM`, up to `24:00`"""
    rate: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """A flat price per hour, with free minutes, daily maximum and minimum charge where the lot has them.

    The daily maximum holds for every started 24 hours from the start of the stay. The minimum charge is due
    as soon as anything is. A longer stay never costs less.
    """

    hourly_rate: Money
    free_minutes: int = 0
    daily_maximum: Money | None = None
    minimum_charge: Money | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.free_minutes < _MINUTES_OF_A_DAY:
            raise ValueError(f"{self.free_minutes} free minutes: a tariff gives from 0 to 1439 of them.")
        nothing = Money.zero(self.currency)
        if self.hourly_rate < nothing:
            raise ValueError(f"{self.hourly_rate} is no rate: it is below zero.")
        if self.daily_maximum is not None and self.daily_maximum <= nothing:
            raise ValueError(f"{self.daily_maximum} is no daily maximum: zero is written as none.")
        if self.minimum_charge is not None and self.minimum_charge <= nothing:
            raise ValueError(f"{self.minimum_charge} is no minimum charge: zero is written as none.")
        if self.daily_maximum and self.minimum_charge and self.minimum_charge > self.daily_maximum:
            raise ValueError("The minimum charge is above the daily maximum.")

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> "Tariff":
        """Read what `as_json` wrote; raise ValueError for anything else: a guessed price is a wrong one."""
        if stored.get("version") != _FORMAT_VERSION or stored.keys() != _FIELDS:
            raise ValueError(f"These are not the rules of a tariff of version {_FORMAT_VERSION}: {stored!r}")
        currency = str(stored["currency"])
        return cls(
            hourly_rate=Money(_whole(stored, "hourly_rate_minor"), currency),
            free_minutes=_whole(stored, "free_minutes"),
            daily_maximum=_amount(stored, "daily_maximum_minor", currency),
            minimum_charge=_amount(stored, "minimum_charge_minor", currency),
        )

    def as_json(self) -> dict[str, object]:
        """Return the rules as they are stored: whole minor units and a version."""
        return {
            "version": _FORMAT_VERSION,
            "currency": self.currency,
            "hourly_rate_minor": self.hourly_rate.minor,
            "free_minutes": self.free_minutes,
            "daily_maximum_minor": _minor(self.daily_maximum),
            "minimum_charge_minor": _minor(self.minimum_charge),
        }

    @property
    def currency(self) -> str:
        """Return the one currency of all the tariff's amounts."""
        return self.hourly_rate.currency

    def rate_at(self, instant: datetime) -> Money:
        """Return the price per hour at an instant: `rate` in every answer."""
        return self.hourly_rate

    def bands(self) -> tuple[Band, ...]:
        """Return the parts of the week and their rates; a flat tariff has one, the whole week."""
        return (Band(days=EVERY_DAY, start="00:00", end="24:00", rate=self.hourly_rate),)

    def price(self, start: datetime, end: datetime) -> Price:
        """Return what a stay costs, rounded half-up once, at the end."""
        duration = hours_between(start, end)
        billed = max(hours_between(start + timedelta(minutes=self.free_minutes), end), Decimal(0))
        return Price(total=self._total(billed), duration_hours=duration, billed_hours=billed)

    def hold_for(self, start: datetime, hours: Decimal) -> Money:
        """Return what to hold for a planned stay: its price with 15 minutes more (4 h at 6.00 are 25.50)."""
        return self.price(start, start + lasting(hours) + HOLD_BUFFER).total

    def summary(self) -> str:
        """Return the tariff as one sentence that a voice can read out."""
        if self.hourly_rate.is_zero and self.minimum_charge is None:
            return "Free of charge."
        parts = [f"{self.hourly_rate} an hour"]
        if self.free_minutes:
            parts = [f"first {_minutes(self.free_minutes)} free", f"then {self.hourly_rate} an hour"]
        if self.daily_maximum is not None:
            parts.append(f"at most {self.daily_maximum} a day")
        if self.minimum_charge is not None:
            parts.append(f"at least {self.minimum_charge}")
        sentence = ", ".join(parts)
        return f"{sentence[0].upper()}{sentence[1:]}."

    def _total(self, billed: Decimal) -> Money:
        if billed <= 0:
            return Money.zero(self.currency)
        hours = Fraction(billed)
        first_day = min(hours, _HOURS_OF_A_DAY - Fraction(self.free_minutes, 60))
        full_days, last_day = divmod(hours - first_day, _HOURS_OF_A_DAY)
        whole_day = self._day(Fraction(_HOURS_OF_A_DAY))
        minor = half_up(self._day(first_day) + full_days * whole_day + self._day(last_day))
        return max(Money(minor, self.currency), self.minimum_charge or Money.zero(self.currency))

    def _day(self, hours: Fraction) -> Fraction:
        """Price the hours billed within one period of 24, in exact minor units."""
        exact = self.hourly_rate.minor * hours
        return exact if self.daily_maximum is None else min(exact, Fraction(self.daily_maximum.minor))


def _whole(stored: Mapping[str, object], name: str) -> int:
    value = stored[name]
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} of a stored tariff is {value!r}, not a whole number.")  # noqa: TRY004 -- bad data
    return value


def _amount(stored: Mapping[str, object], name: str, currency: str) -> Money | None:
    return None if stored[name] is None else Money(_whole(stored, name), currency)


def _minor(amount: Money | None) -> int | None:
    return None if amount is None else amount.minor


def _minutes(number: int) -> str:
    return "minute" if number == 1 else f"{number} minutes"
