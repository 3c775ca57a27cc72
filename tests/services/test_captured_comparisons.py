"""What was captured is compared again for as long as it may go back, on both databases."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select, update

from app import database
from app.domain import clock, ids
from app.domain.money import Money
from app.gateways import processors
from app.gateways.payment_records import DisputeRecord
from app.gateways.stripe_card_payments import StripeCardPayments
from app.gateways.stripe_payment_records import StripePaymentRecords
from app.models import Dispute, Hold, LedgerEntry
from app.presenters.sessions import SessionFacts
from app.services import due, ledger_verification, reconciliation, reconciliation_turns, refunds
from app.worker import reconciling
from tests.conftest import SetClock
from tests.services import hooks
from tests.services.parking import (
    driver_authorises,
    end,
    intent_of,
    look_up,
    pass_time,
    start,
    tell_of_everything,
)
from tests.services.test_disputes import answer
from tests.services.world import World, make_world
from tests.statements import plans_seen

CARD = "pm_card_visa"
DISPUTED = "pm_card_createDispute"
DAY = timedelta(days=1)


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def park(world: World, time: SetClock, card: str = CARD) -> SessionFacts:
    """Park for 4.02 hours, for 24.12, of which no event tells."""
    facts = start(world, payment_method=card)
    pass_time(world, time, 14_472)
    end(world, facts)
    return facts


def give_back(world: World, facts: SessionFacts, amount: str) -> None:
    """Give money back at the processor, behind our back."""
    processors.card_payments_for("sandbox", world.project.id).refund(
        str(uuid4()),
        payment_intent_id=intent_of(facts),
        amount=Money.from_major(amount, "USD"),
        reason="requested_by_customer",
        mark="a person at a screen",
    )


def disputes_of(facts: SessionFacts) -> list[str]:
    with database.reading() as db:
        return list(db.scalars(select(Dispute.status).where(Dispute.session_id == facts.session.id)))


def owed() -> int:
    with database.reading() as db:
        return sum(db.scalars(select(LedgerEntry.amount_minor).where(LedgerEntry.account == "operator")))


def books_agree() -> bool:
    return ledger_verification.verify(report=print).findings == 0


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what the processor is asked for."""
    counts: Counter[str] = Counter()
    for kind, name in (
        (StripeCardPayments, "fetch"),
        (StripePaymentRecords, "refunds"),
        (StripePaymentRecords, "disputes"),
    ):
        monkeypatch.setattr(kind, name, _counted(getattr(kind, name), counts, name))
    return counts


def _counted(ask: Callable[..., object], counts: Counter[str], name: str) -> Callable[..., object]:
    def counted(gateway: object, payment_intent_id: str) -> object:
        counts[name] += 1
        return ask(gateway, payment_intent_id)

    return counted


def test_money_that_went_back_untold_is_learned_by_the_worker(world: World, time: SetClock) -> None:
    facts = park(world, time)
    time.move(minutes=16)
    assert reconciling.compare_holds() == 0
    give_back(world, facts, "2.00")
    time.move(hours=25)
    assert reconciling.compare_holds() == 1
    assert look_up(world, facts)["payment"]["status"] == "partially_refunded"  # type: ignore[index] # JSON
    assert books_agree()


def test_a_dispute_of_which_no_event_told_is_learned(world: World, time: SetClock) -> None:
    facts = park(world, time, DISPUTED)
    time.move(minutes=16)
    assert reconciling.compare_holds() == 1
    payment = look_up(world, facts)["payment"]
    assert (payment["disputed"], disputes_of(facts)) == (24.12, ["open"])  # type: ignore[index] # JSON
    assert owed() == -2171  # it was paid out already
    assert books_agree()
    assert "dispute.opened" in [event_type for event_type, _ in hooks.told()]


@pytest.mark.parametrize(
    ("evidence", "status", "differs"), [("winning_evidence", "won", 1), ("losing_evidence", "lost", 0)]
)
def test_how_a_dispute_ended_is_learned_although_no_event_told_of_it(
    world: World, time: SetClock, evidence: str, status: str, differs: int
) -> None:
    facts = park(world, time, DISPUTED)
    tell_of_everything()
    answer(world, evidence)
    time.move(minutes=16)
    assert reconciling.compare_holds() == differs
    assert disputes_of(facts) == [status]
    assert books_agree()


def test_a_refund_that_came_to_nothing_untold_is_undone(world: World, time: SetClock) -> None:
    facts = park(world, time, "pm_card_refundFail")
    refunds.create(world.caller, facts.session.id, amount=Decimal("5.00"))
    pass_time(world, time, 3600)
    time.move(minutes=16)
    assert reconciling.compare_holds() == 1
    assert look_up(world, facts)["payment"]["status"] == "captured"  # type: ignore[index] # JSON
    assert books_agree()


