"""Refunds: captured money on its way back to the driver, and the operator's share that shrinks with it.

The rows stand before the processor is asked, and the worker finishes what a crash leaves open. What waits for
the processor counts as given back already, so that any number of refunds at once never come to more than was
captured.
"""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from app import database
from app.domain.callers import Caller
from app.domain.errors import BadRequest, Conflict, Forbidden
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from app.domain.money import Money
from app.domain.sessions import TERMINAL
from app.gateways.amounts import chargeable
from app.gateways.card_payments import RefundReason
from app.models import Hold, ParkingSession, Refund
from app.presenters.pages import Page
from app.presenters.refunds import RefundFacts
from app.services import disputes, idempotency, payments, projects, refund_parts, session_facts
from app.services.idempotency import Answer, Claim


def create(
    caller: Caller,
    session_id: UUID,
    *,
    amount: Decimal | None = None,
    reason: RefundReason = "requested_by_customer",
    once: Once | None = None,
) -> Answer[RefundFacts]:
    """Give back what a session's driver paid: `amount` of it in major units, or all that is left.

    Raises NotFound for a session that the caller may not see, Forbidden for one in another operator's lot,
    Conflict where less than that is left or another attempt goes on, BadGateway while the processor's answer
    is unknown.
    """
    return idempotency.perform(
        caller,
        once,
        work=lambda claim: _create(caller, session_id, amount, reason, claim),
        again=lambda refund_id: _settled(UUID(refund_id)),
        resume=lambda claim, refund_id: _conclude(caller, UUID(refund_id), claim),
    )


def page(caller: Caller, session_id: UUID, *, limit: int, cursor: UUID | None = None) -> Page[RefundFacts]:
    """Return the refunds of a session that the caller may see, newest first."""
    with database.reading() as db:
        session = session_facts.visible(db, caller, session_id)
        wanted = select(Refund).where(Refund.session_id == session_id)
        if cursor is not None:
            wanted = wanted.where(Refund.id < cursor)
        found = db.scalars(wanted.order_by(Refund.id.desc()).limit(limit + 1)).all()
    shown = [RefundFacts(refund, session.currency) for refund in found[:limit]]
    return Page(shown, next_cursor=str(shown[-1].refund.id) if len(found) > limit else None)


def _create(
    caller: Caller, session_id: UUID, amount: Decimal | None, reason: RefundReason, claim: Claim
) -> RefundFacts:
    refund_id = uuid7()
    with database.transaction() as db:
        claim.enter(db, refund_id)
        session = session_facts.visible(db, caller, session_id, lock=True)
        _require_own(caller, session)
        disputes.refuse_refund(db, session.id)
        holds = db.scalars(select(Hold).where(Hold.session_id == session.id).order_by(Hold.id)).all()
        left = refund_parts.left_of(db, holds)
        _require_captured(session, left)
        refund = Refund(
            id=refund_id,
            session_id=session.id,
            amount_minor=_amount(session, sum(left.values()), amount).minor,
            reason=reason,
            created_at=projects.now(db, session.project_id),
        )
        refund_parts.intend(db, refund, holds, left)
    payments.carry_out(caller, refund_id, claim)
    return _settled(refund_id)


def _conclude(caller: Caller, refund_id: UUID, claim: Claim) -> RefundFacts:
    with database.reading() as db:
        refund = db.get_one(Refund, refund_id)
        waiting = refund_parts.next_part(db, refund_id, refund.session_id)
    if waiting is not None:
        payments.resume(caller, waiting, claim)
    elif refund.status == "failed":
        payments.conclude(caller, refund_id, claim)  # which says why
    return _settled(refund_id)


def _settled(refund_id: UUID) -> RefundFacts:
    """Return a refund of which is known what came of it; raise Conflict while another attempt goes on."""
    wanted = (
        select(Refund, ParkingSession.currency)
        .join(ParkingSession, ParkingSession.id == Refund.session_id)
        .where(Refund.id == refund_id)
    )
    with database.reading() as db:
        facts = RefundFacts(*db.execute(wanted).one())
    if facts.refund.status == "pending":
        raise Conflict("This refund is being carried out right now.", headers={"Retry-After": "1"})
    return facts


def _require_own(caller: Caller, session: ParkingSession) -> None:
    """Let nobody give another operator's money away: whoever parks could get the stay back."""
    if caller.project is None or caller.project.operator_id != session.operator_id:
        raise Forbidden("Only the operator of the lot gives money back.")


def _money(session: ParkingSession, amount: Decimal) -> Money:
    try:
        money = Money.from_major(amount, session.currency)
    except ValueError as error:
        raise BadRequest.of("amount", str(error)) from None
    if chargeable(money) != money:
        raise BadRequest.of("amount", f"{money} is finer than cards are charged in {session.currency}.")
    return money


def _require_captured(session: ParkingSession, left: Mapping[UUID, int]) -> None:
    """Raise Conflict where there is nothing to give back, or not yet."""
    if session.payment_status == "refunded":
        raise Conflict.of("session_id", "All of this session's money went back already.")
    if not left:
        raise Conflict.of("session_id", "Nothing of this session was captured that could go back.")
    if session.status not in TERMINAL:
        raise Conflict.of(
            "session_id", "This session still runs. What was taken can go back once it has ended."
        )


def _amount(session: ParkingSession, left_minor: int, asked: Decimal | None) -> Money:
    left = Money(left_minor, session.currency)
    amount = left if asked is None else _money(session, asked)
    if left.is_zero or amount > left:
        raise Conflict.of("amount", f"No more than {left} is left to give back.")
    return amount
