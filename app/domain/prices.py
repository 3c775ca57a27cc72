"""A tariff as an operator writes it: amounts in major units, and every rule that they have to keep."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from app.domain.errors import BadRequest, Detail
from app.domain.money import Money, decimals_of
from app.domain.tariff_weeks import ALL_DAYS, Band, Day, overlapping
from app.domain.tariffs import Step, Tariff

NOT_IN_ORDER = "must be more than that of the step before"
OVERLAPS = "holds at the same time as a band before it"
ABOVE_MAXIMUM = "must not be above the daily maximum"


@dataclass(frozen=True, slots=True)
class PriceStep:
    """What an hour costs from so many minutes after the start on."""

    after_minutes: int
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBand:
    """What an hour costs on some days from one time of day to another."""

    days: tuple[Day, ...]
    start: str
    end: str
    rate: Decimal
    flat_fee: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What parking costs, in major units of the lot's currency."""

    rate: Decimal
    free_minutes: int = 0
    free_cancellation_minutes: int = 0
    daily_maximum: Decimal | None = None
    minimum_charge: Decimal | None = None
    flat_fee: Decimal | None = None
    increment_minutes: int | None = None
    steps: tuple[PriceStep, ...] = ()
    bands: tuple[PriceBand, ...] = ()
    holidays: tuple[date, ...] = ()

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> "Prices":
        """Read what the contract calls RatesSetting; raise BadRequest for a day that no calendar has."""
        return cls(
            rate=_decimal(said["rate"]),
            free_minutes=said.get("free_minutes", 0),
            free_cancellation_minutes=said.get("free_cancellation_minutes", 0),
            daily_maximum=_decimal_of(said, "daily_maximum"),
            minimum_charge=_decimal_of(said, "minimum_charge"),
            flat_fee=_decimal_of(said, "flat_fee"),
            increment_minutes=said.get("increment_minutes"),
            steps=tuple(
                PriceStep(step["after_minutes"], _decimal(step["rate"])) for step in said.get("steps", ())
            ),
            bands=tuple(_band(band) for band in said.get("bands", ())),
            holidays=tuple(sorted(set(_holidays(said.get("holidays", ()))))),
        )

    def in_lot(self, *, currency: str, time_zone: str) -> Tariff:
        """Return the tariff that they are in a lot; raise BadRequest that names every field that is wrong."""
        _refuse(_not_payable(self._amounts(), currency))
        _refuse(self._out_of_order())

        def money(amount: Decimal) -> Money:
            return Money.from_major(amount, currency)

        def maybe(amount: Decimal | None) -> Money | None:
            return None if amount is None else money(amount)

        week = tuple(
            Band(band.days, band.start, band.end, money(band.rate), maybe(band.flat_fee))
            for band in self.bands
        )
        overlaps = overlapping(week)
        if overlaps is not None:
            raise BadRequest.of(f"bands.{overlaps}", OVERLAPS)
        return Tariff(
            hourly_rate=money(self.rate),
            free_minutes=self.free_minutes,
            free_cancellation_minutes=self.free_cancellation_minutes,
            daily_maximum=maybe(self.daily_maximum),
            minimum_charge=maybe(self.minimum_charge),
            flat_fee=maybe(self.flat_fee),
            increment_minutes=self.increment_minutes,
            steps=tuple(Step(step.after_minutes, money(step.rate)) for step in self.steps),
            week=week,
            holidays=self.holidays,
            time_zone=time_zone,
        )

    def _amounts(self) -> Iterator[tuple[str, Decimal]]:
        for name in ("rate", "daily_maximum", "minimum_charge", "flat_fee"):
            amount = getattr(self, name)
            if amount is not None:
                yield name, amount
        for place, step in enumerate(self.steps):
            yield f"steps.{place}.rate", step.rate
        for place, band in enumerate(self.bands):
            yield f"bands.{place}.rate", band.rate
            if band.flat_fee is not None:
                yield f"bands.{place}.flat_fee", band.flat_fee

    def _out_of_order(self) -> Iterator[Detail]:
        least, most = self.minimum_charge, self.daily_maximum
        if least is not None and most is not None and least > most:
            yield Detail("minimum_charge", ABOVE_MAXIMUM)
        for place, (sooner, later) in enumerate(pairwise(self.steps), start=1):
            if later.after_minutes <= sooner.after_minutes:
                yield Detail(f"steps.{place}.after_minutes", NOT_IN_ORDER)


def _band(said: Mapping[str, Any]) -> PriceBand:
    return PriceBand(
        days=tuple(day for day in ALL_DAYS if day in said["days"]),
        start=said["from"],
        end=said["to"],
        rate=_decimal(said["rate"]),
        flat_fee=_decimal_of(said, "flat_fee"),
    )


def _holidays(said: Iterable[str]) -> Iterator[date]:
    for place, day in enumerate(said):
        try:
            yield date.fromisoformat(day)
        except ValueError:
            raise BadRequest.of(f"holidays.{place}", "is not a day of the calendar") from None


def _decimal(number: float) -> Decimal:
    return Decimal(str(number))


def _decimal_of(said: Mapping[str, Any], name: str) -> Decimal | None:
    return _decimal(said[name]) if name in said else None


def _not_payable(amounts: Iterable[tuple[str, Decimal]], currency: str) -> Iterator[Detail]:
    most = decimals_of(currency)
    message = f"has more decimals than {currency}, which has {most}"
    return (Detail(field, message) for field, amount in amounts if amount != round(amount, most))


def _refuse(faults: Iterable[Detail]) -> None:
    details = list(faults)
    if details:
        raise BadRequest(f"{details[0].field}: {details[0].message}", details=details)
