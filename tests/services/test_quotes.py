"""What was quoted is what is charged; a quote that does not fit is refused by its name."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app import database
from app.domain import clock
from app.domain.callers import Caller
from app.domain.errors import BadRequest, Conflict, NotFound, ParkGraphError
from app.domain.idempotency import Once
from app.domain.ids import uuid7
from app.domain.prices import Prices
from app.models import Lot, ParkingSession, Quote
from app.presenters.quotes import QuoteFacts
from app.presenters.sessions import present
from app.services import audit, inventory, quotes, rates, receipts, sessions
from app.services.quotes import Wish
from tests.conftest import SetClock
from tests.factories import anyone, caller_of, make_lot, make_operator, make_project
from tests.services.parking import end, extend, start
from tests.services.world import World, make_world

pytestmark = pytest.mark.usefixtures("db", "time")

CARD = "pm_card_visa"


@pytest.fixture
def world(services: None, time: SetClock) -> World:
    return make_world()


def quote(
    world: World, *, lot: Lot | None = None, caller: Caller | None = None, hours: str = "2", **wish: object
) -> Quote:
    made = quotes.create(
        caller or world.caller,
        (lot or world.lot).id,
        Wish(duration_hours=Decimal(hours), **wish),  # type: ignore[arg-type] # test sugar
    )
    return made.value.quote


def refusal(world: World, **wishes: object) -> ParkGraphError:
    with pytest.raises(ParkGraphError) as refused:
        start(world, payment_method=CARD, **wishes)
    assert [detail.field for detail in refused.value.details] == ["quote_id"]
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(ParkingSession)) == 0
    return refused.value


def test_a_stay_that_keeps_to_its_window_costs_what_was_quoted(world: World, time: SetClock) -> None:
    made = quote(world)
    assert (made.total_minor, made.ends_at - made.starts_at) == (1200, timedelta(hours=2))
    time.move(minutes=9)
    started = start(world, payment_method=CARD, quote_id=made.id)
    rates.change(world.caller, world.lot.id, Prices.read({"rate": 99}))
    shown = present(started)
    assert (shown["planned_end_at"], shown["payment"]["authorized"]) == ("2026-11-22T20:30:00Z", 13.5)
    time.move(hours=1)
    ended = end(world, started)
    assert (ended["subtotal"], ended["duration_hours"]) == (12.0, 1.0)
    assert [line["amount"] for line in ended["line_items"]] == [12.0]  # type: ignore[attr-defined] # JSON is a dict of anything


def test_a_quote_keeps_the_tariff_that_it_was_made_under(world: World, time: SetClock) -> None:
    made = quote(world)
    rates.change(world.caller, world.lot.id, Prices.read({"rate": 99}))
    started = start(world, payment_method=CARD, quote_id=made.id, duration_hours=Decimal(2))
    time.move(hours=2)
    assert end(world, started)["subtotal"] == 12.0


def test_a_stay_that_outlasts_its_quote_pays_for_the_rest_too(world: World, time: SetClock) -> None:
    made = quote(world)
    time.move(minutes=10)
    started = start(world, payment_method=CARD, quote_id=made.id)
    assert extend(world, started)["payment"]["authorized"] == 19.5  # type: ignore[index] # JSON is a dict of anything
    time.move(hours=2, minutes=20)
    token = started.session.receipt_token
    assert str(receipts.find(anyone(), token).price_so_far) == "15.00 USD"
    assert end(world, started)["subtotal"] == 15.0


def test_a_window_of_tomorrow_is_used_tomorrow(world: World, time: SetClock) -> None:
    made = quote(world, starts_at=time.at + timedelta(days=1))
    assert "not begun" in refusal(world, quote_id=made.id).message
    time.move(days=1, minutes=1)
    assert (
        present(start(world, payment_method=CARD, quote_id=made.id))["planned_end_at"]
        == "2026-11-23T20:30:00Z"
    )


def test_an_expired_quote_is_refused(world: World, time: SetClock) -> None:
    made = quote(world)
    time.move(minutes=16)
    assert isinstance(refusal(world, quote_id=made.id), Conflict)


def test_another_duration_than_the_quoted_one_is_refused(world: World) -> None:
    refused = refusal(world, quote_id=quote(world).id, duration_hours=Decimal(3))
    assert "another duration" in refused.message


def test_a_quote_for_another_lot_is_refused(world: World) -> None:
    other = make_lot(project=world.project)
    assert isinstance(refusal(world, quote_id=quote(world, lot=other).id), Conflict)


def test_a_quote_that_never_was_is_not_found(world: World) -> None:
    assert isinstance(refusal(world, quote_id=uuid7()), NotFound)


def test_a_quote_of_another_project_does_not_exist() -> None:
    operator = make_operator()
    mine, other = (make_project(operator=operator, kind="live") for _ in range(2))
    lot = make_lot(operator=operator)
    theirs = quotes.create(caller_of(other), lot.id, Wish()).value.quote
    with pytest.raises(NotFound):
        quotes.usable(caller_of(mine), theirs.id, lot_id=lot.id, now=clock.now(), hours=None)


def test_a_quote_that_nobodys_key_asked_for_is_anybodys_who_sees_the_lot(time: SetClock) -> None:
    lot = make_lot()
    made = quotes.create(anyone(), lot.id, Wish()).value.quote
    seen = {"lot_id": lot.id, "now": time.at, "hours": None}
    assert quotes.usable(caller_of(make_project(kind="live")), made.id, **seen).id == made.id  # type: ignore[arg-type] # JSON is a dict of anything
    with pytest.raises(NotFound):
        quotes.usable(caller_of(make_project()), made.id, **seen)  # type: ignore[arg-type] # JSON is a dict of anything


def test_a_lot_of_another_world_or_without_rates_is_not_quoted(world: World) -> None:
    with pytest.raises(NotFound):
        quote(world, caller=caller_of(make_project()))
    with pytest.raises(Conflict) as refused:
        quote(world, lot=make_lot(project=world.project, rate=None))
    assert [detail.field for detail in refused.value.details] == ["lot_id"]
    with pytest.raises(Conflict, match="longest stay"):
        quote(world, hours="25")
    with pytest.raises(BadRequest):
        quote(world, starts_at=clock.now() - timedelta(minutes=2))


def test_a_total_that_no_card_can_be_charged_is_quoted_as_nothing(world: World, time: SetClock) -> None:
    rates.change(world.caller, world.lot.id, Prices.read({"rate": 0.12}))
    made = quote(world)
    assert made.total_minor == 0
    started = start(world, payment_method=CARD, quote_id=made.id)
    time.move(hours=1)
    assert end(world, started)["subtotal"] == 0.0


def test_the_tax_of_a_quote_is_the_lots_at_the_time(world: World) -> None:
    inventory.update(world.caller, world.lot.id, {"tax_rate": 21})
    assert quote(world).tax_rate == "21"


def test_a_quote_stands_in_the_log_of_the_lots_operator(world: World) -> None:
    made = quote(world)
    with database.reading() as db:
        [entry] = [
            one
            for one in audit.entries(db, operator_id=world.lot.operator_id)
            if one.action == "quote.create"
        ]
    assert (entry.subject_id, entry.lot_id, entry.diff["total_minor"]) == (str(made.id), world.lot.id, 1200)


def test_a_quote_asked_for_twice_under_one_key_is_one(world: World, time: SetClock) -> None:
    once = Once(key="evening", fingerprint="a" * 64)

    def ask() -> tuple[QuoteFacts, bool]:
        answer = quotes.create(world.caller, world.lot.id, Wish(), once)
        return answer.value, answer.replayed

    first, again = ask(), ask()
    assert (first[1], again[1]) == (False, True)
    assert (first[0].quote.id, first[0].lines, first[0].hours) == (
        again[0].quote.id,
        again[0].lines,
        again[0].hours,
    )


def test_quotes_of_long_ago_are_deleted_and_their_sessions_keep_their_price(
    world: World, time: SetClock
) -> None:
    made = quote(world, hours="24")
    started = start(world, payment_method=CARD, quote_id=made.id)
    assert quotes.forget(made.created_at + quotes.KEPT_FOR) == 0
    assert quotes.forget(made.created_at + quotes.KEPT_FOR + timedelta(seconds=1)) == 1
    time.move(hours=1)
    assert end(world, started)["subtotal"] == made.total_minor / 100
    assert sessions.get(world.caller, started.session.id).lines
