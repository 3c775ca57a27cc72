"""What those who run lots are told: what a lot can't be, what it is, and when it has to stay."""

import itertools
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.contract.document import Contract
from gate.client import Client, ClientOf
from gate.installations import Installation
from gate.lists import CSV, GEOJSON, new_lot, table_of
from gate.refusals import refused
from gate.servers import environment, serve
from gate.world import Tenant, World

PATIENCE = 30.0

_numbers = itertools.count(1)


@pytest.fixture
def tenant(world: World) -> Tenant:
    """Work in the fuzzed sandbox."""
    return world.fuzzed


def test_an_external_id_that_is_taken_is_a_409(client: Client, tenant: Tenant) -> None:
    wanted = new_lot(f"lot-witness-{next(_numbers)}")
    assert client.call("createLot", key=tenant.key, json=wanted).status_code == 201
    refused(client.call("createLot", key=tenant.key, json=wanted), 409, "external_id")


def test_what_a_lot_cannot_be_is_a_400(client: Client, tenant: Tenant) -> None:
    path = {"lot_id": tenant.special_lots["managed"]}
    for field, value in (
        ("name", "\u2003"),
        ("time_zone", "America/Vail"),
        ("currency", "XXY"),
        ("opening_hours", "all year"),
        ("tax_rate", 1.23456),
    ):
        wanted = new_lot(f"lot-witness-{next(_numbers)}", **{field: value})
        refused(client.call("createLot", key=tenant.key, json=wanted), 400, field)
        refused(client.call("updateLot", key=tenant.key, path=path, json={field: value}), 400, field)
    for field in ("accessible", "ev_charging"):
        wanted = new_lot(f"lot-witness-{next(_numbers)}", capacity=5, **{field: 6})
        refused(client.call("createLot", key=tenant.key, json=wanted), 400, field)


def test_a_lot_that_is_gone_is_not_made_again_under_its_key(client: Client, tenant: Tenant) -> None:
    number = next(_numbers)
    wanted, once = new_lot(f"lot-witness-{number}"), {"Idempotency-Key": f"lot-witness-{number}"}
    lot = client.call("createLot", key=tenant.key, json=wanted, headers=once).json()["lot"]
    deleted = client.call("deleteLot", key=tenant.key, path={"lot_id": lot["id"]})
    assert deleted.status_code == 204, deleted.text
    refused(client.call("createLot", key=tenant.key, json=wanted, headers=once), 404)


def test_a_lot_in_which_sessions_run_is_not_deleted(client: Client, tenant: Tenant) -> None:
    order = {"lot_id": tenant.lots[0], "plate": f"LOT WITNESS {next(_numbers)}"}
    assert client.call("createSession", key=tenant.key, json=order).status_code == 201
    refused(client.call("deleteLot", key=tenant.key, path={"lot_id": tenant.lots[0]}), 409, "lot_id")


def test_a_lot_that_is_open_says_so_to_its_operator(client: Client, tenant: Tenant) -> None:
    wanted = new_lot(f"lot-witness-{next(_numbers)}", opening_hours="24/7")
    lot = client.call("createLot", key=tenant.key, json=wanted).json()["lot"]
    assert lot["open_now"] is True
    changed = client.call("updateLot", key=tenant.key, path={"lot_id": lot["id"]}, json={"capacity": 21})
    assert changed.json()["lot"]["open_now"] is True


def test_a_lot_that_is_shut_says_so_to_its_operator(client: Client, tenant: Tenant) -> None:
    wanted = new_lot(f"lot-witness-{next(_numbers)}", opening_hours="off")
    lot = client.call("createLot", key=tenant.key, json=wanted).json()["lot"]
    assert lot["open_now"] is False
    changed = client.call("updateLot", key=tenant.key, path={"lot_id": lot["id"]}, json={"capacity": 21})
    assert changed.json()["lot"]["open_now"] is False


