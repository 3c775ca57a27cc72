"""Look for payments at the processor that carry this installation's mark and belong to no hold of ours.

Rows are written before calls, so there should be none. After a database was restored from a copy, or if a
promise of the processor's is broken, there may be; a driver's money must not be held for nothing.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from app import database
from app.domain import clock
from app.domain.callers import LIVE_WORLD, ProjectKind
from app.gateways import processors
from app.gateways.card_payments import CardPayments, HoldSnapshot, MadeHold, ProcessorRefused
from app.models import Hold, LookBack, PaymentOperation, Project, StrayPayment
from app.services import installation, projects, rows

EVERY = timedelta(hours=1)
SAFE_AGE = timedelta(hours=1)
"""What is younger is looked at next time: its rows may be in the making."""
FIRST_LOOK = timedelta(days=7)
"""How far the first look goes back: nothing is held for longer."""
LEASE = timedelta(minutes=5)
TEST_ACCOUNT = UUID(int=1)
"""Stands for the account of Stripe's test mode, which all sandboxes share."""
BATCH = 100

log = logging.getLogger("parkgraph.worker")


@dataclass(frozen=True, slots=True)
class Account:
    """An account at a processor whose turn it is."""

    world_id: UUID
    kind: ProjectKind
    seen_until: datetime | None = None
    due_at: datetime | None = None
    """None for both where nobody looked yet."""


@dataclass(frozen=True, slots=True)
class Stray:
    """A payment of nobody's, and what became of it."""

    world_id: UUID
    payment_intent_id: str
    operation: str
    hold: HoldSnapshot
    state: str


def accounts(*, due_by: datetime | None = None) -> Sequence[Account]:
    """List the accounts whose turn it is by then, a hundred sandboxes at a time; without it, all of them."""
    shared = _shared_accounts()
    if installation.settings().payments_sandbox == "embedded":
        return [*_known(shared, due_by), *_sandboxes(due_by)]
    return _known(shared, due_by)


def look_back(account: Account) -> list[Stray] | None:
    """See to the strays among what was made in an account since the last look; None if others look right now.

    What is held is released, what was taken is reported and left to people. Raises BadGateway where the
    processor does not answer: then the next look begins where this one did.
    """
    now = _now(account)
    since, until = account.seen_until or now - FIRST_LOOK, now - SAFE_AGE
    taken = _take(account, since)
    if taken is None:
        return None
    found = _look(account, since, until) if since < until else []
    done = {"seen_until": max(since, until), "due_at": clock.now() + EVERY}
    with database.transaction() as db:
        rows.change(db, LookBack, by={"world_id": account.world_id, "due_at": taken}, to=done)
    return found


def standing() -> Sequence[StrayPayment]:
    """List what was taken for nobody and, as far as we know, not given back yet; oldest first."""
    wanted = select(StrayPayment).where(StrayPayment.state == "captured").order_by(StrayPayment.found_at)
    with database.reading() as db:
        return db.scalars(wanted).all()


def ask_again(stray: StrayPayment) -> bool:
    """Ask the processor whether a payment that was taken for nobody was given back; tell whether it was."""
    kind: ProjectKind = "live" if stray.world_id == LIVE_WORLD else "sandbox"
    hold = processors.card_payments_for(kind, stray.world_id).fetch(stray.payment_intent_id)
    if hold.amount_refunded < hold.amount_received:
        return False
    mine = {"payment_intent_id": stray.payment_intent_id}
    with database.transaction() as db:
        rows.change(db, StrayPayment, by=mine, to={"state": "refunded"})
    return True


def report_standing() -> int:
    """Report every payment that was taken for nobody, until it is given back; return how many there are."""
    left = standing()
    for stray in left:
        log.error(
            "payment %s took %d %s for no session of ours: give it back at the processor",
            *(stray.payment_intent_id, stray.amount_minor, stray.currency),
        )
    return len(left)


def _shared_accounts() -> list[Account]:
    settings = installation.settings()
    live = [Account(LIVE_WORLD, "live")] if settings.payments_live != "off" else []
    test = [Account(TEST_ACCOUNT, "sandbox")] if settings.payments_sandbox == "stripe-test" else []
    return live + test


def _known(shared: Sequence[Account], due_by: datetime | None) -> list[Account]:
    with database.reading() as db:
        looks = {each.world_id: db.get(LookBack, each.world_id) for each in shared}
    known = [
        Account(each.world_id, each.kind, look.seen_until, look.due_at)
        if (look := looks[each.world_id])
        else each
        for each in shared
    ]
    return [each for each in known if due_by is None or each.due_at is None or each.due_at <= due_by]


