"""Rates of every kind, set once and read through every door."""

from collections.abc import Mapping
from typing import Any

import pytest

from gate.client import Client
from gate.refusals import refused
from gate.world import Tenant, World

WEEK = [
    {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "18:00", "to": "24:00", "rate": 2.5},
    {"days": ["sat", "sun"], "from": "10:00", "to": "02:00", "rate": 0.0, "flat_fee": 5.0},
    {"days": ["holiday"], "from": "00:00", "to": "24:00", "rate": 1.0},
]
RATES: Mapping[str, dict[str, Any]] = {
    "plain": {"rate": 6.5},
    "nothing more": {"rate": 6.5, "steps": [], "bands": []},
    "week": {"rate": 6.5, "bands": WEEK, "holidays": ["2026-12-25"]},
    "steps": {"rate": 6.5, "steps": [{"after_minutes": 60, "rate": 8.0}, {"after_minutes": 90, "rate": 9.5}]},
    "quarters": {"rate": 6.5, "increment_minutes": 15},
    "cancellable": {"rate": 6.5, "free_cancellation_minutes": 10},
    "entry": {"rate": 6.5, "flat_fee": 2.0},
}
EVENING = WEEK[0]


@pytest.fixture
def tenant(world: World) -> Tenant:
    """Work in the fuzzed sandbox."""
    return world.fuzzed


@pytest.fixture
def managed(tenant: Tenant) -> dict[str, str]:
    """Name the lot that is there to be changed."""
    return {"lot_id": tenant.special_lots["managed"]}


@pytest.mark.parametrize("name", RATES)
def test_rates_are_read_through_every_door_as_they_were_set(
    client: Client, tenant: Tenant, managed: dict[str, str], name: str
) -> None:
    wanted = RATES[name]
    told = client.call("setRates", key=tenant.key, path=managed, json=wanted).json()["rates"]
    answers = [client.call("getRates", key=tenant.key, path=managed)]
    answers += [
        client.act("get_rates", key=tenant.key, platform=platform, **managed) for platform in (None, "xai")
    ]
    assert [answer.json()["rates"] for answer in answers] == [told] * 3
    for fact in ("steps", "holidays", "increment_minutes", "flat_fee", "free_cancellation_minutes"):
        assert told.get(fact) == (wanted.get(fact) or None)
    bands = wanted.get("bands", [])
    assert told["bands"][: len(bands)] == bands
    assert len(told["bands"]) > len(bands) or not bands


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"bands": [EVENING | {"rate": 2.505}]}, "bands.0.rate"),
        ({"bands": [EVENING | {"flat_fee": 0.001}]}, "bands.0.flat_fee"),
        ({"bands": [EVENING, EVENING | {"days": ["fri"], "from": "23:00"}]}, "bands.1"),
        ({"bands": [EVENING | {"days": ["fri", "fri"]}]}, "bands.0.days"),
        ({"bands": [EVENING | {"from": "24:00"}]}, "bands.0.from"),
        ({"steps": [{"after_minutes": 60, "rate": 1}] * 2}, "steps.1.after_minutes"),
        ({"steps": [{"after_minutes": 60, "rate": 0.125}]}, "steps.0.rate"),
        ({"holidays": ["2026-02-30"]}, "holidays.0"),
        ({"flat_fee": 0.001}, "flat_fee"),
        ({"flat_fee": 0}, "flat_fee"),
    ],
)
def test_rates_that_no_calendar_and_no_purse_can_hold_name_their_field(
    client: Client, tenant: Tenant, managed: dict[str, str], more: dict[str, Any], field: str
) -> None:
    before = client.call("getRates", key=tenant.key, path=managed).json()
    answer = client.call("setRates", key=tenant.key, path=managed, json={"rate": 6.5, **more})
    refused(answer, 400, field)
    assert client.call("getRates", key=tenant.key, path=managed).json() == before
