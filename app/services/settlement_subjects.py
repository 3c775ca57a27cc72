"""What a payment operation is about: a session, its holds, and the project that made it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Label, Select, Table, bindparam, select
from sqlalchemy.orm import Session

from app import database, queries
from app.domain import clock
from app.domain.callers import LIVE_WORLD, ProjectKind
from app.domain.holds import PLANNED, Holding, Purpose, stage_of
from app.domain.ids import uuid7
from app.domain.money import Money
from app.models import Hold, ParkingSession, PaymentOperation, Project
from app.services import rows

_NOTHING_REFUSED: Mapping[UUID, frozenset[str]] = MappingProxyType({})

_sessions = cast(Table, ParkingSession.__table__)
_holds = cast(Table, Hold.__table__)
_projects = cast(Table, Project.__table__)

_OF_SESSION = [column.name for column in _sessions.columns]
_OF_HOLD = [column.name for column in _holds.columns]
_OF_PROJECT = ["operator_id", "kind", "simulated_driver"]


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """What counts of the project whose session it is, but for its clock, which may be moved meanwhile."""

    operator_id: UUID
    kind: ProjectKind
    simulated_driver: str | None


@dataclass(frozen=True, slots=True)
class Subject:
    """The rows that an operation is about, locked; what is set of session and holds is written by `save`."""

    session: ParkingSession
    hold: Hold
    """The one of its holds that the operation is about, or the first."""
    holds: list[Hold]
    """All that the session ever had, oldest first."""
    project: ProjectFacts
    params: Mapping[str, Any]

    def save(self, db: Session) -> None:
        """Write what was set so far."""
        for hold in self.holds:
            rows.save(db, hold)
        rows.save(db, self.session)

    def add_hold(self, db: Session, *, purpose: Purpose, amount: Money) -> Hold:
        """Write down another hold, of which the processor does not know yet."""
        values = {
            "id": uuid7(),
            "session_id": self.session.id,
            "purpose": purpose,
            "destination": self.holds[-1].destination,
            "payment_intent_id": None,
            "client_secret": None,
            "status": PLANNED,
            "amount_minor": amount.minor,
            "authorized_minor": 0,
            "captured_minor": 0,
            "refunded_minor": 0,
            "disputed_minor": 0,
            "capture_before": None,
            "renew_at": None,
            "extends_to": None,
            "created_at": clock.now(),
        }
        rows.add(db, Hold, values)
        self.holds.append(rows.draft(Hold, values))
        return self.holds[-1]

    def holdings(self, refused: Mapping[UUID, frozenset[str]] = _NOTHING_REFUSED) -> list[Holding]:
        """Return what is known of the holds; `refused` are the kinds of steps that came to nothing."""
        none = frozenset[str]()
        return [_holding(hold, self.session.currency, refused.get(hold.id, none)) for hold in self.holds]

    @property
    def captured(self) -> Money:
        """Return how much was taken of all holds."""
        return Money(sum(hold.captured_minor for hold in self.holds), self.session.currency)

    @property
    def refunded(self) -> Money:
        """Return how much of that went back."""
        return Money(sum(hold.refunded_minor for hold in self.holds), self.session.currency)

    @property
    def disputed(self) -> Money:
        """Return how much of that the driver's bank has taken back in disputes."""
        return Money(sum(hold.disputed_minor for hold in self.holds), self.session.currency)

    @property
    def card_of(self) -> str | None:
        """Return the hold at the processor whose card may be asked again: the first that was authorised."""
        authorised = [hold for hold in self.holds if hold.authorized_minor]
        return (authorised or self.holds)[0].payment_intent_id


def world_of(subject: Subject) -> UUID:
    """Return the world that a session belongs to: all that is live, or one sandbox."""
    return LIVE_WORLD if subject.project.kind == "live" else subject.session.project_id


