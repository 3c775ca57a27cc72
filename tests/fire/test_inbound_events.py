"""Ten thousand events, forged, stale, repeated and shuffled: each genuine one counts once, no other does."""

import json
import os
import random
import secrets
import time as real_time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import stripe
from sqlalchemy import func, select

from app import database
from app.domain.errors import BadRequest
from app.domain.money import Money
from app.gateways import processors
from app.models import AuditEntry, Base, Event, Hold, ParkingSession, Refund, StripeEvent
from app.presenters.sessions import SessionFacts
from app.services import ledger_verification, refunds, stripe_events
from app.settings import Settings
from tests.conftest import SetClock
from tests.factories import anyone
from tests.profiles import pick
from tests.services.parking import driver_authorises, end, intent_of, pass_time, start
from tests.services.world import World, make_world

STAYS = pick(short=24, full=80)
DELIVERIES = pick(short=10_000, full=50_000)
AT_ONCE = 4
SECRETS = ("whsec_retired_tomorrow", "whsec_of_today")
"""Both are good while one takes the other's place."""
ROUNDS = 3
FORGERIES = 3
"""Of so many deliveries one is genuine: the others are forged or stale."""

CARDS = ("pm_card_visa", "pm_card_refundFail", "pm_card_createDispute")
DISPUTED = "pm_card_createDispute"
LONG_AGO = 20 * 60


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request that arrives at our door, and whether the processor itself sent it just now."""

    raw: bytes
    signature: str
    is_genuine: bool


@pytest.fixture
def dice() -> random.Random:
    seed = int(os.environ.get("SEED") or secrets.randbelow(2**31))
    print(f"SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def world(services: None, settings: Settings, time: SetClock) -> World:
    processors.configure(replace(settings, stripe_webhook_secrets=SECRETS))
    made = make_world()
    made.driver_stays_away()
    return made


def signed(raw: bytes, secret: str, *, age: int = 0) -> str:
    moment = int(real_time.time()) - age
    return str(stripe.WebhookSignature.generate_signature_header(raw.decode(), secret, moment))


def news() -> list[bytes]:
    """Take everything that the processor has to tell out of its outbox."""
    taken: list[bytes] = []
    while waiting := processors.embedded().pending_events(limit=500):
        taken += [event.payload for event in waiting]
        processors.embedded().mark_delivered([event.id for event in waiting])
    return taken


def genuine(raw: bytes, dice: random.Random) -> Delivery:
    return Delivery(raw, signed(raw, dice.choice(SECRETS)), is_genuine=True)


def forged(raw: bytes, dice: random.Random) -> Delivery:
    """Make of a genuine event one that nobody may believe."""
    event = json.loads(raw)
    event["id"] = f"evt_{dice.randbytes(8).hex()}"
    other = json.dumps(event).encode()
    ways: Sequence[Callable[[], tuple[bytes, str]]] = (
        lambda: (other, signed(raw, dice.choice(SECRETS))),
        lambda: (other, signed(other, "whsec_of_somebody_else")),
        lambda: (raw, signed(raw, dice.choice(SECRETS), age=LONG_AGO)),
        lambda: (other, signed(other, dice.choice(SECRETS), age=LONG_AGO)),
        lambda: (raw.replace(b'"', b"'", 1), signed(raw, dice.choice(SECRETS))),
        lambda: (raw + b"\xff", signed(raw, dice.choice(SECRETS))),
        lambda: (dice.randbytes(60), signed(raw, dice.choice(SECRETS))),
        lambda: (raw, "t=1,v1="),
    )
    return Delivery(*dice.choice(ways)(), is_genuine=False)


def flood(told: Sequence[bytes], dice: random.Random, *, number: int) -> list[Delivery]:
    """Let every event arrive at least twice, with forgeries all around it, in no order."""
    wanted = [genuine(raw, dice) for raw in [*told, *told]]
    while len(wanted) < number:
        make = genuine if dice.randrange(FORGERIES) == 0 else forged
        wanted.append(make(dice.choice(told), dice))
    dice.shuffle(wanted)
    return wanted


def arrives(delivery: Delivery) -> bool:
    """Deliver, and tell whether it was taken."""
    try:
        stripe_events.receive(anyone(), delivery.raw, delivery.signature)
    except BadRequest:
        return False
    return True


def pour(deliveries: Sequence[Delivery]) -> None:
    """Deliver several at a time, and require that exactly the genuine ones are taken."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        taken = list(threads.map(arrives, deliveries))
    assert taken == [delivery.is_genuine for delivery in deliveries]


