"""A refund in parts: one payment operation for each hold that gives some of it back.

All parts stand before the processor is asked for the first, so what waits is known to whoever asks next.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import BadGateway
from app.models import Hold, PaymentOperation, Refund
from app.services import payment_operations, rows

_CAME_BACK = {"code": BadGateway.code, "message": "The bank sent the money back; nothing was refunded."}


def left_of(db: Session, holds: Sequence[Hold]) -> Mapping[UUID, int]:
    """Return, by hold, how much of what was taken may still go back, in minor units."""
    return {hold.id: _left(hold, _of_hold(db, hold, "pending")) for hold in holds if hold.captured_minor}


def intend(db: Session, refund: Refund, holds: Sequence[Hold], left: Mapping[UUID, int]) -> None:
    """Write down a refund and its parts: of the newest hold first, as that was captured last.

    The first part has the refund's id, by which its request finds it again.
    """
    for hold, amount in _spread(refund.amount_minor, holds, left):
        payment_operations.intend(
            db,
            hold,
            "refund",
            operation_id=None if refund.hold_id else refund.id,
            refund_id=str(refund.id),
            amount_minor=amount,
            reason=refund.reason,
        )
        refund.hold_id = refund.hold_id or hold.id
    db.add(refund)


def _spread(amount_minor: int, holds: Sequence[Hold], left: Mapping[UUID, int]) -> Iterator[tuple[Hold, int]]:
    for hold in reversed(holds):
        part = min(amount_minor, left.get(hold.id, 0))
        amount_minor -= part
        if part:
            yield hold, part


def asked_for(db: Session, hold: Hold, *states: str) -> int:
    """Add up the parts of refunds that were asked for here of a hold, in minor units."""
    return sum(int(part["amount_minor"]) for part in _of_hold(db, hold, *states))


def next_part(db: Session, refund_id: UUID, session_id: UUID) -> UUID | None:
    """Find a part of a refund that waits for the processor."""
    parts = _of_refund(db, refund_id, session_id)
    return next((part.id for part in parts if part.state == "pending"), None)


def settle(db: Session, refund_id: UUID, session_id: UUID) -> int | None:
    """Say what became of a refund once its last part is known: how much went back; None before."""
    parts = _of_refund(db, refund_id, session_id)
    if any(part.state == "pending" for part in parts):
        return None
    returned = sum(int(part.params["amount_minor"]) for part in parts if part.state == "done")
    asked = sum(int(part.params["amount_minor"]) for part in parts)
    # What only some of the holds gave back is what the refund came to.
    to = ("succeeded", returned) if returned else ("failed", asked)
    rows.change(db, Refund, by={"id": refund_id}, to=dict(zip(("status", "amount_minor"), to, strict=True)))
    return returned


def refund(db: Session, refund_id: UUID) -> Refund:
    """Return a refund as it stands now, also after `settle`."""
    return db.get_one(Refund, refund_id, populate_existing=True)


def came_to_something(db: Session, refund_id: UUID) -> bool:
    """Tell whether a refund is known to have given money back."""
    return db.scalar(select(Refund.status).where(Refund.id == refund_id)) == "succeeded"


def fail(db: Session, hold: Hold, marks: Collection[str]) -> list[tuple[UUID, int]]:
    """Write down which parts that a hold gave back came to nothing after all.

    Return for each its refund and its amount in minor units.
    """
    mine = PaymentOperation.session_id == hold.session_id, PaymentOperation.hold_id == hold.id
    taken = PaymentOperation.kind == "refund", PaymentOperation.state == "done"
    failed = [
        part for part in db.scalars(select(PaymentOperation).where(*mine, *taken)) if str(part.id) in marks
    ]
    for part in failed:
        part.state, part.error = "failed", _CAME_BACK
    db.flush()
    return [(UUID(part.params["refund_id"]), int(part.params["amount_minor"])) for part in failed]


def _left(hold: Hold, waiting: Sequence[Mapping[str, Any]]) -> int:
    gone = hold.refunded_minor + sum(int(part["amount_minor"]) for part in waiting)
    return max(0, hold.captured_minor - gone)


def _of_hold(db: Session, hold: Hold, *states: str) -> Sequence[Mapping[str, Any]]:
    mine = PaymentOperation.session_id == hold.session_id, PaymentOperation.hold_id == hold.id
    some = PaymentOperation.kind == "refund", PaymentOperation.state.in_(states)
    return db.scalars(select(PaymentOperation.params).where(*mine, *some)).all()


def _of_refund(db: Session, refund_id: UUID, session_id: UUID) -> Sequence[PaymentOperation]:
    wanted = select(PaymentOperation).where(
        PaymentOperation.session_id == session_id, PaymentOperation.kind == "refund"
    )
    found = db.scalars(wanted.order_by(PaymentOperation.id)).all()
    return [part for part in found if part.params["refund_id"] == str(refund_id)]