@contextmanager
def changing(
    db: Session,
    session_id: UUID,
    hold_id: UUID | None = None,
    *,
    params: Mapping[str, Any] | None = None,
) -> Iterator[Subject]:
    """Lend the rows that are there now, locked till the commit, and save them in the end."""
    connection, of_session = database.connection_of(db), {"session_id": session_id}
    (row,) = queries.execute(connection, _SESSION, of_session)
    # Whoever changes a hold locks its session first. And only after that lock, in a statement of its own:
    # one that waited would not see the hold that another transaction added meanwhile.
    found = queries.execute(connection, _HOLDS, of_session)
    holds = [rows.draft(Hold, hold._asdict()) for hold in found]
    hold = next(hold for hold in holds if hold_id in (None, hold.id))
    subject = _subject(row, hold, holds, params)
    yield subject
    subject.save(db)


@contextmanager
def starting(db: Session, session_id: UUID, *, params: Mapping[str, Any]) -> Iterator[Subject]:
    """Lend the rows of a session whose first hold is being made: as long as it is, nobody adds another."""
    (row,) = queries.execute(database.connection_of(db), _STARTING, {"session_id": session_id})
    hold = rows.draft(Hold, dict(zip(_OF_HOLD, row[-len(_OF_HOLD) :], strict=True)))
    subject = _subject(row, hold, [hold], params)
    yield subject
    subject.save(db)


def _subject(row: queries.Row, hold: Hold, holds: list[Hold], params: Mapping[str, Any] | None) -> Subject:
    ends = len(_OF_SESSION) + len(_OF_PROJECT)
    return Subject(
        session=rows.draft(ParkingSession, dict(zip(_OF_SESSION, row, strict=False))),
        hold=hold,
        holds=holds,
        project=ProjectFacts(*row[len(_OF_SESSION) : ends]),
        params=params or {},
    )


def refused(db: Session, session_id: UUID) -> Mapping[UUID, frozenset[str]]:
    """Return, by hold, the kinds of operations that came to nothing."""
    failed = queries.execute(database.connection_of(db), _FAILED, {"session_id": session_id})
    kinds: defaultdict[UUID, frozenset[str]] = defaultdict(frozenset)
    for hold_id, kind in failed:
        kinds[hold_id] |= {kind}
    return kinds


def _holding(hold: Hold, currency: str, refused: frozenset[str]) -> Holding:
    stage = stage_of(hold.status)
    return Holding(
        hold_id=hold.id,
        purpose=cast(Purpose, hold.purpose),
        stage=stage,
        amount=Money(hold.authorized_minor if stage == "held" else hold.amount_minor, currency),
        captured=Money(hold.captured_minor, currency),
        refused=refused,
    )


def _labelled(table: Table, names: Sequence[str]) -> list[Label[Any]]:
    """Select columns under names of their own: several of the tables have an `id`."""
    return [table.c[name].label(f"{table.name}__{name}") for name in names]


_SESSION = (
    select(*_labelled(_sessions, _OF_SESSION), *_labelled(_projects, _OF_PROJECT))
    .join(_projects, _projects.c.id == _sessions.c.project_id)
    .where(_sessions.c.id == bindparam("session_id"))
    .with_for_update(of=_sessions)
)
_STARTING = (
    select(
        *_labelled(_sessions, _OF_SESSION),
        *_labelled(_projects, _OF_PROJECT),
        *_labelled(_holds, _OF_HOLD),
    )
    .join(_projects, _projects.c.id == _sessions.c.project_id)
    .join(_holds, _holds.c.session_id == _sessions.c.id)
    .where(_sessions.c.id == bindparam("session_id"))
    .with_for_update(of=(_sessions, _holds))
)
_HOLDS = select(_holds).where(_holds.c.session_id == bindparam("session_id")).order_by(_holds.c.id)
_FAILED: Select[*tuple[Any, ...]] = select(PaymentOperation.hold_id, PaymentOperation.kind).where(
    PaymentOperation.session_id == bindparam("session_id"), PaymentOperation.state == "failed"
)
