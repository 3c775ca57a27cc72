"""Sessions as rows, where a test needs many or odd ones and no money."""

from datetime import datetime, timedelta
from uuid import UUID

from app import database
from app.domain import ids
from app.domain.callers import Caller
from app.models import Lot, ParkingSession
from app.services import persons
from tests.conftest import EVENING


def make_sessions(
    lot: Lot,
    by: Caller,
    number: int,
    *,
    plate: str = "CO-7891-{}",
    status: str = "completed",
    started_at: datetime = EVENING,
    apart: timedelta = timedelta(minutes=1),
) -> list[UUID]:
    """Make sessions in a lot, oldest first, and return their ids; `{}` in the plate is their number."""
    assert by.project is not None
    made = []
    with database.transaction() as db:
        for index in range(number):
            at = started_at + index * apart
            shown = plate.format(index)
            parked = persons.remember(db, operator_id=lot.operator_id, kind="plate", shown=shown)
            session = ParkingSession(
                id=ids.uuid7(),
                session_code="sess_abc123",
                receipt_token=str(ids.uuid7()),
                project_id=by.project.id,
                operator_id=lot.operator_id,
                lot_id=lot.id,
                plate_id=parked.id,
                tariff_id=lot.tariff_id,
                status=status,
                payment_status="captured",
                currency="USD",
                details={},
                started_at=at,
                planned_end_at=at + timedelta(hours=4),
                latest_end_at=at + timedelta(hours=24),
                ended_at=at + timedelta(hours=4),
            )
            db.add(session)
            made.append(session.id)
    return made
