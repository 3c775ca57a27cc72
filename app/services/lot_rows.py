"""Understand the rows of a list of lots: each field by a rule of its own, every fault of a row at once."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any
from zoneinfo import available_timezones

from app.domain.money import Money, is_currency
from app.domain.tariffs import Tariff
from app.services import opening_hours
from app.services.lot_files import LIST_SEPARATOR, NEEDED, Fault, Row
from app.services.lot_records import DEFAULT_MAX_STAY_HOURS

PRICES = ("rate", "daily_maximum", "free_minutes")

TYPES = ("garage", "surface", "p_and_r", "street_paid")

NO_CITY = "no city"
HOURS_NOT_UNDERSTOOD = "hours not understood"
LOW_HEIGHT = "height under 150 cm"

LOWEST_LIKELY_HEIGHT_CM = 150
"""No car park is lower; a smaller number was often meant in another unit."""

_MOST_SPACES = 1_000_000
_MOST_MINUTES = 1439
_HIGHEST_CM = 10_000
_LONGEST_STAY_HOURS = 8784
_MOST_MONEY = 1_000_000
_MOST_AMENITIES = 50

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_WHOLE_NUMBER = re.compile(r"[0-9]{1,12}", re.ASCII)
_PERCENTAGE = re.compile(r"[0-9]{1,2}(\.[0-9]{1,4})?", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_AMENITY = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Draft:
    """A lot as a row describes it: the columns that the file speaks of, no others."""

    line: int
    columns: Mapping[str, Any]
    tariff: Tariff | None
    prices_given: bool
    """Whether the file speaks of prices at all; if not, a known lot keeps its tariff."""

    @property
    def external_id(self) -> str:
        """Return the operator's own name for the lot."""
        return str(self.columns["external_id"])


@dataclass(frozen=True, slots=True)
class Understood:
    """What came of a row: a draft unless there are faults, and what should be looked at."""

    draft: Draft | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


class _Unfit(ValueError):
    """A text is not what its field holds; the message says why."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """How a field is read, and into which column of lots; `empty` is what an empty one means."""

    column: str
    parse: Callable[[str], Any]
    empty: Any = None


def understand(row: Row, columns: frozenset[str]) -> Understood:
    """Read a row's fields, of the columns that its file has."""
    values, faults = _values(row, columns)
    tariff = None
    if "rate" in columns and "currency" in values:
        tariff, wrong = _tariff(row, values["currency"])
        faults += wrong
    if faults:
        return Understood(None, tuple(faults), ())
    warnings = tuple(Fault(row.line, field, reason) for field, reason in _doubts(values))
    hours = values.get("opening_hours")
    if hours is not None:
        values["opening_hours"] = opening_hours.normalise(hours) if opening_hours.understood(hours) else None
    return Understood(Draft(row.line, values, tariff, "rate" in columns), (), warnings)


def _values(row: Row, columns: frozenset[str]) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for field, rule in _RULES.items():
        if field not in columns:
            continue
        try:
            values[rule.column] = _value(rule, field, row.texts.get(field, ""))
        except _Unfit as unfit:
            faults.append(Fault(row.line, field, str(unfit)))
    return values, faults


def _value(rule: _Rule, field: str, text: str) -> Any:
    if text:
        return rule.parse(text)
    if field in NEEDED:
        raise _Unfit("is missing")
    return rule.empty


