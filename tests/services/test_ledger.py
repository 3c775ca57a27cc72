"""The ledger holds every movement of money once, in the transaction that learned of it."""

from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app import database
from app.domain.errors import BadGateway
from app.gateways import processors
from app.models import LedgerEntry, Operator
from app.presenters.sessions import SessionFacts
from app.services import refunds
from stripe_sandbox import Fault
from tests.conftest import EVENING, SetClock
from tests.services.parking import (
    CAPTURING,
    end,
    look_up,
    pass_time,
    processor_meets,
    start,
    worker_goes_round,
)
from tests.services.world import World, make_world

pytestmark = pytest.mark.usefixtures("services")


@pytest.fixture
def world(time: SetClock) -> World:
    return make_world()


def park(world: World, time: SetClock) -> SessionFacts:
    """Park for 4.02 hours at 6.00, of which 24.12 were taken."""
    facts = start(world)
    pass_time(world, time, 14_472)
    assert end(world, facts)["subtotal"] == 24.12
    return facts


def without_an_account(world: World) -> None:
    """Let the operator have none at the processor."""
    with database.transaction() as db:
        db.get_one(Operator, world.project.operator_id).connected_account = None


def entries() -> list[LedgerEntry]:
    with database.reading() as db:
        return list(db.scalars(select(LedgerEntry).order_by(LedgerEntry.id)))


def statement() -> list[tuple[str, int]]:
    """Return what stands in the operator's account, oldest first."""
    return [(entry.kind, entry.amount_minor) for entry in entries() if entry.account == "operator"]


def owed() -> int:
    return sum(amount for _, amount in statement())


def give_back(world: World, facts: SessionFacts, amount: str) -> None:
    refunds.create(world.caller, facts.session.id, amount=Decimal(amount))


def test_a_stay_is_charged_and_paid_out_at_once_where_the_operator_has_an_account(
    world: World, time: SetClock
) -> None:
    park(world, time)
    assert statement() == [("charge", 2412), ("fee", -241), ("payout", -2171)]
    assert sum(entry.amount_minor for entry in entries()) == 0


def test_without_an_account_the_operator_is_owed_its_share(world: World, time: SetClock) -> None:
    without_an_account(world)
    park(world, time)
    assert statement() == [("charge", 2412), ("fee", -241)]
    assert owed() == 2171


def test_an_entry_says_whose_it_is_and_when(world: World, time: SetClock) -> None:
    facts = park(world, time)
    [entry, *_] = entries()
    assert (entry.operator_id, entry.world_id, entry.project_id, entry.session_id, entry.hold_id) == (
        world.project.operator_id,
        world.project.id,
        world.project.id,
        facts.session.id,
        facts.holds[0].id,
    )
    assert (entry.currency, (entry.created_at - EVENING).total_seconds()) == ("USD", 14_472)


def test_refunds_take_their_part_back_from_everybody(world: World, time: SetClock) -> None:
    facts = park(world, time)
    give_back(world, facts, "6.00")
    made = refunds.page(world.caller, facts.session.id, limit=1).entries[0].refund
    news = [entry for entry in entries() if entry.refund_id == made.id and entry.account == "operator"]
    assert [(entry.kind, entry.amount_minor) for entry in news] == [
        ("refund", -600),
        ("fee", 60),
        ("payout", 541),
    ]
    give_back(world, facts, "18.12")
    assert owed() == 0


@pytest.mark.parametrize("sizes", [["0.05"] * 7, ["0.01", "7.77", "0.15"], ["3.33", "3.33", "3.33", "3.33"]])
def test_what_is_owed_and_paid_adds_up_to_the_owner_payout(
    world: World, time: SetClock, sizes: list[str]
) -> None:
    without_an_account(world)
    facts = park(world, time)
    for size in sizes:
        give_back(world, facts, size)
        assert owed() / 100 == look_up(world, facts)["owner_payout"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_capture_that_is_tried_again_is_posted_once(world: World, time: SetClock, when: str) -> None:
    facts = start(world, payment_method="pm_card_visa")
    time.move(hours=1)
    processor_meets(Fault(path=CAPTURING, when=when))  # type: ignore[arg-type] # both are words of a Fault
    with pytest.raises(BadGateway):
        end(world, facts)
    assert entries() == []
    worker_goes_round(time)
    assert statement()[:2] == [("charge", 600), ("fee", -60)]


def test_what_the_ledger_says_was_paid_out_is_at_the_operators_account(world: World, time: SetClock) -> None:
    facts = park(world, time)
    give_back(world, facts, "0.07")
    give_back(world, facts, "0.05")
    books = processors.embedded().books(world.project.id, sorted(world.payment_intents()))
    assert books is not None
    net = books.captured - books.refunded - books.fee
    assert -sum(amount for kind, amount in statement() if kind == "payout") == net.minor


@pytest.mark.parametrize(
    "statement_", ["UPDATE ledger_entries SET amount_minor = 1", "DELETE FROM ledger_entries"]
)
def test_the_database_refuses_to_change_the_ledger(world: World, time: SetClock, statement_: str) -> None:
    park(world, time)
    before = statement()
    with pytest.raises(DBAPIError, match="the ledger can only grow"), database.transaction() as db:
        db.execute(text(statement_))
    assert statement() == before
