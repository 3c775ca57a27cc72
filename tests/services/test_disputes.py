"""What a driver's bank takes back is written down, shared out and told once, and comes back if it is won."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import stripe
from sqlalchemy import select

from app import database
from app.domain.disputes import DisputeStatus
from app.domain.errors import Conflict
from app.domain.idempotency import Once
from app.domain.money import Money
from app.gateways import processors
from app.gateways.embedded_processor import SandboxProcessor
from app.models import AuditEntry, Dispute, LedgerEntry
from app.presenters.sessions import SessionFacts
from app.services import books, disputes, ledger_verification, refunds, settlement_subjects, stripe_events
from app.services.disputes import Filters
from app.services.due import worker
from app.services.timelines import Window
from stripe_sandbox import secret_key
from tests.conftest import SetClock
from tests.factories import anyone, caller_of, make_project
from tests.services import hooks
from tests.services.parking import end, intent_of, look_up, pass_time, start
from tests.services.world import World, make_world

pytestmark = pytest.mark.usefixtures("services")

PAGE = Window(limit=100)


@pytest.fixture
def world(time: SetClock) -> World:
    return make_world()


def park(world: World, time: SetClock, card: str = "pm_card_createDispute") -> SessionFacts:
    """Park for 4.02 hours with a card whose holder disputes the 24.12 that were taken."""
    facts = start(world, payment_method=card)
    pass_time(world, time, 14_472)
    end(world, facts)
    return facts


def news(*types: str) -> list[tuple[bytes, str]]:
    """Return what waits to be told, of these types or of all."""
    waiting = processors.embedded().pending_events(limit=1000)
    return [(each.payload, each.signature) for each in waiting if not types or each.type in types]


def take(told: Sequence[tuple[bytes, str]]) -> None:
    for payload, signature in told:
        stripe_events.receive(anyone(), payload, signature)


def answer(world: World, text: str) -> None:
    """Answer a dispute with evidence, as an operator does in the processor's dashboard."""
    processor = processors.embedded()
    assert isinstance(processor, SandboxProcessor)
    client = stripe.StripeClient(
        secret_key(str(world.project.id)), http_client=processor._sandbox.http_client()
    )
    [dispute] = client.v1.disputes.list().data
    client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": text}})


def money(world: World, facts: SessionFacts) -> tuple[object, object, object]:
    shown: Any = look_up(world, facts)
    return shown["payment"]["status"], shown["payment"].get("disputed"), shown["owner_payout"]


def listed(world: World, **filters: Any) -> list[str]:
    return [dispute.status for dispute in disputes.page(world.caller, PAGE, Filters(**filters)).entries]


def told() -> list[str]:
    return [event_type for event_type, _ in hooks.told() if event_type.startswith("dispute.")]


def owed() -> int:
    with database.reading() as db:
        return sum(db.scalars(select(LedgerEntry.amount_minor).where(LedgerEntry.account == "operator")))


def books_agree() -> bool:
    return ledger_verification.verify(report=print).findings == 0


def test_what_is_disputed_is_no_longer_kept(world: World, time: SetClock) -> None:
    facts = park(world, time)
    assert money(world, facts) == ("captured", None, 21.71)
    take(news("charge.dispute.created"))
    assert money(world, facts) == ("captured", 24.12, 0.0)
    assert listed(world) == ["open"]
    assert books.get(facts.session.id).disputed == Money.from_major("24.12", "USD")
    assert owed() == -2171  # it was paid out already
    assert books_agree()


def test_what_is_disputed_unheard_of_is_not_refunded_either(world: World, time: SetClock) -> None:
    facts = park(world, time)
    once = Once("a-refund-key", "f" * 64)
    for _ in range(2):
        with pytest.raises(Conflict, match="bank has taken this session's money back"):
            refunds.create(world.caller, facts.session.id, once=once)
    take(news())
    assert money(world, facts) == ("captured", 24.12, 0.0)
    assert books_agree()


def test_what_is_won_comes_back(world: World, time: SetClock) -> None:
    facts = park(world, time)
    take(news())
    answer(world, "winning_evidence")
    take(news())
    assert money(world, facts) == ("captured", None, 21.71)
    assert listed(world) == ["won"]
    assert owed() == 0
    assert told() == ["dispute.opened", "dispute.closed"]
    assert books_agree()
    refunds.create(world.caller, facts.session.id)


def test_what_is_lost_stays_away(world: World, time: SetClock) -> None:
    facts = park(world, time)
    take(news())
    answer(world, "losing_evidence")
    take(news())
    assert money(world, facts) == ("captured", 24.12, 0.0)
    assert listed(world) == ["lost"]
    assert told() == ["dispute.opened", "dispute.closed"]
    assert books_agree()