def everything() -> dict[str, list[Any]]:
    """Return every row of every table."""
    with database.reading() as db:
        return {
            table.name: sorted(map(repr, db.execute(select(table)))) for table in Base.metadata.sorted_tables
        }


def begun(world: World, dice: random.Random) -> list[SessionFacts]:
    """Start sessions whose drivers authorise on a device, of which only events tell."""
    stays = [start(world, plate=f"EVENT {number}") for number in range(STAYS)]
    for number, facts in enumerate(stays):
        driver_authorises(world, facts, card=card_of(number))
    return stays


def card_of(number: int) -> str:
    return CARDS[number % len(CARDS)]


def refund_elsewhere(world: World, facts: SessionFacts, minor: int) -> None:
    processors.card_payments_for("sandbox", world.project.id).refund(
        str(uuid4()),
        payment_intent_id=intent_of(facts),
        amount=Money(minor, "USD"),
        reason="requested_by_customer",
        mark="dashboard",
    )


def histories(world: World, time: SetClock, dice: random.Random) -> Iterator[list[bytes]]:
    """Live through three rounds of news: authorised; captured and given back; sent back by the bank."""
    stays = begun(world, dice)
    yield news()
    pass_time(world, time, 3600)
    for number, facts in enumerate(stays):
        end(world, facts)
        if card_of(number) == DISPUTED:
            continue
        if number % 2:
            refunds.create(world.caller, facts.session.id, amount=Decimal("1.50"))
        else:
            refund_elsewhere(world, facts, 250)
    yield news()
    pass_time(world, time, 3600)
    yield news()


def counted(*actions: str) -> Counter[str]:
    with database.reading() as db:
        wanted = select(AuditEntry.action, AuditEntry.subject_id).where(AuditEntry.action.in_(actions))
        rows = db.execute(wanted.where(AuditEntry.actor_type == "stripe")).all()
    assert len(set(rows)) == len(rows), "something was applied twice"
    return Counter(action for action, _ in rows)


def told_to_others(event_type: str) -> list[UUID]:
    with database.reading() as db:
        return list(db.scalars(select(Event.subject_id).where(Event.type == event_type)))


def differing(world: World) -> list[str]:
    """Compare every hold with what the processor says of it."""
    gateway = processors.card_payments_for("sandbox", world.project.id)
    with database.reading() as db:
        holds = db.scalars(select(Hold)).all()
    wrong = []
    for hold in holds:
        told = gateway.fetch(str(hold.payment_intent_id))
        ours = hold.status, hold.captured_minor, hold.refunded_minor
        theirs = told.status, told.amount_received.minor, told.amount_refunded.minor
        if ours != theirs:
            wrong.append(f"{hold.payment_intent_id}: {ours} instead of {theirs}")
    return wrong


def test_each_genuine_event_counts_once_and_nothing_else_counts_at_all(
    world: World, time: SetClock, dice: random.Random
) -> None:
    all_news: list[bytes] = []
    for told in histories(world, time, dice):
        all_news += told
        pour(flood(told, dice, number=DELIVERIES // (ROUNDS + 1)))
        assert differing(world) == []

    with database.reading() as db:
        assert set(db.scalars(select(StripeEvent.id))) == {json.loads(raw)["id"] for raw in all_news}
        paid = db.scalar(select(func.count()).where(ParkingSession.payment_status == "captured"))
        failed = db.scalar(select(func.count()).where(Refund.status == "failed"))
    fails = [number for number in range(STAYS) if card_of(number) == "pm_card_refundFail"]
    ours = [number for number in fails if number % 2]
    disputed = len([number for number in range(STAYS) if card_of(number) == DISPUTED])
    assert counted("payment.authorized", "session.refund_failed", "dispute.opened") == {
        "payment.authorized": STAYS,
        "session.refund_failed": len(ours),
        "dispute.opened": disputed,
    }
    assert (paid, failed) == (len(fails) + disputed, len(ours))
    told_of = {kind: told_to_others(kind) for kind in ("refund.created", "refund.failed", "dispute.opened")}
    assert {kind: len(sessions) for kind, sessions in told_of.items()} == {
        "refund.created": STAYS - disputed,
        "refund.failed": len(fails),
        "dispute.opened": disputed,
    }
    assert all(len(set(sessions)) == len(sessions) for sessions in told_of.values())
    assert ledger_verification.verify(report=print).findings == 0

    before = everything()
    pour(flood(all_news, dice, number=DELIVERIES // (ROUNDS + 1)))
    assert everything() == before
