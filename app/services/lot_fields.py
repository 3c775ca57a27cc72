"""Understand what is said of a lot, field by field: the same rule for a list's cell and a request's value."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, partial
from typing import Any
from zoneinfo import available_timezones

from app.domain.money import Money, is_currency
from app.services import opening_hours
from app.services.lot_files import LIST_SEPARATOR
from app.services.lot_records import DEFAULT_MAX_STAY_HOURS

TYPES = ("garage", "surface", "p_and_r", "street_paid")

_MOST_SPACES = 1_000_000
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


class Unfit(ValueError):
    """A text is not what its field holds; the message says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a field is read, and into which column of lots; `empty` is what an empty one means."""

    column: str
    parse: Callable[[str], Any]
    empty: Any = None


def beyond_capacity(columns: Mapping[str, Any]) -> Iterator[str]:
    """Name the columns that count more spaces of a kind than the lot has of all."""
    for column in ("accessible_spaces", "ev_charging_spaces"):
        if columns.get(column, 0) > columns["capacity"]:
            yield column


def _line_of_text(text: str, *, longest: int) -> str:
    if len(text) > longest:
        raise Unfit(f"is longer than {longest} characters")
    if _CONTROL.search(text):
        raise Unfit("holds a control character")
    return text


def _degrees(text: str, *, most: int) -> float:
    if not _NUMBER.fullmatch(text):
        raise Unfit("is not a number")
    degrees = float(text)
    if not -most <= degrees <= most:
        raise Unfit(f"is not between -{most} and {most}")
    return degrees


def whole(text: str, *, least: int, most: int) -> int:
    """Read a whole number; raise Unfit."""
    if not _WHOLE_NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise Unfit(f"is not a whole number from {least} to {most:,}")
    return int(text)


def amount(text: str, *, currency: str, least: int) -> Money:
    """Read an amount of money in major units, of at least so many minor ones; raise Unfit."""
    try:
        read = Money.from_major(text, currency)
    except ValueError:
        raise Unfit(f"is not an amount of money in {currency}") from None
    if not Money(least, currency) <= read <= Money.from_major(_MOST_MONEY, currency):
        raise Unfit(f"is not between {Money(least, currency).to_decimal()} and {_MOST_MONEY:,} {currency}")
    return read


def _type(text: str) -> str:
    if text not in TYPES:
        raise Unfit(f"is not one of {', '.join(TYPES)}")
    return text


def _country(text: str) -> str:
    if not _COUNTRY.fullmatch(text):
        raise Unfit("is not a country of ISO 3166 in two capitals")
    return text


def _time_zone(text: str) -> str:
    if text not in _time_zones():
        raise Unfit("is not a time zone of the IANA database")
    return text


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _currency(text: str) -> str:
    if not is_currency(text):
        raise Unfit("is not a currency of ISO 4217")
    return text


def _percentage(text: str) -> str:
    if not _PERCENTAGE.fullmatch(text):
        raise Unfit("is not a percentage such as 4.9")
    return f"{Decimal(text).normalize():f}"


def _amenities(text: str) -> list[str]:
    amenities = [word.strip().lower().replace(" ", "_") for word in text.split(LIST_SEPARATOR)]
    unique = list(dict.fromkeys(word for word in amenities if word))
    if len(unique) > _MOST_AMENITIES or not all(_AMENITY.fullmatch(word) for word in unique):
        raise Unfit(f"is not a list of amenities such as covered{LIST_SEPARATOR} ev_charging")
    return unique


RULES: Mapping[str, Rule] = {
    "external_id": Rule("external_id", partial(_line_of_text, longest=100)),
    "name": Rule("name", partial(_line_of_text, longest=200)),
    "address": Rule("address", partial(_line_of_text, longest=300)),
    "city": Rule("city", partial(_line_of_text, longest=100)),
    "country": Rule("country", _country),
    "lat": Rule("lat", partial(_degrees, most=90)),
    "lng": Rule("lng", partial(_degrees, most=180)),
    "type": Rule("type", _type),
    "capacity": Rule("capacity", partial(whole, least=1, most=_MOST_SPACES)),
    "accessible": Rule("accessible_spaces", partial(whole, least=0, most=_MOST_SPACES), empty=0),
    "ev_charging": Rule("ev_charging_spaces", partial(whole, least=0, most=_MOST_SPACES), empty=0),
    "max_height_cm": Rule("max_height_cm", partial(whole, least=1, most=_HIGHEST_CM)),
    "opening_hours": Rule("opening_hours", partial(_line_of_text, longest=opening_hours.LONGEST)),
    "time_zone": Rule("time_zone", _time_zone),
    "currency": Rule("currency", _currency),
    "max_stay_hours": Rule(
        "max_stay_hours",
        partial(whole, least=1, most=_LONGEST_STAY_HOURS),
        empty=DEFAULT_MAX_STAY_HOURS,
    ),
    "tax_rate": Rule("tax_rate", _percentage),
    "amenities": Rule("amenities", _amenities, empty=[]),
}
"""By the name that a field has in lists of lots."""

FIELD_OF: Mapping[str, str] = {rule.column: field for field, rule in RULES.items()}
"""The name in lists of what a column of lots holds."""
