"""Every lot's stays can be held for, and one that is too dear for any card is refused before it begins."""

from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app import database
from app.domain.errors import Conflict
from app.models import Hold, ParkingSession
from app.services import quotes
from app.services.quotes import Wish
from tests.conftest import SetClock
from tests.factories import make_lot
from tests.services.parking import end, extend, look_up, start
from tests.services.world import World, make_world

CARD = "pm_card_visa"
MOST = "999999.99 USD"


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def sessions_there_are() -> int:
    with database.reading() as db:
        return db.scalar(select(func.count()).select_from(ParkingSession)) or 0


@pytest.mark.parametrize(
    ("currency", "held"),
    [("KWD", 10), ("BHD", 10), ("JOD", 10), ("OMR", 10), ("TND", 10), ("MGA", 100), ("TRY", 1), ("ISK", 1)],
)
def test_a_stay_that_is_planned_to_be_free_is_held_for_in_any_currency(
    world: World, currency: str, held: int
) -> None:
    lot = make_lot(project=world.project, rate="0", currency=currency)
    facts = start(world, lot=lot, payment_method=CARD)
    with database.reading() as db:
        assert db.scalars(select(Hold.amount_minor)).all() == [held]
    assert end(world, facts)["payment"]["status"] == "released"  # type: ignore[index] # JSON is a dict of anything


def test_a_stay_that_is_too_dear_for_a_card_is_refused_at_its_start(world: World) -> None:
    lot = make_lot(project=world.project, rate="300000", max_stay_hours=24)
    with pytest.raises(Conflict, match=f"no card is charged more than {MOST}") as refused:
        start(world, lot=lot, payment_method=CARD, duration_hours=Decimal(4))
    assert [detail.field for detail in refused.value.details] == ["duration_hours"]
    assert sessions_there_are() == 0
    assert start(world, lot=lot, payment_method=CARD, duration_hours=Decimal(3)).session.status == "active"


def test_a_stay_that_would_become_too_dear_is_not_extended(world: World) -> None:
    lot = make_lot(project=world.project, rate="300000", max_stay_hours=24)
    facts = start(world, lot=lot, payment_method=CARD, duration_hours=Decimal(3))
    with pytest.raises(Conflict, match=f"no card is charged more than {MOST}") as refused:
        extend(world, facts)
    assert [detail.field for detail in refused.value.details] == ["extend_hours"]
    assert look_up(world, facts)["planned_end_at"] == "2026-11-22T21:30:00Z"


def test_a_price_that_no_card_can_pay_is_not_quoted(world: World) -> None:
    lot = make_lot(project=world.project, rate="300000", max_stay_hours=24)
    with pytest.raises(Conflict, match=f"no card is charged more than {MOST}"):
        quotes.create(world.caller, lot.id, Wish(duration_hours=Decimal(4)))
