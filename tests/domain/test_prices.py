"""Prices as an operator writes them become a tariff, or every field that is wrong is named."""

from datetime import date
from typing import Any

import pytest

from app.domain.errors import BadRequest
from app.domain.money import Money
from app.domain.prices import Prices
from app.domain.tariffs import Band, Step, Tariff

EVENING = {"days": ["sat", "fri"], "from": "18:00", "to": "24:00", "rate": 4.0}


def tariff(currency: str = "USD", **prices: Any) -> Tariff:
    return Prices.read({"rate": 6.0, **prices}).in_lot(currency=currency, time_zone="America/Denver")


def test_everything_that_is_said_is_part_of_the_tariff() -> None:
    understood = tariff(
        free_minutes=10,
        free_cancellation_minutes=5,
        daily_maximum=40.5,
        minimum_charge=2,
        flat_fee=1,
        increment_minutes=15,
        steps=[{"after_minutes": 60, "rate": 8.25}],
        bands=[EVENING | {"flat_fee": 5}],
        holidays=["2026-12-26", "2026-12-25", "2026-12-26"],
    )
    assert understood == Tariff(
        hourly_rate=Money(600, "USD"),
        free_minutes=10,
        free_cancellation_minutes=5,
        daily_maximum=Money(4050, "USD"),
        minimum_charge=Money(200, "USD"),
        flat_fee=Money(100, "USD"),
        increment_minutes=15,
        steps=(Step(60, Money(825, "USD")),),
        week=(Band(("fri", "sat"), "18:00", "24:00", Money(400, "USD"), Money(500, "USD")),),
        holidays=(date(2026, 12, 25), date(2026, 12, 26)),
        time_zone="America/Denver",
    )


def test_what_is_left_out_is_not_part_of_it() -> None:
    assert tariff() == Tariff(hourly_rate=Money(600, "USD"))


@pytest.mark.parametrize(
    ("prices", "fields"),
    [
        ({"rate": 6.505, "flat_fee": 0.001}, ["rate", "flat_fee"]),
        ({"steps": [{"after_minutes": 60, "rate": 0.125}]}, ["steps.0.rate"]),
        ({"bands": [EVENING | {"rate": 0.125, "flat_fee": 0.125}]}, ["bands.0.rate", "bands.0.flat_fee"]),
        ({"daily_maximum": 5, "minimum_charge": 5.01}, ["minimum_charge"]),
        (
            {"steps": [{"after_minutes": 60, "rate": 1}] * 3},
            ["steps.1.after_minutes", "steps.2.after_minutes"],
        ),
        ({"bands": [EVENING, EVENING | {"days": ["fri"], "from": "23:00"}]}, ["bands.1"]),
        ({"holidays": ["2026-12-25", "2026-02-30"]}, ["holidays.1"]),
    ],
)
def test_every_field_that_is_wrong_is_named(prices: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(BadRequest) as refusal:
        tariff(**prices)
    assert [detail.field for detail in refusal.value.details] == fields


def test_amounts_have_the_decimals_of_their_currency() -> None:
    assert tariff("KWD", rate=0.255).hourly_rate == Money(255, "KWD")
    with pytest.raises(BadRequest, match="JPY, which has 0"):
        tariff("JPY", rate=500, bands=[EVENING | {"rate": 400.5}])
