"""A sandbox world to play in: one project, Lionshead with 87 free spaces, and a look into the processor."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from app import database
from app.domain.callers import Caller
from app.gateways import processors
from app.models import Hold, Lot, Operator, ParkingSession, Project
from tests.factories import caller_of, make_lot, make_operator, make_project


@dataclass(frozen=True, slots=True)
class World:
    """A project, its key's caller, and a lot."""

    project: Project
    caller: Caller
    lot: Lot
    home: Path

    def driver_stays_away(self) -> None:
        """Let nobody authorise a hold."""
        with database.transaction() as db:
            db.get_one(Project, self.project.id).simulated_driver = "absent"

    def books(self) -> dict[str, int]:
        """Return what the processor holds of all sessions, in minor units."""
        books = processors.embedded().books(self.project.id, sorted(self.payment_intents()))
        assert books is not None
        return {
            "authorized": books.authorized.minor,
            "captured": books.captured.minor,
            "fee": books.fee.minor,
            "released": books.released.minor,
        }

    def payment_intents(self) -> set[str]:
        """Return the payment intents that our rows know."""
        with database.reading() as db:
            return {intent for intent in db.scalars(select(Hold.payment_intent_id)) if intent}

    def session_ids(self) -> Sequence[UUID]:
        """Return all sessions, oldest first."""
        with database.reading() as db:
            return db.scalars(select(ParkingSession.id).order_by(ParkingSession.id)).all()


def make_world(*, home: Path = Path()) -> World:
    """Make a sandbox project whose operator has an account at the embedded processor."""
    operator = make_operator()
    project = make_project(operator=operator, kind="sandbox", simulated_driver="prompt")
    account = processors.embedded().open_world(project.id)
    with database.transaction() as db:
        db.get_one(Operator, operator.id).connected_account = account
    lot = make_lot(project=project, capacity=120, free=87, name="Lionshead Public Parking")
    return World(project=project, caller=caller_of(project), lot=lot, home=home)
