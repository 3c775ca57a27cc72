"""Understand the rows of a list of lots: each field by a rule of its own, every fault of a row at once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from app.domain.tariffs import Tariff
from app.services import lot_fields, opening_hours
from app.services.lot_fields import FIELD_OF, RULES, Rule, Unfit
from app.services.lot_files import NEEDED, Fault, Row

PRICES = ("rate", "daily_maximum", "free_minutes")

NO_CITY = "no city"
HOURS_NOT_UNDERSTOOD = "hours not understood"
LOW_HEIGHT = "height under 150 cm"
TOO_MANY_OF_A_KIND = "is more than the capacity"

LOWEST_LIKELY_HEIGHT_CM = 150
"""No car park is lower; a smaller number was often meant in another unit."""

_MOST_MINUTES = 1439

COLUMNS = frozenset(RULES) | frozenset(PRICES)
"""Every column that a row may have; what stands in another one is ignored."""


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


def understand(row: Row, columns: frozenset[str]) -> Understood:
    """Read a row's fields, of the columns that its file has."""
    values, faults = _values(row, columns)
    tariff = None
    if "rate" in columns and "currency" in values:
        tariff, wrong = _tariff(row, values["currency"])
        faults += wrong
    if not faults:
        faults += _too_many_of_a_kind(row, values)
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
    for field, rule in RULES.items():
        if field not in columns:
            continue
        try:
            values[rule.column] = _value(rule, field, row.texts.get(field, ""))
        except Unfit as unfit:
            faults.append(Fault(row.line, field, str(unfit)))
    return values, faults


def _value(rule: Rule, field: str, text: str) -> Any:
    if text:
        return rule.parse(text)
    if field in NEEDED:
        raise Unfit("is missing")
    return rule.empty


def _too_many_of_a_kind(row: Row, values: Mapping[str, Any]) -> Iterator[Fault]:
    for column in lot_fields.beyond_capacity(values):
        yield Fault(row.line, FIELD_OF[column], TOO_MANY_OF_A_KIND)


def _doubts(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "city" in values and values["city"] is None:  # a list that says nothing of cities says it of none
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
        "rate": partial(lot_fields.amount, currency=currency, least=0),
        "daily_maximum": partial(lot_fields.amount, currency=currency, least=1),
        "free_minutes": partial(lot_fields.whole, least=0, most=_MOST_MINUTES),
    }
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for field, text in texts.items():
        try:
            values[field] = parsers[field](text) if text else None
        except Unfit as unfit:
            faults.append(Fault(row.line, field, str(unfit)))
    if faults:
        return None, faults
    prices = Tariff(
        hourly_rate=values["rate"],
        daily_maximum=values["daily_maximum"],
        free_minutes=values["free_minutes"] or 0,
    )
    return prices, []
