"""Every fact of a lot that can be sent, sent once by itself: what an answer shows is what was written."""

import itertools
from typing import Any

import pytest

from gate.client import Client
from gate.lists import CSV, new_lot, table_of
from gate.refusals import refused
from gate.world import Tenant, World

_numbers = itertools.count(1)

FACTS: tuple[dict[str, Any], ...] = (
    {"name": "Another Name"},
    {"address": "1 Synthetic Quay"},
    {"city": "Wellington"},
    {"country": "NZ"},
    {"lat": -41.3},
    {"lng": 174.8},
    {"time_zone": "Pacific/Chatham"},
    {"currency": "AUD"},
    *({"type": kind} for kind in ("surface", "p_and_r", "street_paid")),
    {"capacity": 21},
    {"accessible": 3},
    {"ev_charging": 2},
    {"max_height_cm": 210},
    {"amenities": []},
    {"amenities": ["lighting"]},
    {"opening_hours": "24/7"},
    {"max_stay_hours": 12},
    {"tax_rate": 15},
    *({"agent_access": access} for access in ("blocked", "allowed", "unset")),
)


@pytest.fixture
def tenant(world: World) -> Tenant:
    """Work in the fuzzed sandbox."""
    return world.fuzzed


@pytest.fixture
def managed(tenant: Tenant) -> dict[str, str]:
    """Name the lot that is there to be changed."""
    return {"lot_id": tenant.special_lots["managed"]}


def made(client: Client, tenant: Tenant, **facts: Any) -> dict[str, Any]:
    """Make a lot of its own, and return it."""
    wanted = new_lot(f"fact-{next(_numbers)}", **facts)
    answer = client.call("createLot", key=tenant.key, json=wanted)
    assert answer.status_code == 201, answer.text
    lot: dict[str, Any] = answer.json()["lot"]
    return lot


@pytest.mark.parametrize("fact", FACTS, ids=str)
def test_a_fact_of_a_lot_is_made_and_changed(client: Client, tenant: Tenant, fact: dict[str, Any]) -> None:
    assert made(client, tenant, **fact).items() >= fact.items()
    path = {"lot_id": made(client, tenant)["id"]}
    changed = client.call("updateLot", key=tenant.key, path=path, json=fact)
    assert changed.status_code == 200, changed.text
    assert changed.json()["lot"].items() >= fact.items()


def test_a_lot_needs_no_id_of_its_operators(client: Client, tenant: Tenant) -> None:
    wanted = new_lot("nameless")
    del wanted["external_id"]
    lot = client.call("createLot", key=tenant.key, json=wanted).json()["lot"]
    assert "external_id" not in lot
    named = {"external_id": f"fact-{next(_numbers)}"}
    again = client.call("updateLot", key=tenant.key, path={"lot_id": lot["id"]}, json=named)
    assert again.json()["lot"]["external_id"] == named["external_id"]


def test_a_lot_cannot_take_the_id_of_another(client: Client, tenant: Tenant) -> None:
    one, other = made(client, tenant), made(client, tenant)
    taken = {"external_id": one["external_id"]}
    answer = client.call("updateLot", key=tenant.key, path={"lot_id": other["id"]}, json=taken)
    refused(answer, 409, "external_id")


@pytest.mark.parametrize(
    "rates",
    [{"rate": 6.5}, {"rate": 6.5, "free_minutes": 30}, {"rate": 6.5, "minimum_charge": 2.0}],
    ids=str,
)
def test_rates_are_shown_as_they_were_set(
    client: Client, tenant: Tenant, managed: dict[str, str], rates: dict[str, Any]
) -> None:
    shown = client.call("setRates", key=tenant.key, path=managed, json=rates).json()["rates"]
    assert shown.items() >= rates.items()
    assert ("minimum_charge" in shown) == ("minimum_charge" in rates)


@pytest.mark.parametrize(("access", "is_bookable"), [("blocked", False), ("unset", True), ("allowed", True)])
def test_who_may_book_is_shown_as_it_was_decided(
    client: Client, tenant: Tenant, managed: dict[str, str], access: str, is_bookable: bool
) -> None:
    decided = {"agent_access": access}
    answer = client.call("setAgentAccess", key=tenant.key, path=managed, json=decided)
    assert answer.json()["agent_access"].items() >= (decided | {"agent_bookable": is_bookable}).items()


@pytest.mark.parametrize("report", [{"occupied": 3}, {"occupied_elsewhere": 3}], ids=str)
def test_a_report_counts_in_a_lot_that_is_shut_too(
    client: Client, tenant: Tenant, report: dict[str, int]
) -> None:
    path = {"lot_id": made(client, tenant, capacity=20, opening_hours="off")["id"]}
    answer = client.call("reportOccupancy", key=tenant.key, path=path, json=report)
    shown = answer.json()["availability"]
    assert (shown["available"], shown["open_now"]) == (17, False)


@pytest.mark.parametrize("strict", ["true", "false"])
def test_a_list_without_a_fault_is_imported(client: Client, tenant: Tenant, strict: str) -> None:
    table = (
        table_of(f"fact-{next(_numbers)}", city="Wellington").replace(b",colour", b"").replace(b",\n", b"\n")
    )
    answer = client.call("importLots", key=tenant.key, content=table, headers=CSV, query={"strict": strict})
    report = answer.json()["import"]
    assert (report["created"], report["errors"], report["warnings"]) == (1, [], [])
    assert report["ignored_columns"] == []


def test_a_list_with_a_fault_says_where(client: Client, tenant: Tenant) -> None:
    table = table_of(f"fact-{next(_numbers)}", capacity=0)
    [error] = client.call("importLots", key=tenant.key, content=table, headers=CSV).json()["import"]["errors"]
    assert error["field"] == "capacity"
