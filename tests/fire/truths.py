"""What has to be true at every moment, and what once all is over: of spaces, of lives, of money."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import database
from app.domain.sessions import IN_THE_LOT, NEXT, RUNNING, TERMINAL
from app.models import Hold, Lot, ParkingSession, PaymentOperation
from app.services import availability


@contextmanager
def snapshot() -> Iterator[Session]:
    """See one unchanging state of the database, however many statements ask for it."""
    engine = database.engine()
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with Session(engine) as db:
        yield db


class Watch:
    """Look at the database time and again, and say what is wrong in it."""

    def __init__(self) -> None:
        self.looks = 0
        self._known: dict[str, str] = {}

    @property
    def seen(self) -> set[str]:
        """Return every status that a session had at the last look."""
        return set(self._known.values())

    def look(self) -> list[str]:
        """Take a snapshot and return what is wrong."""
        self.looks += 1
        with snapshot() as db:
            drifts = [f"{drift}" for drift in availability.drift(db)]
            return drifts + _crowded(db) + _doubles(db) + self._leaps(db)

    def _leaps(self, db: Session) -> list[str]:
        """Name sessions that became what they could not: several steps may lie between two looks."""
        seen = {
            str(row.id): row.status for row in db.execute(select(ParkingSession.id, ParkingSession.status))
        }
        leaps = [
            f"session {session_id} was {before} and is {seen.get(session_id)}"
            for session_id, before in self._known.items()
            if seen.get(session_id) not in _reachable(before)
        ]
        self._known = seen
        return leaps


def _reachable(status: str) -> set[str]:
    reached, fresh = {status}, {status}
    while fresh := {following for each in fresh for following in NEXT[each]} - reached:
        reached |= fresh
    return reached


def _crowded(db: Session) -> list[str]:
    """Name lots with more of our sessions than spaces, whatever is reported: two won the last one."""
    taking = ParkingSession.status.in_(IN_THE_LOT)
    cars = select(Lot.id, Lot.capacity, func.count()).join(ParkingSession, ParkingSession.lot_id == Lot.id)
    crowded = cars.where(taking).group_by(Lot.id, Lot.capacity).having(func.count() > Lot.capacity)
    return [
        f"lot {lot_id} of {spaces} spaces holds {cars} cars" for lot_id, spaces, cars in db.execute(crowded)
    ]


def _doubles(db: Session) -> list[str]:
    place = ParkingSession.lot_id, ParkingSession.plate_id
    running = select(*place).where(ParkingSession.status.in_(RUNNING))
    doubles = running.group_by(*place).having(func.count() > 1)
    return [f"plate {plate_id} is twice in lot {lot_id}" for lot_id, plate_id in db.execute(doubles)]


def unfinished() -> int:
    """Count what still has to become something: sessions that start or end, and open payment operations."""
    between = select(func.count()).where(ParkingSession.status.in_(["starting", "ending"]))
    pending = select(func.count()).where(PaymentOperation.state == "pending")
    with snapshot() as db:
        return (db.scalar(between) or 0) + (db.scalar(pending) or 0)


def wrong_in_the_books(intents: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Compare every session with its payment intent, once nothing is under way."""
    with snapshot() as db:
        rows = db.execute(select(ParkingSession, Hold).join(Hold, Hold.session_id == ParkingSession.id)).all()
    known = {hold.payment_intent_id for _, hold in rows if hold.payment_intent_id}
    orphans = [
        f"nobody knows {intent_id}" for intent_id in intents.keys() - known if _moved(intents[intent_id])
    ]
    lost = [f"the processor does not know {intent_id}" for intent_id in known - intents.keys()]
    faults = [
        f"{session.id} {session.status} {session.payment_status}: {fault}"
        for session, hold in rows
        if hold.payment_intent_id in intents
        for fault in _faults(session, hold, intents[hold.payment_intent_id])
    ]
    return orphans + lost + faults


def _moved(intent: Mapping[str, Any]) -> bool:
    """Tell whether money is held or was taken; a declined card leaves an intent that did neither."""
    return bool(intent["amount_capturable"] or intent["amount_received"])


def _faults(session: ParkingSession, hold: Hold, intent: Mapping[str, Any]) -> list[str]:
    taken, held, due = intent["amount_received"], intent["amount_capturable"], session.subtotal_minor or 0
    right = {
        f"{taken} taken, {hold.captured_minor} written down": taken == hold.captured_minor,
        f"{taken} taken before the end": not taken or session.status == "completed",
        f"{held} still held": not held or session.status not in TERMINAL,
        f"{taken} taken, {due} due": taken == due or session.payment_status != "captured",
        f"{taken} taken, {due} owed": taken < due or session.payment_status != "past_due",
        f"{taken} taken and released": not taken or session.payment_status != "released",
    }
    return [sentence for sentence, is_right in right.items() if not is_right]
