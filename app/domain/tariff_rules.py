"""A tariff as the database holds it. Stored tariffs never change, so each form is read for ever.

Version 1 holds a flat tariff. Versions 2 and 3 hold what came later, and are written where they are needed.
"""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from app.domain.money import Money
from app.domain.tariff_steps import Step
from app.domain.tariff_weeks import ALL_DAYS, Band

if TYPE_CHECKING:
    from app.domain.tariffs import Tariff

Json = dict[str, Any]

_FLAT, _FULL, _CANCELLABLE = 1, 2, 3
_FLAT_FIELDS = frozenset(
    {
        "version",
        "currency",
        "hourly_rate_minor",
        "free_minutes",
        "daily_maximum_minor",
        "minimum_charge_minor",
    }
)
_LATER_FIELDS = frozenset({"flat_fee_minor", "increment_minutes", "steps", "bands", "holidays", "time_zone"})
_FIELDS = {
    _FLAT: _FLAT_FIELDS,
    _FULL: _FLAT_FIELDS | _LATER_FIELDS,
    _CANCELLABLE: _FLAT_FIELDS | _LATER_FIELDS | {"free_cancellation_minutes"},
}


def written(tariff: "Tariff") -> dict[str, object]:
    """Write a tariff's rules, in the oldest form that can hold them."""
    flat: dict[str, object] = {
        "version": _FLAT,
        "currency": tariff.currency,
        "hourly_rate_minor": tariff.hourly_rate.minor,
        "free_minutes": tariff.free_minutes,
        "daily_maximum_minor": _minor(tariff.daily_maximum),
        "minimum_charge_minor": _minor(tariff.minimum_charge),
    }
    later = (tariff.flat_fee, tariff.increment_minutes, tariff.steps, tariff.week, tariff.holidays)
    cancellation = {"free_cancellation_minutes": tariff.free_cancellation_minutes}
    if tariff.free_cancellation_minutes:
        return flat | _written_later(tariff) | cancellation | {"version": _CANCELLABLE}
    return flat | _written_later(tariff) if any(later) else flat


def _written_later(tariff: "Tariff") -> dict[str, object]:
    return {
        "version": _FULL,
        "flat_fee_minor": _minor(tariff.flat_fee),
        "increment_minutes": tariff.increment_minutes,
        "steps": [
            {"after_minutes": step.after_minutes, "rate_minor": step.rate.minor} for step in tariff.steps
        ],
        "bands": [_written_band(band) for band in tariff.week],
        "holidays": [day.isoformat() for day in tariff.holidays],
        "time_zone": tariff.time_zone,
    }


def read(stored: Mapping[str, object]) -> Json:
    """Return a tariff's fields from what `written` wrote; raise ValueError for anything else."""
    version = stored.get("version")
    if version not in (_FLAT, _FULL, _CANCELLABLE) or stored.keys() != _FIELDS[version]:
        raise ValueError(f"These are not the rules of a tariff of a known version: {stored!r}")
    currency = str(stored["currency"])
    flat = {
        "hourly_rate": Money(_whole(stored, "hourly_rate_minor"), currency),
        "free_minutes": _whole(stored, "free_minutes"),
        "daily_maximum": _amount(stored, "daily_maximum_minor", currency),
        "minimum_charge": _amount(stored, "minimum_charge_minor", currency),
    }
    if version == _FLAT:
        return flat
    minutes = _whole(stored, "free_cancellation_minutes") if version == _CANCELLABLE else 0
    return flat | _read_later(stored, currency) | {"free_cancellation_minutes": minutes}


def _read_later(stored: Mapping[str, object], currency: str) -> Json:
    increment = stored["increment_minutes"]
    return {
        "flat_fee": _amount(stored, "flat_fee_minor", currency),
        "increment_minutes": None if increment is None else _whole(stored, "increment_minutes"),
        "steps": tuple(
            Step(_whole(step, "after_minutes"), Money(_whole(step, "rate_minor"), currency))
            for step in _objects(stored, "steps")
        ),
        "week": tuple(_read_band(band, currency) for band in _objects(stored, "bands")),
        "holidays": tuple(date.fromisoformat(day) for day in cast("list[str]", stored["holidays"])),
        "time_zone": str(stored["time_zone"]),
    }


def _written_band(band: Band) -> Json:
    return {
        "days": list(band.days),
        "from": band.start,
        "to": band.end,
        "rate_minor": band.rate.minor,
        "flat_fee_minor": _minor(band.flat_fee),
    }


def _read_band(stored: Mapping[str, object], currency: str) -> Band:
    days = cast("list[str]", stored["days"])
    return Band(
        days=tuple(day for day in ALL_DAYS if day in days),
        start=str(stored["from"]),
        end=str(stored["to"]),
        rate=Money(_whole(stored, "rate_minor"), currency),
        flat_fee=_amount(stored, "flat_fee_minor", currency),
    )


def _objects(stored: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    return cast("list[Mapping[str, object]]", stored[name])


def _whole(stored: Mapping[str, object], name: str) -> int:
    value = stored[name]
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} of a stored tariff is {value!r}, not a whole number.")  # noqa: TRY004 -- bad data
    return value


def _amount(stored: Mapping[str, object], name: str, currency: str) -> Money | None:
    return None if stored[name] is None else Money(_whole(stored, name), currency)


def _minor(amount: Money | None) -> int | None:
    return None if amount is None else amount.minor