def _doubts(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if values.get("city") is None:
        yield "city", NO_CITY
    hours, height = values.get("opening_hours"), values.get("max_height_cm")
    if hours is not None and not opening_hours.understood(hours):
        yield "opening_hours", HOURS_NOT_UNDERSTOOD
    if height is not None and height < LOWEST_LIKELY_HEIGHT_CM:
        yield "max_height_cm", LOW_HEIGHT


def _tariff(row: Row, currency: str) -> tuple[Tariff | None, list[Fault]]:
    texts = {field: row.texts.get(field, "") for field in PRICES}
    if not any(texts.values()):
        return None, []
    if not texts["rate"]:
        return None, [Fault(row.line, "rate", "is missing, though other prices are given")]
    parsers: dict[str, Callable[[str], Any]] = {
        "rate": partial(_amount, currency=currency, least=0),
        "daily_maximum": partial(_amount, currency=currency, least=1),
        "free_minutes": partial(_whole, least=0, most=_MOST_MINUTES),
    }
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for field, text in texts.items():
        try:
            values[field] = parsers[field](text) if text else None
        except _Unfit as unfit:
            faults.append(Fault(row.line, field, str(unfit)))
    if faults:
        return None, faults
    prices = Tariff(
        hourly_rate=values["rate"],
        daily_maximum=values["daily_maximum"],
        free_minutes=values["free_minutes"] or 0,
    )
    return prices, []


def _line_of_text(text: str, *, longest: int) -> str:
    if len(text) > longest:
        raise _Unfit(f"is longer than {longest} characters")
    if _CONTROL.search(text):
        raise _Unfit("holds a control character")
    return text


def _degrees(text: str, *, most: int) -> float:
    if not _NUMBER.fullmatch(text):
        raise _Unfit("is not a number")
    degrees = float(text)
    if not -most <= degrees <= most:
        raise _Unfit(f"is not between -{most} and {most}")
    return degrees


def _whole(text: str, *, least: int, most: int) -> int:
    if not _WHOLE_NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise _Unfit(f"is not a whole number from {least} to {most:,}")
    return int(text)


def _amount(text: str, *, currency: str, least: int) -> Money:
    try:
        amount = Money.from_major(text, currency)
    except ValueError:
        raise _Unfit(f"is not an amount of money in {currency}") from None
    if not Money(least, currency) <= amount <= Money.from_major(_MOST_MONEY, currency):
        raise _Unfit(f"is not between {Money(least, currency).to_decimal()} and {_MOST_MONEY:,} {currency}")
    return amount


def _type(text: str) -> str:
    if text not in TYPES:
        raise _Unfit(f"is not one of {', '.join(TYPES)}")
    return text


def _country(text: str) -> str:
    if not _COUNTRY.fullmatch(text):
        raise _Unfit("is not a country of ISO 3166 in two capitals")
    return text


def _time_zone(text: str) -> str:
    if text not in _time_zones():
        raise _Unfit("is not a time zone of the IANA database")
    return text


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _currency(text: str) -> str:
    if not is_currency(text):
        raise _Unfit("is not a currency of ISO 4217")
    return text


def _percentage(text: str) -> str:
    if not _PERCENTAGE.fullmatch(text):
        raise _Unfit("is not a percentage such as 4.9")
    return text


def _amenities(text: str) -> list[str]:
    amenities = [word.strip().lower().replace(" ", "_") for word in text.split(LIST_SEPARATOR)]
    unique = list(dict.fromkeys(word for word in amenities if word))
    if len(unique) > _MOST_AMENITIES or not all(_AMENITY.fullmatch(word) for word in unique):
        raise _Unfit(f"is not a list of amenities such as covered{LIST_SEPARATOR} ev_charging")
    return unique


_RULES: Mapping[str, _Rule] = {
    "external_id": _Rule("external_id", partial(_line_of_text, longest=100)),
    "name": _Rule("name", partial(_line_of_text, longest=200)),
    "address": _Rule("address", partial(_line_of_text, longest=300)),
    "city": _Rule("city", partial(_line_of_text, longest=100)),
    "country": _Rule("country", _country),
    "lat": _Rule("lat", partial(_degrees, most=90)),
    "lng": _Rule("lng", partial(_degrees, most=180)),
    "type": _Rule("type", _type),
    "capacity": _Rule("capacity", partial(_whole, least=1, most=_MOST_SPACES)),
    "accessible": _Rule("accessible_spaces", partial(_whole, least=0, most=_MOST_SPACES), empty=0),
    "ev_charging": _Rule("ev_charging_spaces", partial(_whole, least=0, most=_MOST_SPACES), empty=0),
    "max_height_cm": _Rule("max_height_cm", partial(_whole, least=1, most=_HIGHEST_CM)),
    "opening_hours": _Rule("opening_hours", partial(_line_of_text, longest=opening_hours.LONGEST)),
    "time_zone": _Rule("time_zone", _time_zone),
    "currency": _Rule("currency", _currency),
    "max_stay_hours": _Rule(
        "max_stay_hours",
        partial(_whole, least=1, most=_LONGEST_STAY_HOURS),
        empty=DEFAULT_MAX_STAY_HOURS,
    ),
    "tax_rate": _Rule("tax_rate", _percentage),
    "amenities": _Rule("amenities", _amenities, empty=[]),
}

COLUMNS = frozenset(_RULES) | frozenset(PRICES)
"""Every column that a row may have; what stands in another one is ignored."""
