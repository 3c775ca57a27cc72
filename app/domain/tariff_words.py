"""A tariff in one sentence, short enough for a voice."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from app.domain.tariff_steps import Step, said_minutes
from app.domain.tariff_weeks import Band

if TYPE_CHECKING:
    from app.domain.tariffs import Tariff

NAMED_AT_MOST = 2
"""Steps, and bands, that are named; nobody remembers more by ear."""


def sentence(tariff: "Tariff") -> str:
    """Return the tariff as one sentence."""
    parts = list(_parts(tariff))
    if parts and tariff.free_cancellation_minutes:
        parts.append(f"free if ended within {_unit(tariff.free_cancellation_minutes)}")
    said = ", ".join(parts) if parts else "free of charge"
    return f"{said[0].upper()}{said[1:]}."


def _parts(tariff: "Tariff") -> Iterator[str]:
    yield from _time(tariff)
    yield from _named([_step(step) for step in tariff.steps], "more steps after that")
    yield from _named([_band(band) for band in tariff.week], "other rates at other times")
    if tariff.increment_minutes is not None:
        yield f"billed by the started {_unit(tariff.increment_minutes)}"
    if tariff.daily_maximum is not None:
        yield f"at most {tariff.daily_maximum} a day"
    if tariff.minimum_charge is not None:
        yield f"at least {tariff.minimum_charge}"


def _time(tariff: "Tariff") -> Iterator[str]:
    """Say what time costs at first; nothing, where nothing does."""
    hourly, fee = tariff.hourly_rate, tariff.flat_fee
    flat = f"{fee} flat" if hourly.is_zero else f"{fee} and {hourly} an hour"
    price = f"{hourly} an hour" if fee is None else flat
    is_free = hourly.is_zero and fee is None
    if is_free and not (tariff.steps or tariff.week or tariff.minimum_charge):
        return
    if tariff.free_minutes:
        yield f"first {_unit(tariff.free_minutes)} free"
        price = f"then {price}"
    yield price


def _named(parts: Sequence[str], more: str) -> Iterator[str]:
    yield from parts[:NAMED_AT_MOST]
    if len(parts) > NAMED_AT_MOST:
        yield more


def _step(step: Step) -> str:
    return f"{step.rate} an hour from {said_minutes(step.after_minutes)} on"


def _band(band: Band) -> str:
    fee = "" if band.flat_fee is None else f" and {band.flat_fee} once"
    return f"{band} {band.rate} an hour{fee}"


def _unit(minutes: int) -> str:
    return "minute" if minutes == 1 else f"{minutes} minutes"
