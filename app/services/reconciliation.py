"""Compare holds with what the processor says of them, and apply what differs through the usual settlements.

An event that never came is made up for here: a driver who authorised on a device, also after the session's
end, money that went back, a hold that ran out.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, and_, exists, or_, select, type_coerce

from app import database
from app.domain import clock
from app.domain import sessions as rules
from app.domain.callers import Caller, ProjectKind
from app.domain.errors import BadGateway
from app.gateways import processors
from app.gateways.card_payments import HoldSnapshot, ProcessorRefused
from app.models import Hold, ParkingSession, PaymentOperation, Project
from app.models.base import microseconds
from app.models.payments import OPEN_AT_THE_PROCESSOR
from app.services import payments, rows, settlement_subjects

EVERY = timedelta(minutes=15)
"""How often a running session's holds are compared."""
PART_OF_AGE = 8
"""Of a session that is over, a hold that is still open is compared again once it is an eighth older."""
BATCH = 100

log = logging.getLogger("parkgraph.worker")


@dataclass(frozen=True, slots=True)
class Compared:
    """A hold whose turn it is, and when it was compared before."""

    hold_id: UUID
    session_id: UUID
    payment_intent_id: str
    project_id: UUID
    project_kind: ProjectKind
    compared_at: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """What counts of a hold, in minor units of its currency."""

    status: str
    held: int
    captured: int
    refunded: int

    def __str__(self) -> str:
        sums = {"held": self.held, "captured": self.captured, "refunded": self.refunded}
        return " ".join([self.status, *(f"{name}={amount}" for name, amount in sums.items() if amount)])


@dataclass(frozen=True, slots=True)
class Difference:
    """What we had written down of a hold, and what the processor says of it."""

    session_id: UUID
    payment_intent_id: str
    ours: Figures
    theirs: Figures | None
    """None where it does not know the hold."""
    is_mended: bool


def compare_due(caller: Caller) -> int:
    """Compare the holds whose turn it is, those first that waited longest; return how many differed.

    A processor that does not answer is left alone until the next round.
    """
    away: set[ProjectKind] = set()
    differences = 0
    for compared in _due():
        if compared.project_kind in away or not _take(compared):
            continue
        try:
            differences += compare(caller, compared) is not None
        except BadGateway as failure:
            log.warning("holds of %s projects are left: %s", compared.project_kind, failure.message)
            away.add(compared.project_kind)
    return differences


def compare(caller: Caller, compared: Compared) -> Difference | None:
    """Apply what the processor says of a hold; return what differed. Raises BadGateway without an answer."""
    gateway = processors.card_payments_for(compared.project_kind, compared.project_id)
    try:
        snapshot = gateway.fetch(compared.payment_intent_id)
    except ProcessorRefused:
        return _unknown(compared)
    return _apply(caller, compared, snapshot)


def everything(*, since: datetime) -> Iterator[Compared]:
    """List the holds of sessions that run, and all that were made since then, oldest first.

    What waits for an operation of ours is told by that one's end.
    """
    known = Hold.payment_intent_id.is_not(None)
    wanted = or_(ParkingSession.status.in_(rules.RUNNING), Hold.created_at >= since)
    last = UUID(int=0)
    while some := _read(
        _listed().where(known, wanted, _is_settled(), Hold.id > last).order_by(Hold.id).limit(BATCH)
    ):
        yield from some
        last = some[-1].hold_id


@database.retried
def _apply(caller: Caller, compared: Compared, snapshot: HoldSnapshot) -> Difference | None:
    theirs = _theirs(snapshot)
    ids = compared.session_id, compared.hold_id
    with database.transaction() as db, settlement_subjects.changing(db, *ids) as subject:
        ours = _ours(subject.hold)
        if ours == theirs:
            return None
        payments.note_hold(db, caller, subject, snapshot)
        is_mended = _ours(subject.hold) == theirs
    difference = Difference(compared.session_id, compared.payment_intent_id, ours, theirs, is_mended)
    _report(difference)
    return difference


def _unknown(compared: Compared) -> Difference:
    with database.reading() as db:
        ours = _ours(db.get_one(Hold, compared.hold_id))
    difference = Difference(compared.session_id, compared.payment_intent_id, ours, None, is_mended=False)
    _report(difference)
    return difference


def _report(difference: Difference) -> None:
    log.log(
        logging.INFO if difference.is_mended else logging.ERROR,
        "hold of session %s: the processor says %s, we had written down %s",
        difference.session_id,
        difference.theirs or "that there is none",
        difference.ours,
    )


def _ours(hold: Hold) -> Figures:
    held = hold.authorized_minor if hold.status == "requires_capture" else 0
    return Figures(hold.status, held, hold.captured_minor, hold.refunded_minor)


def _theirs(snapshot: HoldSnapshot) -> Figures:
    return Figures(
        status=snapshot.status,
        held=snapshot.amount_capturable.minor,
        captured=snapshot.amount_received.minor,
        refunded=snapshot.amount_refunded.minor,
    )


def _due() -> Sequence[Compared]:
    now = microseconds(clock.now())
    waited = now - type_coerce(Hold.compared_at, BigInteger)
    age = now - type_coerce(Hold.created_at, BigInteger)
    turn = or_(ParkingSession.status.in_(rules.RUNNING), waited * PART_OF_AGE >= age)
    every = EVERY // timedelta(microseconds=1)
    wanted = (
        _listed()
        .where(OPEN_AT_THE_PROCESSOR, Hold.payment_intent_id.is_not(None))
        .where(Hold.compared_at <= clock.now() - EVERY, and_(age >= every, turn), _is_settled())
        .order_by(Hold.compared_at, Hold.id)
        .limit(BATCH)
    )
    return _read(wanted)


def _is_settled() -> ColumnElement[bool]:
    pending = PaymentOperation.state == "pending"
    return ~exists().where(PaymentOperation.session_id == Hold.session_id, pending)


def _listed() -> Select[UUID, UUID, str | None, UUID, ProjectKind, datetime]:
    return (
        select(
            Hold.id.label("hold_id"),
            Hold.session_id,
            Hold.payment_intent_id,
            Project.id.label("project_id"),
            Project.kind.label("project_kind"),
            Hold.compared_at,
        )
        .join(ParkingSession, ParkingSession.id == Hold.session_id)
        .join(Project, Project.id == ParkingSession.project_id)
    )


def _read(wanted: Select[UUID, UUID, str | None, UUID, ProjectKind, datetime]) -> Sequence[Compared]:
    with database.reading() as db:
        return [Compared(**row._mapping) for row in db.execute(wanted)]


def _take(compared: Compared) -> bool:
    """Take a hold's turn; false if another worker was faster."""
    seen = {"id": compared.hold_id, "compared_at": compared.compared_at}
    with database.transaction() as db:
        return rows.change(db, Hold, by=seen, to={"compared_at": clock.now()})
