"""Amounts of currencies without decimals are large numbers, and keep the contract's word as small ones do."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.contract.document import Contract
from handlers import ledger, refunds, sessions
from tests.conftest import SetClock
from tests.factories import make_lot
from tests.handlers.contract import require_documented
from tests.services.parking import start
from tests.services.world import World, make_world

LARGEST = 100_000_000_000
"""Of money in one answer; the processor charges no more than 99,999,999 of the smallest unit at once."""
AMOUNTS = {"subtotal", "owner_payout", "authorized", "captured", "refunded", "disputed", "total", "amount"}


@pytest.fixture
def saigon(services: None, time: SetClock) -> World:
    world = make_world()
    lot = make_lot(project=world.project, currency="VND", rate="30000", max_stay_hours=72)
    return replace(world, lot=lot)


def test_a_long_stay_at_a_lot_in_dong_keeps_the_contracts_word(saigon: World, time: SetClock) -> None:
    facts = start(saigon, payment_method="pm_card_visa", duration_hours=60)
    session_id, by = str(facts.session.id), saigon.caller
    require_documented("getSession", sessions.get_session(by, session_id))
    time.move(hours=60)
    ended = sessions.end_session(by, session_id, {"session_code": facts.session.session_code})
    shown = require_documented("endSession", ended)["session"]
    assert (shown["subtotal"], shown["owner_payout"]) == (1_800_000.0, 1_620_000.0)
    assert shown["payment"]["captured"] == 1_800_000.0
    given_back = refunds.create_refund(by, session_id, {"amount": 1_500_000.0})
    assert require_documented("createRefund", given_back)["refund"]["amount"] == 1_500_000.0
    require_documented("getSession", sessions.get_session(by, session_id))
    require_documented("listLedgerEntries", ledger.list_ledger_entries(by))


def test_the_contract_has_one_bound_for_amounts_of_money() -> None:
    document = Contract.read().document
    found = {name: schema["maximum"] for name, schema in amounts(document["components"]["schemas"])}
    balance = found.pop("LedgerBalance.amount")  # what many sessions add up to
    assert balance > LARGEST
    assert {name.rpartition(".")[2] for name in found} == AMOUNTS
    assert {name: most for name, most in found.items() if most != LARGEST} == {}


def amounts(schemas: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, schema in schemas.items():
        for key, value in schema.get("properties", {}).items():
            stated = schemas[value["$ref"].rpartition("/")[2]] if "$ref" in value else value
            if key in AMOUNTS and stated.get("type") == "number":
                yield f"{name}.{key}", stated