def test_the_command_compares_what_was_disputed(world: World, time: SetClock) -> None:
    facts = park(world, time, DISPUTED)
    [listed] = reconciliation_turns.everything(since=clock.now() - DAY)
    found = reconciliation.compare(due.worker(), listed)
    assert found
    assert (found.session_id, found.is_mended) == (facts.session.id, True)
    assert (str(found.ours), str(found.theirs)) == (
        "succeeded captured=2412",
        "succeeded captured=2412 disputed=2412",
    )
    assert reconciliation.compare(due.worker(), listed) is None


def test_what_was_captured_is_asked_for_less_and_less_until_nobody_may_dispute_it(
    world: World, time: SetClock, asked: Counter[str]
) -> None:
    park(world, time)
    asked.clear()
    days: list[int] = []
    for day in range(200):
        reconciling.compare_holds()
        if asked.pop("fetch", 0):
            days.append(day)
        time.move(hours=24, seconds=1)
    assert days[:8] == list(range(1, 9))
    gaps = [later - earlier for earlier, later in pairwise(days)]
    assert gaps == sorted(gaps)
    assert len(days) < 35
    assert 120 <= days[-1] < 140


def test_refunds_are_asked_for_where_some_went_back_and_disputes_where_something_was_captured(
    world: World, time: SetClock, asked: Counter[str]
) -> None:
    world.driver_stays_away()
    start(world, "CO-0")
    time.move(minutes=16)
    reconciling.compare_holds()
    assert asked == {"fetch": 1}
    facts = park(world, time)
    time.move(hours=25)
    asked.clear()
    reconciling.compare_holds()
    assert asked == {"fetch": 1, "disputes": 1}
    give_back(world, facts, "2.00")
    time.move(hours=25)
    asked.clear()
    reconciling.compare_holds()
    assert asked == {"fetch": 1, "disputes": 1, "refunds": 1}


def test_what_was_captured_keeps_no_open_hold_from_its_turn(
    world: World, time: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation_turns, "CAPTURED_BATCH", 2)
    for _ in range(3):
        give_back(world, park(world, time), "2.00")
    world.driver_stays_away()
    waiting = start(world)
    time.move(minutes=16)
    driver_authorises(world, waiting)
    assert reconciling.compare_holds() == 3
    assert reconciling.compare_holds() == 1


def test_what_somebody_else_wrote_while_the_processor_was_asked_is_not_undone(
    world: World, time: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = park(world, time, DISPUTED)
    tell_of_everything()
    time.move(minutes=16)
    ask, asked = StripePaymentRecords.disputes, iter([True])

    def overtaken(records: StripePaymentRecords, payment_intent_id: str) -> Sequence[DisputeRecord]:
        found = ask(records, payment_intent_id)
        if next(asked, False):
            answer(world, "winning_evidence")
            tell_of_everything()
        return found

    monkeypatch.setattr(StripePaymentRecords, "disputes", overtaken)
    assert reconciling.compare_holds() == 0
    assert disputes_of(facts) == ["won"]
    assert owed() == 0
    assert books_agree()


def captured_long_ago(facts: SessionFacts, number: int) -> None:
    """Write down many holds that were captured and are not compared any more."""
    with database.transaction() as db:
        db.execute(
            insert(Hold).execution_options(render_nulls=True),
            [
                {
                    "id": ids.uuid7(),
                    "session_id": facts.session.id,
                    "status": "succeeded",
                    "payment_intent_id": f"pi_{each}",
                    "amount_minor": 100,
                    "captured_minor": 100,
                    "compare_at": None,
                    "created_at": clock.now(),
                }
                for each in range(number)
            ],
        )


def test_whose_turn_it_is_is_found_without_looking_at_every_hold(world: World, time: SetClock) -> None:
    captured_long_ago(start(world, payment_method=CARD), 2000)
    with database.transaction() as db:
        assert db.scalar(select(func.count()).select_from(Hold)) == 2001
        db.execute(update(Hold).where(Hold.payment_intent_id == "pi_7").values(compare_at=clock.now()))
        if database.engine().dialect.name == "postgresql":
            db.connection().exec_driver_sql("ANALYZE holds")
    time.move(minutes=16)
    with plans_seen() as steps:
        found = reconciliation_turns.due_now()
    assert len(found) == 2
    plan = "\n".join(steps)
    assert "ix_holds_open" in plan
    assert "ix_holds_captured" in plan
    assert "SCAN holds\n" not in f"{plan}\n"
    assert "Seq Scan on holds" not in plan