def _sandboxes(due_by: datetime | None) -> list[Account]:
    wanted = (
        select(Project.id, LookBack.seen_until, LookBack.due_at)
        .outerjoin(LookBack, LookBack.world_id == Project.id)
        .where(Project.kind == "sandbox")
    )
    if due_by is not None:
        waiting = func.coalesce(LookBack.due_at, 0) <= due_by
        wanted = wanted.where(waiting).order_by(func.coalesce(LookBack.due_at, 0), Project.id).limit(BATCH)
    with database.reading() as db:
        return [Account(row.id, "sandbox", row.seen_until, row.due_at) for row in db.execute(wanted)]


def _now(account: Account) -> datetime:
    if account.world_id in (LIVE_WORLD, TEST_ACCOUNT):
        return clock.now()
    with database.reading() as db:
        return projects.now(db, account.world_id)


def _take(account: Account, since: datetime) -> datetime | None:
    """Take an account's turn and return until when it is ours; None if another worker was faster."""
    until = clock.now() + LEASE
    row = {"world_id": account.world_id, "seen_until": since, "due_at": until}
    with database.transaction() as db:
        if account.due_at is None:
            return until if rows.add_unless_there(db, LookBack, row) else None
        seen = {"world_id": account.world_id, "due_at": account.due_at}
        return until if rows.change(db, LookBack, by=seen, to={"due_at": until}) else None


def _look(account: Account, since: datetime, until: datetime) -> list[Stray]:
    gateway = processors.card_payments_for(account.kind, account.world_id)
    found: list[Stray] = []
    after: str | None = None
    while True:
        page = gateway.made_between(since, until, after=after)
        seen = [_see_to(gateway, account, each) for each in _strays(page.made)]
        found += [each for each in seen if each is not None]
        after = page.next_after
        if after is None:
            return found


def _strays(made: Sequence[MadeHold]) -> list[MadeHold]:
    """Return those under our mark of which something may become or became, and which are none of ours.

    What another installation made in the same account is its own affair, as is what carries no mark at all.
    """
    us = str(installation.identity())
    marked = [each for each in made if each.installation == us and not _is_settled(each.hold)]
    ids = [each.hold.payment_intent_id for each in marked]
    operations = [found for each in marked if (found := _operation_id(each)) is not None]
    held = select(Hold.payment_intent_id).where(Hold.payment_intent_id.in_(ids))
    pending = select(PaymentOperation.id).where(
        PaymentOperation.id.in_(operations), PaymentOperation.state == "pending"
    )
    with database.reading() as db:
        known, awaited = set(db.scalars(held)), set(db.scalars(pending))
    return [
        each
        for each in marked
        if each.hold.payment_intent_id not in known and _operation_id(each) not in awaited
    ]


def _is_settled(hold: HoldSnapshot) -> bool:
    given_back = hold.is_captured and hold.amount_refunded >= hold.amount_received
    return hold.is_canceled or given_back


def _operation_id(made: MadeHold) -> UUID | None:
    try:
        return UUID(made.operation or "")
    except ValueError:
        return None


def _see_to(gateway: CardPayments, account: Account, made: MadeHold) -> Stray | None:
    """Release a stray that is held, report one that was taken; nothing is written of what held nothing.

    One that the processor will not release, ever, is reported, and None: it runs out by itself.
    """
    hold = made.hold
    if not hold.is_captured:
        try:
            released = _release(gateway, hold)
        except ProcessorRefused as refusal:
            log.warning(
                "payment %s of no session of ours can't be released: %s",
                *(hold.payment_intent_id, refusal.message),
            )
            return None
        hold = released if released.is_captured else hold
    state = "captured" if hold.is_captured else "released"
    amount = hold.amount_received if hold.is_captured else hold.amount_capturable
    stray = Stray(account.world_id, hold.payment_intent_id, str(made.operation), hold, state)
    if not amount.is_zero and _is_new(stray, amount.minor):
        log.error("payment %s of no session of ours, %s: %s", hold.payment_intent_id, amount, state)
    return stray


def _release(gateway: CardPayments, hold: HoldSnapshot) -> HoldSnapshot:
    intent = hold.payment_intent_id
    return gateway.release(f"stray-{intent}", payment_intent_id=intent, reason="abandoned")


def _is_new(stray: Stray, amount_minor: int) -> bool:
    row = {
        "payment_intent_id": stray.payment_intent_id,
        "world_id": stray.world_id,
        "operation": stray.operation,
        "state": stray.state,
        "amount_minor": amount_minor,
        "currency": stray.hold.amount.currency,
        "found_at": clock.now(),
    }
    with database.transaction() as db:
        return rows.add_unless_there(db, StrayPayment, row)
