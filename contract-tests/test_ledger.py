"""The ledger over the wire: every kind of entry, looked for in every way, and the same as a file."""

import csv
import io
import re
from typing import Any

import pytest

from app.contract.document import Contract
from gate import processor
from gate.client import Client
from gate.world import Tenant, World


@pytest.fixture
def tenant(world: World) -> Tenant:
    """Work in the fuzzed sandbox, whose sessions were paid."""
    return world.fuzzed


def refunded(client: Client, tenant: Tenant) -> dict[str, str]:
    """Give a cent of a paid session back, and name the session."""
    path = {"session_id": tenant.paid_sessions[0]}
    assert client.call("createRefund", key=tenant.key, path=path, json={"amount": 0.01}).is_success
    return path


def disputed(client: Client, tenant: Tenant) -> dict[str, str]:
    """Park with a card whose holder disputes what was taken, and name the session."""
    order = {"lot_id": tenant.lots[0], "plate": "LEDGER 1", "payment_method": "pm_card_createDispute"}
    session = client.call("createSession", key=tenant.key, json=order).json()["session"]
    client.call("advanceSandboxClock", key=tenant.key, json={"advance_seconds": 3600})
    path, code = {"session_id": session["id"]}, {"session_code": session["session_code"]}
    assert client.call("endSession", key=tenant.key, path=path, json=code).is_success
    intent = session["payment_intent_id"]
    assert processor.tell(client, "charge.dispute.created", intent=intent, subject="dispute").is_success
    return path


def read(client: Client, tenant: Tenant, **query: object) -> dict[str, Any]:
    answer = client.call("listLedgerEntries", key=tenant.key, query=query)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def test_every_kind_of_entry_is_listed_by_its_kind(client: Client, contract: Contract, world: World) -> None:
    undriven, fuzzed = world.tenants["undriven"], world.fuzzed
    taken, given_back = disputed(client, undriven), refunded(client, fuzzed)
    for kind in contract.at("#/components/schemas/LedgerKind")["enum"]:
        tenant, session = (undriven, taken) if kind == "dispute" else (fuzzed, given_back)
        for query in ({"kind": kind}, {"kind": kind, **session}):
            found = read(client, tenant, **query, limit=100)
            assert {entry["kind"] for entry in found["data"]} == {kind}
            assert found["balances"]
            assert kind != "dispute" or all("dispute_id" in entry for entry in found["data"])
            text = client.call("exportLedgerCsv", key=tenant.key, query=query | {"limit": 2}).text
            assert {row[1] for row in csv.reader(io.StringIO(text, newline=""))} == {"kind", kind}


def test_an_account_goes_on_where_its_cursor_leads(client: Client, tenant: Tenant) -> None:
    session = refunded(client, tenant)
    first = read(client, tenant, limit=1, **session)
    rest = read(client, tenant, limit=100, cursor=first["next_cursor"], **session)
    assert first["balances"]
    assert "balances" not in rest
    entries = [*first["data"], *rest["data"]]
    assert {entry["session_id"] for entry in entries} == set(session.values())
    assert {"refund_id" in entry for entry in entries} == {True, False}
    assert entries[-1]["kind"] in {"charge", "fee", "payout"}


def test_its_file_goes_on_where_its_link_leads(client: Client, tenant: Tenant) -> None:
    refunded(client, tenant)
    period = {"after": "2001-02-28T12:00:00Z", "before": "2098-02-28T12:00:00Z", "limit": 1}
    one = client.call("exportLedgerCsv", key=tenant.key, query=period)
    found = re.search(r"cursor=([0-9a-f-]+)>", one.headers["link"])
    assert found
    other = client.call("exportLedgerCsv", key=tenant.key, query=period | {"cursor": found[1]})
    assert one.text.splitlines()[0] == other.text.splitlines()[0]
    assert one.text.splitlines()[1] != other.text.splitlines()[1]
    whole = client.call("exportLedgerCsv", key=tenant.key)
    assert "link" not in whole.headers


def test_who_took_no_money_has_an_empty_account(client: Client) -> None:
    key = client.call("createSandbox", json={}).json()["sandbox"]["operator_key"]
    assert client.call("listLedgerEntries", key=key).json() == {"data": [], "balances": []}