def tell_of(facts: SessionFacts, world: World, status: DisputeStatus) -> None:
    """Apply what the processor says of the session's one dispute, as if it stood so now."""
    gateway = processors.card_payments_for("sandbox", world.project.id)
    snapshot = gateway.fetch(intent_of(facts))
    [record] = processors.payment_records_for("sandbox", world.project.id).disputes(intent_of(facts))
    ids = facts.session.id, facts.holds[0].id
    with database.transaction() as db, settlement_subjects.changing(db, *ids) as subject:
        disputes.note(db, worker(), subject, snapshot, [replace(record, status=status)])


GONE, BACK = (24.12, 0.0), (None, 21.71)


@pytest.mark.parametrize(
    ("statuses", "shown"),
    [(("inquiry", "closed", "open"), GONE), (("won", "lost"), GONE), (("lost", "won"), BACK)],
)
def test_a_dispute_that_was_over_may_go_on(
    world: World, time: SetClock, statuses: Sequence[DisputeStatus], shown: object
) -> None:
    facts = park(world, time)
    for status in statuses:
        tell_of(facts, world, status)
    assert listed(world) == [statuses[-1]]
    assert money(world, facts)[1:] == shown
    assert books_agree()


def test_whoever_listens_hears_that_a_dispute_goes_on(world: World, time: SetClock) -> None:
    facts = park(world, time)
    for status in ("inquiry", "closed", "open", "won", "lost"):
        tell_of(facts, world, status)  # type: ignore[arg-type] # a literal of the type
    assert told() == [f"dispute.{what}" for what in ("opened", "closed", "opened", "closed", "closed")]


def test_an_inquiry_takes_nothing(world: World, time: SetClock) -> None:
    facts = park(world, time, "pm_card_createDisputeInquiry")
    take(news())
    assert (money(world, facts), listed(world)) == (("captured", None, 21.71), ["inquiry"])
    answer(world, "winning_evidence")
    take(news())
    assert (money(world, facts), listed(world)) == (("captured", None, 21.71), ["closed"])
    refunds.create(world.caller, facts.session.id)


@pytest.mark.parametrize("text", ["", "losing_evidence"])
def test_nothing_is_refunded_of_what_the_bank_has(world: World, time: SetClock, text: str) -> None:
    facts = park(world, time)
    if text:
        answer(world, text)
    take(news())
    with pytest.raises(Conflict, match="bank has taken this session's money back") as refusal:
        refunds.create(world.caller, facts.session.id)
    assert [detail.field for detail in refusal.value.details] == ["session_id"]


@pytest.mark.parametrize("order", [1, -1])
def test_told_in_any_order_and_twice_it_counts_once(world: World, time: SetClock, order: int) -> None:
    facts = park(world, time)
    answer(world, "losing_evidence")
    everything = news()[::order]
    take(everything)
    take(everything)
    assert (money(world, facts), listed(world)) == (("captured", 24.12, 0.0), ["lost"])
    assert told() == ["dispute.opened", "dispute.closed"]
    with database.reading() as db:
        actions = db.scalars(select(AuditEntry.action).where(AuditEntry.action.like("dispute.%"))).all()
        entries = db.scalars(select(LedgerEntry.kind).where(LedgerEntry.account == "operator")).all()
    assert actions == ["dispute.opened"]
    assert sorted(entries) == ["charge", "dispute", "fee", "fee", "payout"]
    assert books_agree()


def test_an_event_and_an_entry_name_the_dispute(world: World, time: SetClock) -> None:
    facts = park(world, time)
    take(news())
    with database.reading() as db:
        dispute = db.scalars(select(Dispute)).one()
        named = db.scalars(select(LedgerEntry.kind).where(LedgerEntry.dispute_id == dispute.id)).all()
    assert sorted(set(named)) == ["dispute", "fee"]
    [said] = [data for event_type, data in hooks.told() if event_type == "dispute.opened"]
    assert said["dispute"] == {
        "id": str(dispute.id),
        "session_id": str(facts.session.id),
        "amount": 24.12,
        "currency": "USD",
        "reason": "fraudulent",
        "status": "open",
        "opened_at": "2026-11-22T22:31:12Z",
    }
    assert said["session"]["payment"]["disputed"] == 24.12


def test_disputes_are_looked_for_and_no_other_operators_are_found(world: World, time: SetClock) -> None:
    facts = park(world, time)
    take(news())
    assert listed(world, session_id=facts.session.id, status="open") == ["open"]
    assert listed(world, status="won") == listed(world, session_id=world.project.id) == []
    stranger = caller_of(make_project(kind="sandbox"))
    assert disputes.page(stranger, PAGE, Filters()).entries == []
