"""A ledger that differs from what was captured is found, session by session."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, text

from app import database
from app.domain.ids import uuid7
from app.models import Hold, LedgerEntry
from app.presenters.sessions import SessionFacts
from app.services import ledger_verification, refunds
from app.services.ledger_verification import Imbalance, Verdict
from app.worker import verifying
from tests.conftest import EVENING, SetClock
from tests.factories import keep
from tests.services.parking import end, start
from tests.services.session_rows import make_sessions
from tests.services.world import World, make_world
from tests.statements import plans_seen, statements_seen

pytestmark = pytest.mark.usefixtures("services")


@pytest.fixture
def world(time: SetClock) -> World:
    return make_world()


@pytest.fixture
def paid(world: World, time: SetClock) -> SessionFacts:
    """Park for an hour at 6.00."""
    facts = start(world, payment_method="pm_card_visa")
    time.move(hours=1)
    end(world, facts)
    return facts


def findings() -> list[str]:
    found: list[Imbalance] = []
    verdict = ledger_verification.verify(report=found.append)
    assert verdict.findings == len(found)
    return [str(each) for each in found]


@contextmanager
def unguarded() -> Iterator[None]:
    """Lift the guards of the ledger as whoever owns the tables could."""
    on_sqlite = database.engine().dialect.name == "sqlite"
    with database.transaction() as db:
        db.execute(
            text("DROP TRIGGER ledger_entries_no_delete")
            if on_sqlite
            else text("ALTER TABLE ledger_entries DISABLE TRIGGER USER")
        )
    yield


def test_a_ledger_that_agrees_is_found_to_agree(
    world: World, paid: SessionFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(world, plate="ANOTHER")
    refunds.create(world.caller, paid.session.id)
    monkeypatch.setattr(ledger_verification, "PAGE", 1)
    assert findings() == []
    assert ledger_verification.verify(report=print).sessions == 1


def test_money_that_no_posting_tells_of_is_found(paid: SessionFacts) -> None:
    with database.transaction() as db:
        db.get_one(Hold, paid.holds[0].id).captured_minor = 700
    assert findings() == [
        f"session {paid.session.id}: the holds kept 7.00 USD, and the ledger says 6.00 USD.",
        f"session {paid.session.id}: the platform's fee is 0.70 USD, and the ledger says 0.60 USD.",
    ]
    assert verifying.report_imbalance() == 2


def test_an_entry_that_balances_with_none_is_found(paid: SessionFacts, world: World) -> None:
    posting_id = uuid7()
    keep(
        LedgerEntry(
            id=uuid7(),
            posting_id=posting_id,
            operator_id=world.project.operator_id,
            world_id=world.project.id,
            project_id=world.project.id,
            session_id=paid.session.id,
            hold_id=paid.holds[0].id,
            kind="payout",
            account="paid_out",
            amount_minor=-5,
            currency="USD",
            created_at=paid.session.started_at,
        )
    )
    assert findings() == [
        f"session {paid.session.id}: posting {posting_id} does not balance; it is -0.05 USD off."
    ]


def test_a_ledger_that_somebody_emptied_is_found(paid: SessionFacts) -> None:
    with unguarded(), database.transaction() as db:
        db.execute(text("DELETE FROM ledger_entries"))
    assert len(findings()) == 2


def captured(session_id: UUID) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "session_id": session_id,
        "status": "succeeded",
        "amount_minor": 600,
        "captured_minor": 600,
        "created_at": EVENING,
    }


def verify_a_page() -> Verdict:
    one_page = [True, False]
    return ledger_verification.verify(report=str, goes_on=lambda: one_page.pop(0))


def test_a_page_is_read_from_indexes_and_costs_a_page_whatever_is_behind_it(
    world: World, paid: SessionFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    parked = make_sessions(world.lot, world.caller, 3_000, plate="SYN")
    with database.transaction() as db:
        db.execute(insert(Hold), [captured(session_id) for session_id in parked])
    with database.engine().connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    monkeypatch.setattr(ledger_verification, "PAGE", 5)
    with statements_seen() as seen:
        assert verify_a_page().sessions == 5
    with plans_seen() as steps:
        verify_a_page()
    assert "".join(seen).count("LIMIT") == 3  # one for each part of the union, and one for both
    assert any("ix_holds_session_id" in step for step in steps)
    assert not [step for step in steps if "Seq Scan on holds" in step or "SCAN holds" in step]
