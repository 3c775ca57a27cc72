"""What the contract says of rates."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from parkgraph.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRatesParameters(Model):
    """Which lot's rates to read."""

    lot_id: str
    """The lot's id."""
    end_user_id: str | None = None
    """Your stable, pseudonymous id of the person behind the call. Never an email or a plate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateStep(Model):
    """What an hour costs from some time after the start of a stay on, until the next step."""

    after_minutes: int
    """How many minutes after the start it begins to hold; free minutes count."""
    rate: Decimal
    """The price of one hour at this moment, tax included, in major units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateBand(Model):
    """One rate and the hours in which it holds, by the clock on the lot's wall. A band that ends no later
    than it begins ends on the next day.
    """

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"] | str]
    """The days on which it begins. On a holiday, only bands of `holiday` begin."""
    from_: str
    """When it begins, in the lot's time zone."""
    to: str
    """When it ends, in the lot's time zone; on the next day, if that is no later than `from`."""
    rate: Decimal
    """The price of one hour at this moment, tax included, in major units."""
    flat_fee: Decimal | None = None
    """What is due once, beside the price of the time; that of a band for each of its days or nights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates(Model):
    """What parking in one lot costs. A lot without a tariff has no `rate` and cannot be booked."""

    lot_id: str
    """The lot's id."""
    rate: Decimal | None = None
    """The price of one hour at this moment, tax included, in major units."""
    currency: str
    """The currency of all amounts beside it (ISO 4217)."""
    free_minutes: int
    """How many minutes from the start cost nothing."""
    free_cancellation_minutes: int | None = None
    """A session that ends within so many minutes of its start costs nothing; absent where each one costs."""
    daily_maximum: Decimal | None = None
    """The most that 24 hours cost, in major units; absent when there is no maximum."""
    minimum_charge: Decimal | None = None
    """The least that a paid stay costs, in major units; absent when there is no minimum."""
    flat_fee: Decimal | None = None
    """What is due once, beside the price of the time; that of a band for each of its days or nights."""
    increment_minutes: int | None = None
    """Time is billed in whole ones, a started one whole. Without it, in hundredths of an hour, half-up."""
    steps: list[RateStep] | None = None
    """What an hour costs after a while, in the hours of the standard rate; absent when there are none."""
    bands: list[RateBand]
    """The week's rates by weekday and time of day, in the lot's time zone: first those that were set, then
    the rest of the week. Empty when one rate holds always.
    """
    holidays: list[date] | None = None
    """The days on which only bands of `holiday` begin."""
    summary: str
    """The rates in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineItem(Model):
    """One line of a bill. Its hours, or its count, times its unit price are its amount, to the cent."""

    kind: Literal["time", "flat_fee", "daily_maximum", "minimum_charge", "adjustment"] | str
    """What it is for. `daily_maximum` takes off what is above it, `minimum_charge` adds what is missing to
    it, `adjustment` makes it what a card can be charged.
    """
    description: str
    """Which band, step or fee it is, in words."""
    hours: float | None = None
    """The time billed, in hours to four places; for `time` only."""
    count: int | None = None
    """How many times it is due; for `flat_fee` only."""
    unit_price: Decimal | None = None
    """The price of an hour, or of each time, in major units; for `time` and `flat_fee` only."""
    amount: Decimal
    """What the line comes to, in major units, tax included; below zero where it takes something off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncludedTax(Model):
    """The tax that the total includes; absent where the lot says nothing of it."""

    rate: Decimal
    """The tax, in percent."""
    amount: Decimal
    """How much of the total it is, in major units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote(Model):
    """The price of a stay, which holds for a session that keeps to it."""

    id: str
    """A quote's id, as given by create_quote. Its price holds for a stay in that lot within its window."""
    lot_id: str
    """The lot's id."""
    starts_at: datetime
    """When the quoted stay begins."""
    ends_at: datetime
    """When the quoted stay ends."""
    duration_hours: float
    """How long the quoted stay lasts, in hours to two places."""
    currency: str
    """The currency of all amounts beside it (ISO 4217)."""
    line_items: list[LineItem]
    """How the total comes about; the amounts add up to it."""
    total: Decimal
    """What the stay costs, tax included, in major units."""
    tax: IncludedTax | None = None
    """The tax that the total includes; absent where the lot says nothing of it."""
    free_cancellation_minutes: int | None = None
    """A session that ends within so many minutes of its start costs nothing; absent where each one costs."""
    expires_at: datetime
    """Until when a session can be started at this price."""