def test_what_a_lot_is_can_be_changed(client: Client, contract: Contract, tenant: Tenant) -> None:
    wanted = new_lot(f"lot-witness-{next(_numbers)}")
    lot = client.call("createLot", key=tenant.key, json=wanted).json()["lot"]
    changes: list[dict[str, Any]] = [
        {"type": kind} for kind in contract.at("#/components/schemas/LotType")["enum"]
    ]
    changes += [{"agent_access": access} for access in ("blocked", "allowed")]
    changes += [{"currency": "AUD"}, {"amenities": ["lighting", "toilets"]}]
    for change in changes:
        answer = client.call("updateLot", key=tenant.key, path={"lot_id": lot["id"]}, json=change)
        assert answer.status_code == 200, answer.text
        assert answer.json()["lot"].items() >= change.items()


def test_a_sandbox_holds_a_thousand_lots(client: Client) -> None:
    key = client.call("createSandbox", json={}).json()["sandbox"]["operator_key"]
    full = table_of(*(f"lot-witness-{next(_numbers)}" for _ in range(1_000)))
    refused(client.call("importLots", key=key, content=full, headers=CSV), 409)
    rehearsed = client.call("importLots", key=key, content=full, headers=CSV, query={"dry_run": "true"})
    refused(rehearsed, 409)
    assert client.call("createLot", key=key, json=new_lot("one-more")).status_code == 201


def test_a_row_that_breaks_the_schema_is_reported_and_not_refused(client: Client, tenant: Tenant) -> None:
    answer = client.call(
        "importLots",
        key=tenant.key,
        content=b'{"type": "FeatureCollection", "features": [true]}',
        headers=GEOJSON,
    )
    assert answer.status_code == 200, answer.text
    report = answer.json()["import"]
    assert (report["created"], report["error_count"]) == (0, 1)
    assert [(error["line"], error["field"]) for error in report["errors"]] == [(1, "row")]


def test_a_list_that_is_sent_twice_at_once_is_imported_once(client: Client, world: World) -> None:
    tenant = world.tenants["live operator"]
    table = table_of(*(f"lot-witness-{next(_numbers)}-{row}" for row in range(4_000)))
    once = CSV | {"Idempotency-Key": f"lot-witness-{next(_numbers)}"}

    def send() -> httpx.Response:
        return client.call("importLots", key=tenant.key, content=table, headers=once)

    with ThreadPoolExecutor(2) as threads:
        answers = [sent.result() for sent in [threads.submit(send) for _ in range(2)]]
    assert [answer.json()["import"]["created"] for answer in answers] == [4_000, 4_000]
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 1


def test_who_sends_a_list_again_that_another_server_imports_is_told_to_wait(
    client: Client, client_of: ClientOf, installation: Installation, reports: Path
) -> None:
    """Both share a database; in one process the second request waits for the first."""
    other = environment(installation.home, EMBEDDED_WORKER="0", PAYMENTS_LIVE="embedded")
    table = table_of(*(f"lot-witness-{next(_numbers)}-{row}" for row in range(4_000)))
    once = f"lot-witness-{next(_numbers)}"
    key, headers = installation.world.tenants["live operator"].key, CSV | {"Idempotency-Key": once}

    def send(to: Client) -> httpx.Response:
        return to.call("importLots", key=key, content=table, headers=headers)

    with serve(other, log=reports / "twin.log") as server, ThreadPoolExecutor(1) as threads:
        twin = client_of(replace(installation, server=server))
        first = threads.submit(send, client)
        with standing_still(installation, once):
            second = send(twin)
        created = first.result().json()["import"]["created"]
        twin.close()  # a server that stops waits for who may still ask
    assert (second.status_code, created) == (409, 4_000)
    assert int(second.headers["retry-after"]) >= 1
    assert send(client).json() == first.result().json()


@contextmanager
def standing_still(installation: Installation, once: str) -> Iterator[None]:
    """Let nothing be written any more, from the moment on at which a request with a key is under way."""
    begun = "SELECT 1 FROM idempotency_keys WHERE key = ? AND NOT finished"
    path, deadline = installation.home / "parkgraph.sqlite3", time.monotonic() + PATIENCE
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as writer:
        while not is_writer(writer) or writer.execute(begun, [once]).fetchone() is None:
            assert time.monotonic() < deadline, "no such request came"
            if writer.in_transaction:
                writer.execute("ROLLBACK")
        yield
        writer.execute("ROLLBACK")


def is_writer(connection: sqlite3.Connection) -> bool:
    """Try to become the one who writes."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    return True
