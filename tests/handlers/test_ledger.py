"""What listLedgerEntries and exportLedgerCsv answer, by the contract."""

import csv
import io
from dataclasses import replace
from decimal import Decimal

import pytest

from app.gateways import processors
from app.presenters.ledger import COLUMNS
from app.presenters.sessions import SessionFacts
from app.services import refunds
from app.settings import Settings
from handlers import ledger
from tests.conftest import SetClock
from tests.factories import caller_of, make_lot, make_operator, make_project
from tests.handlers.contract import require_documented
from tests.services.parking import end, pass_time, start
from tests.services.world import World, make_world

pytestmark = pytest.mark.usefixtures("services")


@pytest.fixture
def world(time: SetClock) -> World:
    return make_world()


@pytest.fixture
def paid(world: World, time: SetClock) -> SessionFacts:
    """Park for 4.02 hours at 6.00, give 6.00 of it back a second later."""
    facts = start(world)
    pass_time(world, time, 14_472)
    end(world, facts)
    pass_time(world, time, 1)
    refunds.create(world.caller, facts.session.id, amount=Decimal("6.00"))
    return facts


def test_an_account_is_shown_newest_first_with_what_is_owed(world: World, paid: SessionFacts) -> None:
    shown = require_documented("listLedgerEntries", ledger.list_ledger_entries(world.caller))
    assert [(entry["kind"], entry["amount"]) for entry in shown["data"]] == [
        ("payout", 5.41),
        ("fee", 0.6),
        ("refund", -6.0),
        ("payout", -21.71),
        ("fee", -2.41),
        ("charge", 24.12),
    ]
    assert shown["balances"] == [{"currency": "USD", "amount": 0.01}]
    first, last = shown["data"][0], shown["data"][-1]
    assert (first["at"], last["at"]) == ("2026-11-22T22:31:13Z", "2026-11-22T22:31:12Z")
    assert (first["session_id"], first["project_id"]) == (str(paid.session.id), str(world.project.id))
    assert "refund_id" in first
    assert "refund_id" not in last


def test_entries_are_looked_for_by_session_kind_and_time(world: World, paid: SessionFacts) -> None:
    def kinds(**wishes: str) -> list[str]:
        return [entry["kind"] for entry in ledger.list_ledger_entries(world.caller, **wishes)["data"]]

    assert kinds(kind="charge") == ["charge"]
    assert len(kinds(session_id=str(paid.session.id).upper())) == 6
    assert kinds(session_id=str(world.project.id)) == []
    early = ledger.list_ledger_entries(world.caller, before="2026-11-22T22:31:13Z", kind="charge")
    assert [entry["kind"] for entry in early["data"]] == ["charge"]
    assert early["balances"] == [{"currency": "USD", "amount": 0.0}]
    assert kinds(after="2026-11-22T22:31:13Z") == ["payout", "fee", "refund"]


def test_a_long_account_goes_on_where_its_cursor_leads(world: World, paid: SessionFacts) -> None:
    first = require_documented("listLedgerEntries", ledger.list_ledger_entries(world.caller, limit=4))
    rest = require_documented(
        "listLedgerEntries", ledger.list_ledger_entries(world.caller, limit=4, cursor=first["next_cursor"])
    )
    whole = ledger.list_ledger_entries(world.caller)
    assert [*first["data"], *rest["data"]] == whole["data"]
    assert "next_cursor" not in rest
    assert first["balances"] == whole["balances"]
    assert "balances" not in rest


def test_the_file_is_csv_whose_amounts_are_numbers(world: World, paid: SessionFacts) -> None:
    answer = ledger.export_ledger_csv(world.caller, limit=5)
    text = require_documented("exportLedgerCsv", answer)
    assert answer[2]["Content-Disposition"] == 'attachment; filename="ledger.csv"'
    assert "&cursor=" in answer[2]["Link"]
    names, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert tuple(names) == COLUMNS
    assert [row[2] for row in rows] == ["5.41", "0.60", "-6.00", "-21.71", "-2.41"]
    assert "Link" not in ledger.export_ledger_csv(world.caller)[2]


def test_nobody_else_reads_it_nor_a_sandbox_what_is_live(
    world: World, paid: SessionFacts, time: SetClock, settings: Settings
) -> None:
    live = caller_of(make_project(kind="live"))
    sibling = make_project(operator=None, kind="sandbox")
    for caller in (live, caller_of(sibling)):
        assert ledger.list_ledger_entries(caller) == {"data": [], "balances": []}


def test_the_lots_operator_reads_what_others_projects_paid(
    world: World, time: SetClock, settings: Settings
) -> None:
    processors.configure(replace(settings, payments_live="embedded"))
    operator = make_operator()
    traveller = make_project(operator=make_operator(), kind="live")
    lot = make_lot(operator=operator, capacity=10)
    strange = replace(world, project=traveller, caller=caller_of(traveller), lot=lot)
    facts = start(strange, payment_method="pm_card_visa")
    time.move(hours=1)
    end(strange, facts)
    owner = caller_of(make_project(operator=operator, kind="live"))
    shown = ledger.list_ledger_entries(owner)
    assert shown["balances"] == [{"currency": "USD", "amount": 5.4}]
    assert {entry["project_id"] for entry in shown["data"]} == {str(traveller.id)}
    assert ledger.list_ledger_entries(strange.caller)["data"] == []
    owners_sandbox = caller_of(make_project(operator=operator, kind="sandbox"))
    assert ledger.list_ledger_entries(owners_sandbox)["data"] == []
