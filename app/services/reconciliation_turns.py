"""Which holds are compared with the processor, and when each of them again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, TextClause, exists, or_, select

from app import database
from app.domain import clock
from app.domain import sessions as rules
from app.domain.callers import ProjectKind
from app.models import Hold, ParkingSession, PaymentOperation, Project
from app.models.payments import CAPTURED, OPEN_AT_THE_PROCESSOR
from app.services import rows

EVERY = timedelta(minutes=15)
"""How often a running session's holds are compared."""
PART_OF_AGE = 8
"""Of a session that is over, a hold is compared again once that was an eighth of its age ago."""
CAPTURED_EVERY = timedelta(days=1)
"""What was captured is compared no more often, because of that only money that went back can be news."""
CAPTURED_UNTIL = timedelta(days=120)
"""For how long: until then a driver may dispute a payment with most cards."""
BATCH = 100
CAPTURED_BATCH = 20
"""Of these there may be many, of which each takes two or three calls."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A hold to be compared, as it stands here."""

    hold_id: UUID
    session_id: UUID
    payment_intent_id: str
    project_id: UUID
    project_kind: ProjectKind
    session_status: str
    status: str
    compare_at: datetime | None
    created_at: datetime


def due_now() -> Sequence[Compared]:
    """List the holds whose turn it is, those first that waited longest, open ones before captured ones."""
    return [*_due(OPEN_AT_THE_PROCESSOR, BATCH), *_due(CAPTURED, CAPTURED_BATCH)]


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


def take(compared: Compared) -> datetime | None:
    """Take a hold's turn; None if another worker was faster.

    Returns when it is due again where nobody says that it was compared.
    """
    until = clock.now() + EVERY
    return until if _change(compared, compared.compare_at, until) else None


def done(compared: Compared, taken: datetime) -> None:
    """Write down when a hold that was compared is to be compared next."""
    following = _next(compared)
    if following != taken:
        _change(compared, taken, following)


def _next(compared: Compared) -> datetime | None:
    now = clock.now()
    part = (now - compared.created_at) / (PART_OF_AGE - 1)  # of its age now: an eighth of that by then
    if compared.status == "succeeded":
        is_over = now - compared.created_at >= CAPTURED_UNTIL
        return None if is_over else now + max(CAPTURED_EVERY, part)
    return now + (EVERY if compared.session_status in rules.RUNNING else max(EVERY, part))


def _change(compared: Compared, before: datetime | None, to: datetime | None) -> bool:
    with database.transaction() as db:
        return rows.change(db, Hold, by={"id": compared.hold_id, "compare_at": before}, to={"compare_at": to})


def _due(kind: TextClause, most: int) -> Sequence[Compared]:
    now = clock.now()
    wanted = (
        _listed()
        .where(kind, Hold.compare_at <= now, Hold.created_at <= now - EVERY)
        .where(Hold.payment_intent_id.is_not(None), _is_settled())
        .order_by(Hold.compare_at, Hold.id)
        .limit(most)
    )
    return _read(wanted)


def _is_settled() -> ColumnElement[bool]:
    pending = PaymentOperation.state == "pending"
    return ~exists().where(PaymentOperation.session_id == Hold.session_id, pending)


def _listed() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Hold.id.label("hold_id"),
            Hold.session_id,
            Hold.payment_intent_id,
            Project.id.label("project_id"),
            Project.kind.label("project_kind"),
            ParkingSession.status.label("session_status"),
            Hold.status,
            Hold.compare_at,
            Hold.created_at,
        )
        .join(ParkingSession, ParkingSession.id == Hold.session_id)
        .join(Project, Project.id == ParkingSession.project_id)
    )


def _read(wanted: Select[*tuple[Any, ...]]) -> Sequence[Compared]:
    with database.reading() as db:
        return [Compared(**row._mapping) for row in db.execute(wanted)]
